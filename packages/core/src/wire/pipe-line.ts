// A line between a program and a child process, at either end: what is posted goes as bytes, by whoever writes to the pipe.

import { type Line, type Post, takeBytes, toBytes } from './line.js'

export class PipeLine implements Line {
  readonly sharesMemory = false
  private taker: ((bytes: Uint8Array) => void) | undefined

  /** `closed` is told that nobody speaks on it any more. */
  constructor(private readonly send: (bytes: Uint8Array) => void, private readonly closed: () => void = () => undefined) {}

  post(batch: Post, transfer?: readonly unknown[]): void {
    this.send(toBytes(batch, transfer))
  }

  listen(take: (batch: Post) => void, unreadable: (error: unknown) => void): void {
    this.taker = (bytes) => takeBytes(bytes, take, unreadable)
  }

  /** Bytes have come in. */
  take(bytes: Uint8Array): void {
    this.taker?.(bytes)
  }

  // What has arrived is brought by the event loop only.
  next(): undefined {}

  close(): void {
    this.taker = undefined
    this.closed()
  }

  unref(): void {}
}
