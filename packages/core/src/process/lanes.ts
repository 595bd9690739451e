// When calls that wait give up. Those of one timeout stand in one lane, the oldest first: they expire in the order they
// were made, and one Node timer does for all of them. There are as many lanes as timeouts are waited for, and a few more.

import { type Clock, installedClock, Moment, nextLook, realClock, type TimerHandle } from './clock.js'
import type { PendingCall } from './pending-call.js'

/** So many lanes are kept for the next call when nobody waits in them. */
const KEPT = 64

export class Lane {
  private first: PendingCall | undefined
  private last: PendingCall | undefined
  private timer: TimerHandle | undefined

  constructor(readonly ms: number, private readonly clock: Clock, private readonly lanes: Lanes) {}

  get isEmpty(): boolean {
    return this.first === undefined
  }

  add(call: PendingCall): void {
    call.lane = this
    call.made = this.lanes.now()
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
    if (this.first === undefined) this.lanes.emptied(this)
  }

  /** Nobody waits, and the program does not wait for it either. */
  rest(): void {
    this.timer?.unref()
  }

  close(): void {
    this.clock.clearTimeout(this.timer)
  }

  private arm(ms: number): void {
    this.timer = this.clock.setTimeout(this.onTimer, ms)
  }

  private readonly onTimer = (): void => {
    this.timer = undefined
    const now = this.clock.now()
    // A timer may fire a fraction of a millisecond early.
    while (this.first && this.first.made!.at + this.ms <= now + 1) this.lanes.expire(this.first)
    if (this.first) this.arm(Math.max(1, this.first.made!.at + this.ms - now))
    else this.lanes.emptied(this)
  }
}

export class Lanes {
  private readonly lanes = new Map<number, Lane>()
  private clock = installedClock()
  /** The lane asked for last. */
  private last: Lane | undefined

  constructor(readonly expire: (call: PendingCall) => void) {}

  /** The lane for a timeout in ms. A fraction of one is rounded up: no timer is finer. */
  of(timeout: number): Lane {
    const clock = installedClock()
    if (this.clock === clock && this.last?.ms === timeout) return this.last
    if (this.clock !== clock) {
      this.clock = clock
      this.lanes.clear() // lanes in use live on in their calls
    }
    const ms = Math.ceil(timeout)
    let lane = this.lanes.get(ms)
    if (lane === undefined) this.lanes.set(ms, (lane = new Lane(ms, clock, this)))
    this.last = lane
    return lane
  }

  /** The moment of a call that is just being made. */
  now(): Moment {
    // Whoever posts it looks at the real clock.
    return this.clock === realClock ? nextLook() : Moment.of(this.clock.now())
  }

  emptied(lane: Lane): void {
    if (this.lanes.size <= KEPT) return lane.rest()
    lane.close()
    if (this.lanes.get(lane.ms) === lane) this.lanes.delete(lane.ms)
    if (this.last === lane) this.last = undefined
  }
}
