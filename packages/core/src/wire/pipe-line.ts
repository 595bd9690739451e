// A line between a program and a child process, at either end: what is posted goes as bytes, by whoever writes to the pipe.

import { batchFrom, type Line, type Post, toBytes } from './line.js'

export class PipeLine implements Line {
  readonly sharesMemory = false
  private taker: ((batch: Post) => void) | undefined

  /** `closed` is told that nobody speaks on it any more. */
  constructor(private readonly send: (bytes: Uint8Array) => void, private readonly closed: () => void = () => undefined) {}

  post(batch: Post, transfer?: readonly unknown[]): void {
    this.send(toBytes(batch, transfer))
  }

  listen(take: (batch: Post) => void): void {
    this.taker = take
  }

  /** Bytes have come in. */
  take(bytes: Uint8Array): void {
    this.taker?.(batchFrom(bytes))
  }

  // What has arrived is brought by the event loop only.
  next(): undefined {}

  close(): void {
    this.taker = undefined
    this.closed()
  }

  unref(): void {}
}
