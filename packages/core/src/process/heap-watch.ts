// Asks threads from the main thread how much memory they use, and says when it is too much. One timer for all that are
// watched; who comes near its limit is asked more often.

import type { HeapLimits } from '../term/definition.js'
import type { ProcessId } from '../term/pid.js'
import { realClock, type TimerHandle } from './clock.js'
import { here } from './here.js'
import type { Carrier } from './carrier.js'

/** What a process that uses too much ends with: `['heap_limit', HeapUse]`. */
export interface HeapUse {
  /** What it was busy with, or was before: `'call bump'`. */
  readonly message: string
  /** What its thread used, in MB. */
  readonly mb: number
  /** Its `heap.hard`, or for an alarm its `heap.soft`. */
  readonly limit: number
}

interface Watched {
  readonly thread: Carrier
  readonly soft: number
  readonly hard: number
  /** It was above its soft limit and has not come down since. */
  isHigh: boolean
  isAsked: boolean
}

/** The time between two looks, in ms. */
const CALM = 100
const TENSE = 20
/** From this part of its hard limit on, a process is looked at more often. */
const NEAR = 0.5
/** An alarm is over below this part of the soft limit. */
const LOW = 0.9

export class HeapWatch {
  private readonly watched = new Map<ProcessId, Watched>()
  private timer: TimerHandle | undefined
  private near = false

  /** `high` is told once each time a process goes above its soft limit, `full` when it is above its hard one. */
  constructor(private readonly high: (id: ProcessId, use: HeapUse) => void, private readonly full: (id: ProcessId, use: HeapUse) => void) {}

  watch(id: ProcessId, thread: Carrier, { soft = Infinity, hard = Infinity }: HeapLimits): void {
    this.watched.set(id, { thread, soft, hard, isHigh: false, isAsked: false })
    if (this.timer === undefined) this.arm()
  }

  forget(id: ProcessId): void {
    this.watched.delete(id)
    if (this.watched.size > 0) return
    realClock.clearTimeout(this.timer)
    this.timer = undefined
  }

  private arm(): void {
    this.timer = realClock.setTimeout(this.look, this.near ? TENSE : CALM)
    this.timer.unref()
    this.near = false
  }

  private readonly look = (): void => {
    for (const [id, watched] of this.watched) if (!watched.isAsked) void this.ask(id, watched)
    this.arm()
  }

  private async ask(id: ProcessId, watched: Watched): Promise<void> {
    watched.isAsked = true
    const bytes = (await watched.thread.memoryUsed()) ?? here.table.memoryUsed(id)
    watched.isAsked = false
    if (this.watched.get(id) === watched) this.judge(id, watched, Math.round(bytes / MB))
  }

  private judge(id: ProcessId, watched: Watched, mb: number): void {
    const { soft, hard } = watched
    if (mb > Math.min(soft, hard * NEAR)) this.near = true
    if (mb > hard) {
      this.watched.delete(id)
      this.full(id, { message: here.table.busyWith(id), mb, limit: hard })
    } else if (mb > soft && !watched.isHigh) {
      watched.isHigh = true
      this.high(id, { message: here.table.busyWith(id), mb, limit: soft })
    } else if (mb < soft * LOW) {
      watched.isHigh = false
    }
  }
}

const MB = 1024 * 1024
