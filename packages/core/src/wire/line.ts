// What a channel posts through: a port to another thread, or bytes, for whom shares no memory with us. Bytes are made and
// read at the two ends only; who passes them on need not understand them.

import { MessageChannel, type MessagePort, receiveMessageOnPort, type TransferListItem } from 'node:worker_threads'
import { Deserializer, Serializer } from 'node:v8'

export { MessageChannel, type MessagePort }

export type Post = readonly unknown[]

export interface Line {
  /** Whether what it carries can be shared and moved, or is only copied. */
  readonly sharesMemory: boolean
  /** Posts a batch. Throws when it cannot be copied; nothing has been sent then. */
  post(batch: Post, transfer?: readonly unknown[]): void
  /** `take` gets each batch that arrives, `unreadable` the error of one that cannot be read here, and is lost. */
  listen(take: (batch: Post) => void, unreadable: (error: unknown) => void): void
  /** A batch that has arrived and was not taken yet, without waiting for the event loop to bring it. Throws for one that cannot be read, and is lost. */
  next(): Post | undefined
  close(): void
  /** Whether it keeps the thread alive. */
  unref(): void
}

/** Between two threads. */
export class PortLine implements Line {
  readonly sharesMemory = true

  constructor(private readonly port: MessagePort) {}

  post(batch: Post, transfer?: readonly unknown[]): void {
    this.port.postMessage(batch, transfer as TransferListItem[] | undefined)
  }

  listen(take: (batch: Post) => void, unreadable: (error: unknown) => void): void {
    this.port.on('message', take)
    this.port.on('messageerror', unreadable)
  }

  next(): Post | undefined {
    return receiveMessageOnPort(this.port)?.message as Post | undefined
  }

  close(): void {
    this.port.close()
  }

  unref(): void {
    this.port.unref()
  }
}

/** To a process of the operating system, by way of the main thread, which passes the bytes on. */
export class BytesLine implements Line {
  readonly sharesMemory = false

  constructor(private readonly port: MessagePort) {}

  post(batch: Post, transfer?: readonly unknown[]): void {
    const bytes = toBytes(batch, transfer)
    this.port.postMessage(bytes, [bytes.buffer])
  }

  listen(take: (batch: Post) => void, unreadable: (error: unknown) => void): void {
    this.port.on('message', (bytes: Uint8Array) => takeBytes(bytes, take, unreadable))
  }

  next(): Post | undefined {
    const next = receiveMessageOnPort(this.port)
    return next && fromBytes(next.message as Uint8Array)
  }

  close(): void {
    this.port.close()
  }

  unref(): void {
    this.port.unref()
  }
}

/** The line to a peer over a port. Peers that share no memory with the program are numbered below zero. */
export const lineOver = (port: MessagePort, peer: number): Line => (peer < 0 ? new BytesLine(port) : new PortLine(port))

/** A batch as bytes, copied as a structured clone copies it. What is to be moved is copied too, and gone here all the same. */
export function toBytes(batch: Post, transfer?: readonly unknown[]): Uint8Array<ArrayBuffer> {
  const serializer = new Serializer()
  serializer.writeHeader()
  serializer.writeValue(batch)
  if (transfer) structuredClone(null, { transfer: transfer as never })
  return serializer.releaseBuffer() as Uint8Array<ArrayBuffer>
}

export function fromBytes(bytes: Uint8Array): Post {
  const deserializer = new Deserializer(bytes)
  deserializer.readHeader()
  return deserializer.readValue() as Post
}

/** Reads a batch that another has made. What nobody can read, none of us has posted: it is not heard. */
export function takeBytes(bytes: Uint8Array, take: (batch: Post) => void, unreadable: (error: unknown) => void): void {
  let batch: Post
  try {
    batch = fromBytes(bytes)
  } catch (error) {
    return error instanceof RangeError ? unreadable(error) : undefined // no stack or no memory for it
  }
  take(batch)
}

/** The bytes that have arrived on a port that leads to such a line. */
export function nextBytes(port: MessagePort): Uint8Array | undefined {
  return receiveMessageOnPort(port)?.message as Uint8Array | undefined
}
