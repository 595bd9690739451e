// Looks from the main thread, through the process table, for how long processes have been in one handler, and says when
// that is too long. One timer for all that are watched: an idle process costs one look per limit.

import type { ProcessId } from '../term/pid.js'
import { realClock, type TimerHandle, wallTime } from './clock.js'
import { here } from './here.js'

/** What a process that hangs ends with: `['hung', Hang]`. */
export interface Hang {
  /** The handler's kind and the message's tag: `'call bump'`, at most 60 bytes. */
  readonly message: string
  /** For how long it had been busy with it, in ms. */
  readonly ms: number
  /** Its `maxHandlerTime`. */
  readonly limit: number
}

interface Watched {
  readonly limit: number
  /** When to look next, in ms since the epoch. */
  due: number
  /** Since when it has been busy with what had lasted too long when we last looked. */
  suspect: number
}

/** The least time between two looks, in ms. */
const TICK = 10

export class HangWatch {
  private readonly watched = new Map<ProcessId, Watched>()
  private timer: TimerHandle | undefined
  private armedFor = Infinity

  /** `hung` ends the process. */
  constructor(private readonly hung: (id: ProcessId, hang: Hang) => void) {}

  /** Watches a process until it is forgotten. `limit` in ms. */
  watch(id: ProcessId, limit: number): void {
    const due = wallTime() + limit
    this.watched.set(id, { limit, due, suspect: 0 })
    this.arm(due)
  }

  forget(id: ProcessId): void {
    if (!this.watched.delete(id) || this.watched.size > 0) return
    realClock.clearTimeout(this.timer)
    this.armedFor = Infinity
  }

  private arm(due: number): void {
    if (due >= this.armedFor) return
    realClock.clearTimeout(this.timer)
    this.armedFor = due
    this.timer = realClock.setTimeout(this.look, Math.max(TICK, due - wallTime()))
    this.timer.unref()
  }

  private readonly look = (): void => {
    this.armedFor = Infinity
    const now = wallTime()
    let next = Infinity
    for (const [id, watched] of this.watched) {
      if (watched.due <= now) this.judge(id, watched, now)
      next = Math.min(next, watched.due)
    }
    if (next < Infinity) this.arm(next)
  }

  private judge(id: ProcessId, watched: Watched, now: number): void {
    const since = here.table.busySince(id)
    if (since === 0 || since + watched.limit > now) {
      watched.due = (since === 0 ? now : since) + watched.limit
    } else if (watched.suspect !== since) {
      // A second look: if the whole program stood still, the process gets the moment it needs to finish.
      watched.suspect = since
      watched.due = now + TICK
    } else {
      watched.due = Infinity
      this.hung(id, { message: here.table.busyWith(id), ms: Math.round(now - since), limit: watched.limit })
    }
  }
}
