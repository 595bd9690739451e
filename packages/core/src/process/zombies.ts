// Threads that were told to end and have not: they stand in native code, which nothing can stop. Their processes have been
// declared dead and replaced; the threads are counted, listed, and reported when they end at last. Main thread only.

import { formatPid, type Pid, type ProcessId } from '../term/pid.js'
import { formatReason } from '../term/format.js'
import type { Reason } from '../term/reason.js'
import { wallTime } from './clock.js'
import { raiseAlarm } from './alarm.js'
import type { Carrier } from './carrier.js'

export interface Zombie {
  /** The process that the thread hosted, dead by now. */
  readonly pid: Pid
  readonly name: string
  readonly thread: number
  /** What the process had taken up last: `'call bump'`; empty when its code had ended, and only its native handles hold out. */
  readonly message: string
  /** What the process was ended with. */
  readonly reason: Reason
  /** When it was given up, in ms since the epoch. */
  readonly since: number
}

export class Zombies {
  private readonly known = new Map<Carrier, Zombie>()

  add(thread: Carrier, id: ProcessId, name: string, message: string, reason: Reason): void {
    const zombie = { pid: formatPid(id), name, thread: thread.number, message, reason, since: wallTime() }
    this.known.set(thread, zombie)
    raiseAlarm('error', 'zombie', id, name, { thread: thread.number, message, reason: formatReason(reason) })
  }

  /** The thread is gone, whatever it was. */
  bury(thread: Carrier, id: ProcessId): void {
    const zombie = this.known.get(thread)
    if (!this.known.delete(thread)) return
    raiseAlarm('warn', 'zombie_ended', id, zombie!.name, { thread: thread.number, ms: Math.round(wallTime() - zombie!.since) })
  }

  list(): Zombie[] {
    return [...this.known.values()]
  }
}
