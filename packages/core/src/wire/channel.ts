// One end of the line between two threads. Batches what is sent and drains what comes in.
//
// The first message of a turn is posted at once, so that a progress report leaves in the middle of a long computation.
// Later ones of the same turn ride together: they leave at the end of the turn, as 256 of them, or with the first
// message sent a quarter of a millisecond after the last post (once eight wait, with the first eighth). Order is kept,
// always.
//
// To hear of the end of a turn is a third of what we add to a round trip. So one message in answer to a post that came in
// leaves without; a second one is the first of a turn. Where answers come in numbers, the first one is.

import { UsageError } from '../term/errors.js'
import { copySmall, isPair, isSimple, NOT_SMALL, uncloneablePath } from './cloneable.js'
import { packErrors } from './errors-within.js'
import { Batch, batchOfOne, countLetters, Reader, type TakeWhole } from './envelope.js'
import type { Line, Post } from './line.js'

const BATCH = 256
const QUIET_MS = 0.25
/** So many posts in a row that cannot be read are taken for the work of a stack that is full here: then none can be. */
const MOST_LOST = 100

export interface ChannelHooks {
  /** Takes in one entry. Must not throw. */
  receive(kind: number, to: number, from: number, tag: unknown, body: unknown, channel: Channel): void
  /** Takes in a block of letters, or says that they are to be received one by one. Must not throw. */
  readonly receiveBlock?: TakeWhole
  /** `count` letters are on their way to the process `to`. */
  readonly sent: (to: number, count: number) => void
  now(): number
  /** How many deliveries within this thread have been put off to the end of what runs, so far. */
  putOff(): number
  /** A post is about to be taken in, entry by entry. */
  taking(): void
  /** All of it is in. */
  taken(): void
  /** What was posted cannot be understood; the rest of it is lost. */
  garbled(error: unknown, channel: Channel): void
  /** A post could not be read here, and is lost: it nests too deep for the stack of this thread, as a rule. */
  unreadable(error: unknown, channel: Channel): void
}

/** What gathers something that must leave when the turn ends, or before anything else that leaves. */
export interface Gathering {
  flush(): void
  endTurn(): void
}

/** Who has something to post when the turn ends, channels above all. */
class Turn {
  private gatherings: Gathering[] = []
  /** How many posts have come in by an event: each begins a turn. */
  events = 0

  add(gathering: Gathering): void {
    if (this.gatherings.push(gathering) === 1) process.nextTick(endTurn)
  }

  end(): void {
    const gatherings = this.gatherings
    this.gatherings = []
    for (const gathering of gatherings) gathering.endTurn()
  }

  flush(): void {
    for (const gathering of this.gatherings) gathering.flush()
  }
}

const turn = new Turn()
const endTurn = (): void => turn.end()

/** Posts what all channels of this thread have gathered so far: before something that may take its time. */
export const flushTurn = (): void => turn.flush()

/** Has `gathering` flushed before whatever this thread posts next, and told when the turn ends. Once a turn. */
export const gather = (gathering: Gathering): void => turn.add(gathering)

export class Channel implements Gathering {
  private readonly batch = new Batch()
  private readonly reader: Reader
  private inTurn = false
  /** The event in whose turn, or after it, the last first message was posted. */
  private answered = turn.events
  /** More than one message was posted in the last turn. */
  private crowded = false
  private postedAt = 0
  private closed = false
  private receiving = false

  constructor(readonly line: Line, readonly peer: number, private readonly hooks: ChannelHooks) {
    this.reader = new Reader((kind, to, from, tag, body) => hooks.receive(kind, to, from, tag, body, this), hooks.receiveBlock)
    line.listen(this.onMessage, (error) => hooks.unreadable(error, this))
  }

  /**
   * Sends one entry. Throws ERR_NOT_CLONEABLE, and has then sent nothing, when the body cannot be copied;
   * `what` names the body in that error.
   */
  post(kind: number, to: number, from: number, tag: unknown, body: unknown, transfer?: readonly unknown[], what = 'message'): void {
    if (this.closed) return
    const isFirst = !this.inTurn
    if (isFirst) this.beginTurn()
    else this.crowded = true
    const { batch } = this
    if (transfer === undefined && isPair(body)) {
      if (isFirst) return this.send(batch.pairAlone(kind, to, from, tag, body), undefined)
      batch.addPair(kind, to, from, tag, body)
    } else {
      const small = transfer !== undefined ? NOT_SMALL : isSimple(body) ? body : isFirst ? NOT_SMALL : copySmall(body)
      if (small === NOT_SMALL) {
        this.flush()
        return this.postAlone(kind, to, from, tag, body, transfer, what)
      }
      if (isFirst) return this.send(batchOfOne(kind, to, from, tag, small, false), undefined)
      batch.add(kind, to, from, tag, small)
    }
    if (this.isDue(batch.size)) this.flush()
  }

