// What goes from one process of a thread to another goes by microtask, before any timer and any I/O: processes that keep
// each other busy would let the event loop turn no more. After 8 ms the rest waits for a turn, in order.

import { realNow } from './clock.js'
import { surroundings } from './surroundings.js'

/** Ms that a thread may be kept from its timers and I/O. */
const LONGEST_TURN = 8
/** So many deliveries share one look at the clock. A power of two. */
const DELIVERIES = 16

/** As it was when the library was loaded: a test that replaces timers does not mean ours. */
export const afterTurn = globalThis.setImmediate

export class Turn {
  private deliveries = 0
  /** When this turn was first looked at; undefined when it has not been. */
  private begun: number | undefined
  private held: (() => void)[] | undefined

  /** Runs `deliver` soon, never in the caller's stack, and after all that was given here before. */
  soon(deliver: () => void): void {
    if (this.held === undefined) {
      if (!this.isLong()) return queueMicrotask(deliver)
      this.held = []
    }
    const around = surroundings()
    this.held.push(() => around.runInAsyncScope(deliver))
  }

  /** Whether it is time to let the event loop turn. */
  isLong(): boolean {
    if ((++this.deliveries & (DELIVERIES - 1)) !== 0) return false
    const now = realNow()
    if (this.begun !== undefined) return now - this.begun > LONGEST_TURN
    this.begun = now
    afterTurn(this.over)
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
    held?.forEach((deliver) => queueMicrotask(deliver))
  }
}
