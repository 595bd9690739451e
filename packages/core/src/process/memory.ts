// How much memory this thread uses: its JavaScript heap, garbage that is not collected yet included, and what lies
// outside of it for its Buffers; a child process, all that it has from the system. For where a thread cannot be asked from outside.

import type { ProcessId } from '../term/pid.js'
import { realClock } from './clock.js'
import { here } from './here.js'

/** The time between two notes, in ms. */
const EVERY = 100

/** Notes it in the process table whenever the event loop comes round. */
export function noteMemory(id: ProcessId): void {
  const { heapUsed, external, rss } = process.memoryUsage()
  here.table.setMemoryUsed(id, here.thread < 0 ? rss : heapUsed + external)
  realClock.setTimeout(() => noteMemory(id), EVERY).unref()
}
