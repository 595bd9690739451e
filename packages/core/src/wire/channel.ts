// One end of the line between two threads. Batches what is sent and drains what comes in.
//
// The first message of a turn is posted at once, so that a progress report leaves in the middle of a long computation.
// Later ones of the same turn ride together: they leave at the end of the turn, as 256 of them, or with the first
// message sent a quarter of a millisecond after the last post. Order is kept, always.

import { MessageChannel, type MessagePort, receiveMessageOnPort, type TransferListItem } from 'node:worker_threads'
import { UsageError } from '../term/errors.js'
import { isSurelyCloneable, uncloneablePath } from './cloneable.js'
import { isLetter, STRIDE } from './envelope.js'

export { MessageChannel, type MessagePort }

const BATCH = 256 * STRIDE
const QUIET_MS = 0.25

export interface ChannelHooks {
  /** Takes in one entry. Must not throw. */
  receive(kind: number, to: number, from: number, tag: unknown, body: unknown, channel: Channel): void
  /** `count` letters are on their way to the process `to`. */
  sent(to: number, count: number): void
  now(): number
}

/** The channels of this thread that have something to post when the turn ends. */
class Turn {
  private channels: Channel[] = []

  add(channel: Channel): void {
    if (this.channels.push(channel) === 1) process.nextTick(endTurn)
  }

  end(): void {
    const channels = this.channels
    this.channels = []
    for (const channel of channels) channel.endTurn()
  }

  flush(): void {
    for (const channel of this.channels) channel.flush()
  }
}

const turn = new Turn()
const endTurn = (): void => turn.end()

/** Posts what all channels of this thread have gathered so far: before something that may take its time. */
export const flushTurn = (): void => turn.flush()

export class Channel {
  private batch: unknown[] = []
  private inTurn = false
  private postedAt = 0
  private closed = false
  private receiving = false

  /**
   * `first`, when given, is flushed before this channel posts anything: what the main thread is told (monitors,
   * links) must be there before the message that ends a process.
   */
  constructor(readonly port: MessagePort, readonly peer: number, private readonly hooks: ChannelHooks, private readonly first?: Channel) {
    port.on('message', this.onMessage)
  }

  /**
   * Sends one entry. Throws ERR_NOT_CLONEABLE, and has then sent nothing, when the body cannot be copied;
   * `what` names the body in that error.
   */
  post(kind: number, to: number, from: number, tag: unknown, body: unknown, transfer?: readonly unknown[], what = 'message'): void {
    if (this.closed) return
    if (!this.inTurn) {
      this.inTurn = true
      turn.add(this)
    } else if (transfer === undefined && isSurelyCloneable(body)) {
      this.batch.push(kind, to, from, tag, body)
      if (this.batch.length >= BATCH || this.hooks.now() - this.postedAt > QUIET_MS) this.flush()
      return
    }
    this.flush()
    this.send([kind, to, from, tag, body], transfer, what)
  }

  /** Posts what has gathered. */
  flush(): void {
    if (this.batch.length === 0) return
    const batch = this.batch
    this.batch = []
    this.send(batch, undefined, 'message')
  }

  endTurn(): void {
    this.inTurn = false
    this.flush()
  }

  /** Whether something waits for the end of the turn. */
  get hasPending(): boolean {
    return this.batch.length > 0
  }

  /** Takes in all that has arrived, without waiting for the event loop to bring it. */
  drain(): void {
    if (this.receiving) return
    for (let next = receiveMessageOnPort(this.port); next !== undefined; next = receiveMessageOnPort(this.port)) this.take(next.message as unknown[])
  }

  /** Posts what has gathered, takes in what has arrived, and closes the line. */
  close(): void {
    if (this.closed) return
    this.flush()
    this.drain()
    this.closed = true
    this.port.close()
  }

  private send(entries: unknown[], transfer: readonly unknown[] | undefined, what: string): void {
    if (this.closed) return
    this.first?.flush()
    try {
      this.port.postMessage(entries, transfer as TransferListItem[] | undefined)
    } catch (error) {
      throw notCloneable(entries[4], what, error)
    }
    this.postedAt = this.hooks.now()
    this.countLetters(entries)
  }

  private countLetters(entries: unknown[]): void {
    let target = -1
    let count = 0
    for (let i = 0; i < entries.length; i += STRIDE) {
      if (!isLetter(entries[i] as number)) continue
      if (entries[i + 1] === target) {
        count++
        continue
      }
      if (count > 0) this.hooks.sent(target, count)
      target = entries[i + 1] as number
      count = 1
    }
    if (count > 0) this.hooks.sent(target, count)
  }

  private readonly onMessage = (first: unknown): void => {
    this.take(first as unknown[])
    // The rest is taken without an event each. Bounded, so that other ports get their turn.
    for (let i = 0; i < 64; i++) {
      const next = receiveMessageOnPort(this.port)
      if (next === undefined) return
      this.take(next.message as unknown[])
    }
  }

  private take(entries: unknown[]): void {
    this.receiving = true
    try {
      for (let i = 0; i + STRIDE <= entries.length; i += STRIDE) {
        this.hooks.receive(entries[i] as number, entries[i + 1] as number, entries[i + 2] as number, entries[i + 3], entries[i + 4], this)
      }
    } finally {
      this.receiving = false
    }
  }
}

/** The error for a value that a structured clone refused. */
export function notCloneable(value: unknown, what: string, cause: unknown): UsageError {
  const where = uncloneablePath(value, what)
  return new UsageError(
    'ERR_NOT_CLONEABLE',
    where !== undefined
      ? `expected a value that can be copied to another thread, but ${where}; send data instead, such as the name of what to call`
      : `expected a value that can be copied to another thread: ${(cause as Error).message}`,
    { cause },
  )
}
