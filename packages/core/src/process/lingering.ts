// Threads that stand still after the ends of their processes (linger.ts), as the main thread sees them: they may go when nothing has
// ended and nothing has started for a moment. One_for_all stops its children one after the other, and starts them so.

import { availableParallelism } from 'node:os'
import { realClock, type TimerHandle } from './clock.js'
import { here } from './here.js'

/** How long that is, in ms: longer than from the end of a process to the start of the next. */
const QUIET = 5
/** So many go at once, and the next ones so many ms later: to wake a thread takes a tenth of a millisecond, and its end a core. */
const AT_ONCE = availableParallelism()
const BETWEEN = 2

export class Lingering {
  private timer: TimerHandle | undefined

  /** A thread begins to linger. */
  begin(): void {
    this.arm(QUIET)
  }

  /** Something has started: what is next will be soon. */
  extend(): void {
    if (this.timer !== undefined) this.arm(QUIET)
  }

  private arm(ms: number): void {
    realClock.clearTimeout(this.timer)
    this.timer = realClock.setTimeout(this.moveOn, ms)
    this.timer.unref() // the threads keep the program up
  }

  private readonly moveOn = (): void => {
    this.timer = undefined
    if (here.table.moveOn(AT_ONCE) === AT_ONCE) this.arm(BETWEEN)
  }
}