  private beginTurn(): void {
    const isAnswer = this.answered !== turn.events
    this.answered = turn.events
    if (isAnswer && !this.crowded) return
    this.crowded = !isAnswer
    this.inTurn = true
    turn.add(this)
  }

  // A look at the clock costs as much as all the rest. Once eight messages wait, eight share one.
  private isDue(waiting: number): boolean {
    return waiting >= BATCH || ((waiting < 8 || waiting % 8 === 0) && this.hooks.now() - this.postedAt > QUIET_MS)
  }

  private postAlone(kind: number, to: number, from: number, tag: unknown, body: unknown, transfer: readonly unknown[] | undefined, what: string): void {
    const packed = packErrors(body)
    try {
      this.send(batchOfOne(kind, to, from, tag, packed, packed !== body), transfer)
    } catch (error) {
      throw notCloneable(body, what, error, this.line.sharesMemory)
    }
  }

  /** How many entries have gathered. */
  get waiting(): number {
    return this.batch.size
  }

  /**
   * Sends one entry with the next that leaves, at the end of the turn at the latest. Its body must be one that surely can be copied,
   * and that nobody changes.
   */
  postWithNext(kind: number, to: number, from: number, tag: unknown, body: unknown): void {
    if (this.closed) return
    if (!this.inTurn) {
      this.inTurn = true
      turn.add(this)
    }
    this.batch.add(kind, to, from, tag, body)
  }

  /** Sends one entry at once and by itself, ahead of what has gathered, and takes no part in the turn. For what is no letter. */
  postAside(kind: number, from: number, tag: unknown, body: unknown): void {
    if (!this.closed) this.line.post(batchOfOne(kind, 0, from, tag, body, false))
  }

  /** Posts what has gathered. */
  flush(): void {
    if (this.batch.size > 0) this.send(this.batch.take(), undefined)
  }

  endTurn(): void {
    this.inTurn = false
    this.flush()
  }

  /** Takes in all that has arrived, without waiting for the event loop to bring it. */
  drain(): void {
    if (this.receiving) return
    for (let next = this.next(); next !== undefined; next = this.next()) this.take(next)
  }

  /** Posts what has gathered, takes in what has arrived, and closes the line. */
  close(): void {
    if (this.closed) return
    this.flush()
    this.drain()
    this.closed = true
    this.line.close()
  }

  private send(batch: unknown[], transfer: readonly unknown[] | undefined): void {
    if (this.closed) return
    // What waits for others was said before: monitors and links must be with the main thread before the message that
    // ends a process, and what was sent on the way to a reply before the reply.
    turn.flush()
    this.line.post(batch, transfer)
    this.postedAt = this.hooks.now()
    countLetters(batch, this.hooks.sent)
  }

  private readonly onMessage = (first: Post): void => {
    turn.events++
    const before = this.hooks.putOff()
    this.take(first)
    // The rest is taken without an event each. Bounded, so that other ports get their turn; and not ahead of what the first
    // ones were the cause of, which may be the cause of the next.
    for (let i = 0; i < 64 && this.hooks.putOff() === before; i++) {
      const next = this.next()
      if (next === undefined) return
      this.take(next)
    }
  }

  private next(): Post | undefined {
    for (let lost = 0; lost < MOST_LOST; lost++) {
      try {
        return this.line.next()
      } catch (error) {
        this.hooks.unreadable(error, this)
      }
    }
    return undefined
  }

  private take(batch: Post): void {
    this.receiving = true
    this.hooks.taking()
    try {
      this.reader.read(batch)
    } catch (error) {
      this.hooks.garbled(error, this)
    } finally {
      this.receiving = false
      this.hooks.taken()
    }
  }
}

/** The error for a value that a structured clone refused. `canShare`: memory could have been shared, and ports moved. */
export function notCloneable(value: unknown, what: string, cause: unknown, canShare = true): UsageError {
  const where = uncloneablePath(value, what, canShare)
  const target = canShare ? 'another thread' : 'a process with memory of its own'
  return new UsageError(
    'ERR_NOT_CLONEABLE',
    where !== undefined
      ? `expected a value that can be copied to ${target}, got one in which ${where}; write data instead, such as the name of what to call`
      : `expected a value that can be copied to ${target}, got one that cannot: ${(cause as Error).message}; write plain data, and what is in transfer once`,
    { cause },
  )
}
