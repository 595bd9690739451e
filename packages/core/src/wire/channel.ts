// One end of the line between two threads. Batches what is sent and drains what comes in.
//
// The first message of a turn is posted at once, so that a progress report leaves in the middle of a long computation.
// Later ones of the same turn ride together: they leave at the end of the turn, as 256 of them, or with the first
// message sent a quarter of a millisecond after the last post. Order is kept, always.

import { MessageChannel, type MessagePort, receiveMessageOnPort, type TransferListItem } from 'node:worker_threads'
import { UsageError } from '../term/errors.js'
import { copySmall, NOT_SMALL, uncloneablePath } from './cloneable.js'
import { withoutPacking } from './errors-within.js'
import { ENTRY, isLetter, RUN_HEAD } from './envelope.js'

export { MessageChannel, type MessagePort }

const BATCH = 256
const QUIET_MS = 0.25

export interface ChannelHooks {
  /** Takes in one entry. Must not throw. */
  receive(kind: number, to: number, from: number, tag: unknown, body: unknown, channel: Channel): void
  /** `count` letters are on their way to the process `to`. */
  sent(to: number, count: number): void
  now(): number
  /** A post is about to be taken in, entry by entry. */
  taking(): void
  /** All of it is in. */
  taken(): void
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
  // Gathers runs in place; `used` of it is filled. Kept from batch to batch, since growing it anew is what costs.
  private readonly batch: unknown[] = []
  private used = 0
  private entries = 0
  /** Where the last run of the batch begins, and how many entries it has. */
  private run = 0
  private runLength = 0
  private inTurn = false
  private postedAt = 0
  private closed = false
  private receiving = false

  constructor(readonly port: MessagePort, readonly peer: number, private readonly hooks: ChannelHooks) {
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
    } else if (transfer === undefined) {
      const copy = copySmall(body)
      if (copy !== NOT_SMALL) {
        this.gather(kind, to, from, tag, copy)
        if (this.entries >= BATCH || this.hooks.now() - this.postedAt > QUIET_MS) this.flush()
        return
      }
    }
    this.flush()
    this.send([kind, to, from, 1, tag, body], transfer, what)
  }

  private gather(kind: number, to: number, from: number, tag: unknown, body: unknown): void {
    const { batch, run } = this
    let { used } = this
    if (used > 0 && batch[run] === kind && batch[run + 1] === to && batch[run + 2] === from) {
      batch[run + 3] = ++this.runLength
    } else {
      this.run = used
      this.runLength = 1
      batch[used++] = kind
      batch[used++] = to
      batch[used++] = from
      batch[used++] = 1
    }
    batch[used++] = tag
    batch[used++] = body
    this.used = used
    this.entries++
  }

  /** Posts what has gathered. */
  flush(): void {
    const { used, batch } = this
    if (used === 0) return
    this.used = this.entries = 0
    this.send(batch.slice(0, used), undefined, 'message')
    // The posted values are not kept alive by the buffer.
    batch.fill(undefined, 0, used)
  }

  endTurn(): void {
    this.inTurn = false
    this.flush()
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
    // What waits for others was said before: monitors and links must be with the main thread before the message that
    // ends a process, and what was sent on the way to a reply before the reply.
    turn.flush()
    try {
      this.port.postMessage(entries, transfer as TransferListItem[] | undefined)
    } catch (error) {
      throw notCloneable(entries[RUN_HEAD + 1], what, error)
    }
    this.postedAt = this.hooks.now()
    for (let i = 0; i < entries.length; ) {
      const count = entries[i + 3] as number
      if (isLetter(entries[i] as number)) this.hooks.sent(entries[i + 1] as number, count)
      i += RUN_HEAD + count * ENTRY
    }
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
    this.hooks.taking()
    try {
      for (let i = 0; i + RUN_HEAD < entries.length; ) {
        const kind = entries[i] as number
        const to = entries[i + 1] as number
        const from = entries[i + 2] as number
        const end = i + RUN_HEAD + (entries[i + 3] as number) * ENTRY
        for (i += RUN_HEAD; i < end; i += ENTRY) this.hooks.receive(kind, to, from, entries[i], entries[i + 1], this)
      }
    } finally {
      this.receiving = false
      this.hooks.taken()
    }
  }
}

/** The error for a value that a structured clone refused. */
export function notCloneable(value: unknown, what: string, cause: unknown): UsageError {
  const where = uncloneablePath(withoutPacking(value), what)
  return new UsageError(
    'ERR_NOT_CLONEABLE',
    where !== undefined
      ? `expected a value that can be copied to another thread, got one in which ${where}; write data instead, such as the name of what to call`
      : `expected a value that can be copied to another thread, got one that cannot: ${(cause as Error).message}; write plain data, and what is in transfer once`,
    { cause },
  )
}
