// The calls of this thread that wait for an answer. Each one settles: by its reply, by the death of whom it waits for,
// by its timeout, or by its AbortSignal. One Node timer per distinct timeout, however many calls wait.

import type { ProcessId } from '../term/pid.js'
import { CallError, type FailedCall } from '../term/errors.js'
import { formatReason, formatTerm } from '../term/format.js'
import type { Reason } from '../term/reason.js'
import { type Clock, installedClock, LONGEST, type TimerHandle } from './clock.js'

/** A call that waits. Made a million times a second: as few fields as will do. */
export class PendingCall {
  deadline = 0
  next: PendingCall | undefined = undefined
  previous: PendingCall | undefined = undefined
  lane: Lane | undefined = undefined
  /** Takes the call off its AbortSignal, if it has one. */
  release: (() => void) | undefined = undefined
  /** Makes the call once more: it was made by name, to a process that was still starting. */
  again: (() => Promise<unknown>) | undefined = undefined

  constructor(
    readonly tag: number,
    readonly target: ProcessId,
    readonly thread: number,
    readonly resolve: (value: unknown) => void,
    /** What failed, in the words of an error: 'GenServer.call'. */
    private readonly api: string,
    private readonly server: unknown,
    private readonly message: unknown,
    private readonly timeout: number,
  ) {}

  reject(error: unknown): void {
    // Resolving with a rejected promise saves every call a second function.
    this.resolve(Promise.reject(error as Error))
  }

  error(reason: Reason, options?: ErrorOptions): CallError {
    return callError(reason, failedCall(this.api, this.server, this.message, this.timeout), options)
  }
}

export function failedCall(api: string, server: unknown, message: unknown, timeout: number): FailedCall {
  const [module, name] = api.split('.') as [string, string]
  return [module, name, [server, message, timeout]]
}

export function callError(reason: Reason, call: FailedCall, options?: ErrorOptions): CallError {
  const [, , [server, message, timeout]] = call
  const what = message === undefined ? formatTerm(server) : `${formatTerm(server)}, ${formatTerm(message)}`
  return new CallError(reason, call, `(${what}) ${explain(reason, timeout)}`, options)
}

function explain(reason: Reason, timeout: unknown): string {
  switch (reason) {
    case 'noproc':
      return 'noproc: no process is there'
    case 'timeout':
      return `timeout: no reply within ${String(timeout)} ms`
    case 'calling_self':
      return 'calling_self: a process cannot wait for its own reply'
    case 'overload':
      return 'overload: it has as many messages as its maxMailbox allows'
    case 'aborted':
      return 'aborted by its signal'
    default:
      return `the process ended first: ${formatReason(reason)}`
  }
}

/** The calls that share one timeout, the oldest first: they expire in the order they were made. */
class Lane {
  private first: PendingCall | undefined
  private last: PendingCall | undefined
  private timer: TimerHandle | undefined

  constructor(private readonly ms: number, private readonly clock: Clock, private readonly expire: (call: PendingCall) => void) {}

  add(call: PendingCall): void {
    call.lane = this
    call.deadline = this.clock.now() + this.ms
    call.previous = this.last
    if (this.last) this.last.next = call
    else this.first = call
    this.last = call
    if (this.timer === undefined) this.arm(this.ms)
    else if (this.first === call) this.timer.ref()
  }

  remove(call: PendingCall): void {
    if (call.previous) call.previous.next = call.next
    else this.first = call.next
    if (call.next) call.next.previous = call.previous
    else this.last = call.previous
    call.lane = call.next = call.previous = undefined
    if (this.first === undefined) this.timer?.unref()
  }

  private arm(ms: number): void {
    this.timer = this.clock.setTimeout(this.onTimer, ms)
  }

  private readonly onTimer = (): void => {
    this.timer = undefined
    const now = this.clock.now()
    // A timer may fire a fraction of a millisecond early.
    while (this.first && this.first.deadline <= now + 1) this.expire(this.first)
    if (this.first) this.arm(Math.max(1, this.first.deadline - now))
  }
}

/** How many calls wait in the ring before the oldest ones are put aside. A power of two. */
const RING = 4096

export class PendingCalls {
  // By the low bits of the tag. A Map alone would do, but each time it has grown it leaves behind a table that keeps the
  // calls of long ago alive until the next full collection; in bulk that costs more than all the rest.
  private readonly ring: (PendingCall | undefined)[] = Array.from<PendingCall | undefined>({ length: RING })
  /** Those that still wait when their place in the ring is needed again. */
  private readonly aside = new Map<number, PendingCall>()
  private readonly lanes = new Map<number, Lane>()
  private clock = installedClock()
  private lastTag = 0

  /** `drain` takes in what the thread of a process has posted: an answer that is there at the timeout counts. */
  constructor(private readonly drain: (target: ProcessId) => void) {}

  get size(): number {
    return this.all().length
  }

  nextTag(): number {
    return ++this.lastTag
  }

  /** Enters a call before it is posted. `timeout` in ms, `Infinity` for none. */
  add(call: PendingCall, timeout: number, signal?: AbortSignal): void {
    const at = call.tag & (RING - 1)
    const before = this.ring[at]
    if (before !== undefined) this.aside.set(before.tag, before)
    this.ring[at] = call
    if (timeout <= LONGEST) this.lane(timeout).add(call)
    if (signal) {
      const onAbort = (): void => this.take(call.tag)?.reject(call.error('aborted', { cause: signal.reason }))
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
    call.lane?.remove(call)
    call.release?.()
    return call
  }

  reply(tag: number, value: unknown): void {
    this.take(tag)?.resolve(value)
  }

  fail(tag: number, reason: Reason): void {
    const call = this.take(tag)
    call?.reject(call.error(reason))
  }

  /** The process `target` is no more: nobody will answer these. `unserved`: it took none of its messages. */
  targetDied(target: ProcessId, reason: Reason, unserved: boolean): void {
    for (const call of this.all()) if (call.target === target) this.unanswered(call, reason, unserved)
  }

  /** A whole thread is no more, and nothing was said of a process there that is still waited for. */
  threadGone(thread: number): void {
    for (const call of this.all()) if (call.thread === thread) this.unanswered(call, 'noproc', true)
  }

  private unanswered(call: PendingCall, reason: Reason, unserved: boolean): void {
    if (unserved && call.again) this.take(call.tag)?.resolve(call.again())
    else this.fail(call.tag, reason)
  }

  private all(): PendingCall[] {
    return [...this.aside.values(), ...this.ring.filter((call) => call !== undefined)]
  }

  private lane(ms: number): Lane {
    const clock = installedClock()
    let lane = this.clock === clock ? this.lanes.get(ms) : undefined
    if (lane === undefined) {
      if (this.clock !== clock || this.lanes.size > 1000) this.lanes.clear() // lanes in use live on in their calls
      this.clock = clock
      lane = new Lane(ms, clock, (call) => {
        this.drain(call.target)
        this.fail(call.tag, 'timeout')
      })
      this.lanes.set(ms, lane)
    }
    return lane
  }
}
