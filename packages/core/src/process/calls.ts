// The calls of this thread that wait for an answer. Each one settles: by its reply, by the death of whom it waits for,
// by its timeout, or by its AbortSignal.

import { UsageError } from '../term/errors.js'
import type { ProcessId } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import { LONGEST } from './clock.js'
import { Lanes } from './lanes.js'
import type { PendingCall } from './pending-call.js'

/** How many calls wait in the ring before the oldest ones are put aside. A power of two. */
const RING = 4096

/** How far the dead had come: in the news of a death, in place of the sender. Only who served may have taken messages. */
export const Lived = {
  served: 0,
  /** Its start failed, as it said itself, or took too long. */
  refused: 1,
  /** It was ended before its init was over. */
  unbegun: 2,
} as const
export type Lived = (typeof Lived)[keyof typeof Lived]

export class PendingCalls {
  // By the low bits of the tag. A Map alone would do, but each time it has grown it leaves behind a table that keeps the
  // calls of long ago alive until the next full collection; in bulk that costs more than all the rest.
  // Most threads make no calls: made at the first.
  private ring: (PendingCall | undefined)[] = []
  /** Those that still wait when their place in the ring is needed again. */
  private readonly aside = new Map<number, PendingCall>()
  private readonly lanes = new Lanes((call) => {
    this.drain(call.target)
    this.fail(call.tag, 'timeout')
  })
  private lastTag = 0
  /** How many wait. */
  size = 0

  /** `drain` takes in what the thread of a process has posted: an answer that is there at the timeout counts. */
  constructor(private readonly drain: (target: ProcessId) => void) {}

  nextTag(): number {
    return ++this.lastTag
  }

  /** Enters a call before it is posted. `timeout` in ms, `Infinity` for none. */
  add(call: PendingCall, timeout: number, signal?: AbortSignal): void {
    if (this.ring.length === 0) this.ring = Array<PendingCall | undefined>(RING).fill(undefined)
    const at = call.tag & (RING - 1)
    const before = this.ring[at]
    if (before !== undefined) this.aside.set(before.tag, before)
    this.ring[at] = call
    this.size++
    if (timeout <= LONGEST) this.lanes.of(timeout).add(call)
    if (signal) {
      const onAbort = (): void => this.take(call.tag)?.fail('aborted', { cause: signal.reason })
      call.release = () => signal.removeEventListener('abort', onAbort)
      signal.addEventListener('abort', onAbort, { once: true })
    }
  }

  /** Removes a call and hands it over to be settled; undefined when it is settled already: the answer is too late. */
  take(tag: number): PendingCall | undefined {
    const at = tag & (RING - 1)
    let call = this.ring[at]
    if (call?.tag === tag) {
      this.ring[at] = undefined
    } else {
      call = this.aside.get(tag)
      if (call === undefined) return undefined
      this.aside.delete(tag)
    }
    this.size--
    call.lane?.remove(call)
    call.release?.()
    return call
  }

  reply(tag: number, value: unknown): void {
    this.take(tag)?.resolve(value)
  }

  fail(tag: number, reason: Reason): void {
    this.take(tag)?.fail(reason)
  }

  /** The process `target` is no more: nobody will answer these. */
  targetDied(target: ProcessId, reason: Reason, lived: Lived): void {
    for (const call of this.all()) if (call.target === target) this.unanswered(call, reason, lived)
  }

  /** A whole thread is no more, and nothing was said of a process there that is still waited for. */
  threadGone(thread: number): void {
    for (const call of this.all()) if (call.thread === thread) this.unanswered(call, 'noproc', Lived.refused)
  }

  /** Something that was posted to a thread, or by it, could not be read and is lost: any of these, or the answer to it. */
  lost(thread: number, why: string): void {
    for (const call of this.all()) {
      if (call.thread !== thread) continue
      this.take(call.tag)?.reject(new UsageError('ERR_NOT_CLONEABLE', `expected a message that can be read where it goes, got one, or the answer to it, that cannot: ${why}; write plain data that nests less deep`))
    }
  }

  // Who calls a process that is then killed in its init hears of that, as on the BEAM. Who had waited for its name waits on.
  private unanswered(call: PendingCall, reason: Reason, lived: Lived): void {
    if (call.again && (lived === Lived.refused || (lived === Lived.unbegun && call.hasWaited))) this.take(call.tag)?.resolve(call.again())
    else this.fail(call.tag, reason)
  }

  private all(): PendingCall[] {
    const inRing: PendingCall[] = []
    // From the youngest back: few wait, as a rule, and each death asks.
    for (let tag = this.lastTag; inRing.length < this.size - this.aside.size && tag > this.lastTag - RING; tag--) {
      const call = this.ring[tag & (RING - 1)]
      if (call !== undefined) inRing.push(call)
    }
    return [...this.aside.values(), ...inRing.reverse()]
  }
}
