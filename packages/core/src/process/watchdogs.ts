// What is watched of a process, from its birth to its burial: for how long it is busy, and how much memory it uses.

import type { SpawnRequest } from '../term/definition.js'
import type { ProcessId } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import { type Entries, nameOf } from './entry.js'
import { HangWatch } from './hang-watch.js'
import { HeapWatch } from './heap-watch.js'
import { raiseAlarm } from './alarm.js'
import type { Carrier } from './carrier.js'

export class Watchdogs {
  private readonly hang: HangWatch
  private readonly heap: HeapWatch

  /** `end` ends a process that misbehaves. */
  constructor(entries: Entries, end: (id: ProcessId, reason: Reason) => void) {
    this.hang = new HangWatch((id, hang) => end(id, ['hung', hang]))
    this.heap = new HeapWatch(
      (id, use) => raiseAlarm('warn', 'heap_soft', id, nameOf(entries.get(id)!), { ...use }),
      (id, use) => end(id, ['heap_limit', use]),
    )
  }

  watch(id: ProcessId, { maxHandlerTime, thread: options }: SpawnRequest, thread: Carrier | undefined): void {
    if (maxHandlerTime !== undefined) this.hang.watch(id, maxHandlerTime)
    if (thread && options?.heap) this.heap.watch(id, thread, options.heap)
  }

  forget(id: ProcessId): void {
    this.hang.forget(id)
    this.heap.forget(id)
  }
}
