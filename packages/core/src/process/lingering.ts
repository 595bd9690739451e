// Threads that stand still after the ends of their processes (linger.ts), as the main thread sees them: they may go when nothing has
// ended and nothing has started for a moment. One_for_all stops its children one after the other, and starts them so.

import { realClock, type TimerHandle } from './clock.js'
import { here } from './here.js'

/** How long that is, in ms: longer than from the end of a process to the start of the next. */
const QUIET = 5

export class Lingering {
  private timer: TimerHandle | undefined

  /** A thread begins to linger. */
  begin(): void {
    realClock.clearTimeout(this.timer)
    this.timer = realClock.setTimeout(this.moveOn, QUIET)
    this.timer.unref() // the threads keep the program up
  }

  /** Something has started: what is next will be soon. */
  extend(): void {
    if (this.timer !== undefined) this.begin()
  }

  private readonly moveOn = (): void => {
    this.timer = undefined
    here.table.moveOn()
  }
}
