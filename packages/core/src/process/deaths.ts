// How processes come to their ends, and what they died of: ended from outside, ended by themselves, their threads closed, gone, or
// stuck for ever. Main thread only.

import { formatPid, type ProcessId } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import { encodeReason } from '../wire/codec.js'
import type { Autopsies } from './autopsies.js'
import type { Carrier, CarrierEnd, CarrierHooks } from './carrier.js'
import { wallTime } from './clock.js'
import { type Entries, type Entry, isUnbegun, nameOf, reasonOfEnd } from './entry.js'
import { here } from './here.js'
import { writeLog } from './log-output.js'
import { Ending, State } from './table.js'
import type { TableOffice } from './table-office.js'
import type { ThreadPool } from './thread-pool.js'
import { Zombies } from './zombies.js'

export class Deaths {
  readonly zombies = new Zombies()

  /** `bury` is called once for each process with a thread of its own. */
  constructor(
    private readonly entries: Entries,
    private readonly threads: ThreadPool,
    private readonly autopsies: Autopsies,
    private readonly tables: TableOffice,
    private readonly bury: (entry: Entry, reason: Reason) => void,
  ) {}

  /** What is to happen when the thread of a process comes to its end. */
  of(entry: Entry, thread: Carrier): CarrierHooks {
    return {
      closed: (end) => this.threadClosed(entry, thread, end),
      gone: (end) => this.threadGone(entry, thread, end),
      stuck: () => this.threadStuck(entry, thread),
      wrote: (stream, what) => entry.output?.take(stream, what),
    }
  }

  /** Ends a process from outside, whatever it does. */
  end(entry: Entry, reason: Reason): void {
    const local = here.processes.get(entry.id)
    if (local) {
      local.end(reason)
    } else if (entry.thread) {
      here.table.setState(entry.id, State.exiting)
      entry.thread.terminate(reason, here.table.busySince(entry.id) === 0)
    }
  }

  /** Ends a process that a watchdog caught. One that hangs is profiled before, if there is to be an autopsy. */
  endMisbehaving(id: ProcessId, reason: Reason): void {
    const entry = this.entries.get(id)
    if (!entry || !here.table.isAlive(id)) return // it ends already
    if (this.autopsies.options && entry.thread && reason[0] === 'hung') {
      void entry.thread.hotFunctions().then((hot) => {
        this.autopsies.noteHot(entry, hot)
        if (this.entries.get(id) === entry) this.endAs(entry, reason)
      })
    } else {
      this.endAs(entry, reason)
    }
  }

  private endAs(entry: Entry, reason: Reason): void {
    if (!here.table.isAlive(entry.id)) return
    this.logCrash(entry, entry.start && !entry.start.outcome ? 'init' : 'run', reason)
    this.end(entry, reason)
  }

  /** The process itself says that it ends. */
  announced(entry: Entry, reason: Reason): void {
    entry.endReason = reason
    here.table.setState(entry.id, State.exiting)
    entry.thread?.expectEnd(reason)
  }

  // Its memory is still being freed, which takes longer than all before. If we know why it ended, nobody waits for that.
  private threadClosed(entry: Entry, thread: Carrier, end: CarrierEnd): void {
    const isKnown = entry.endReason !== undefined || thread.verdict !== undefined || !end.isVague || here.table.ending(entry.id).ending === Ending.processExit
    if (!isKnown || this.entries.get(entry.id) !== entry) return
    this.threads.drain()
    this.tables.threadEnded(thread.number)
    this.bury(entry, this.lastReason(entry, thread, end))
  }

  private threadGone(entry: Entry, thread: Carrier, end: CarrierEnd): void {
    // What any thread told us before this death counts as before it: monitors and links above all.
    this.threads.drain()
    this.tables.threadEnded(thread.number)
    if (this.entries.get(entry.id) === entry) this.bury(entry, this.lastReason(entry, thread, end))
    this.threads.forget(thread)
    this.zombies.bury(thread, entry.id)
  }

  private threadStuck(entry: Entry, thread: Carrier): void {
    const isBuried = this.entries.get(entry.id) !== entry
    const reason = entry.endReason ?? thread.verdict!
    this.zombies.add(thread, entry.id, nameOf(entry), isBuried ? '' : here.table.busyWith(entry.id), reason)
    if (!isBuried) this.bury(entry, reason)
  }

  private lastReason(entry: Entry, thread: Carrier, end: CarrierEnd): Reason {
    if (entry.endReason !== undefined) return entry.endReason
    if (thread.verdict !== undefined) return thread.verdict
    const reason = reasonOfEnd(entry, end)
    const phase = entry.start && !entry.start.outcome ? 'init' : 'run'
    if (!isUnbegun(entry)) this.logCrash(entry, phase, reason)
    return reason
  }

  private logCrash(entry: Entry, phase: 'init' | 'run', reason: Reason): void {
    writeLog({ kind: 'crash', level: 'error', time: wallTime(), pid: formatPid(entry.id), name: nameOf(entry), phase, reason: encodeReason(reason) })
  }
}
