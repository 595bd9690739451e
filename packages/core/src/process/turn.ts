// What goes from one process of a thread to another goes by microtask, before any timer and any I/O: processes that keep
// each other busy would let the event loop turn no more. After 8 ms the rest waits for a turn, in order.

import { realNow } from './clock.js'
import { type Surroundings, surroundings } from './surroundings.js'

/** Ms that a thread may be kept from its timers and I/O. */
const LONGEST_TURN = 8
/** So many deliveries share one look at the clock. A power of two. */
const DELIVERIES = 16

/** As it was when the library was loaded: a test that replaces timers does not mean ours. */
export const afterTurn = globalThis.setImmediate

const settled = Promise.resolve()
/** As queueMicrotask does, at a third of the price: Node makes that an async resource of its own. */
const asMicrotask = (deliver: () => void): void => void settled.then(deliver)

export class Turn {
  /** How many deliveries have been given here so far. */
  given = 0
  private made = 0
  private deliveries = 0
  /** When this turn was first looked at; undefined when it has not been. */
  private begun: number | undefined
  private held: (() => void)[] | undefined

  /** Runs `deliver` soon, never in the caller's stack, and after all that was given here before; in the context of now, unless another is given. */
  soon(deliver: () => void, around?: Surroundings): void {
    this.given++
    const make = (): void => {
      this.made++
      deliver()
    }
    if (this.held === undefined) {
      if (!this.isLong()) return asMicrotask(make)
      this.held = []
    }
    const context = around ?? surroundings()
    this.held.push(() => context.runInAsyncScope(make))
  }

  /** Whether something that was given is still to be made: what comes in from elsewhere meanwhile may be the answer to it, and comes after it. */
  get owes(): boolean {
    return this.made !== this.given
  }

  /** Something that ran from `begun` to `now` took long: the next delivery looks at the clock. */
  took(begun: number, now: number): void {
    if (this.begun === undefined) this.begin(begun)
    if (now - this.begun! > LONGEST_TURN) this.deliveries |= DELIVERIES - 1
  }

  private begin(now: number): void {
    this.begun = now
    afterTurn(this.over)
  }

  /** Whether it is time to let the event loop turn. */
  isLong(): boolean {
    if ((++this.deliveries & (DELIVERIES - 1)) !== 0) return false
    const now = realNow()
    if (this.begun !== undefined) return now - this.begun > LONGEST_TURN
    this.begin(now)
    return false
  }

  /** Runs at once what waits for a turn: at a timeout, what has been sent was in time. Only where no microtask waits. */
  release(): void {
    const { held } = this
    this.held = undefined
    held?.forEach((deliver) => deliver())
  }

  private readonly over = (): void => {
    const { held } = this
    this.begun = this.held = undefined
    held?.forEach(asMicrotask)
  }
}
