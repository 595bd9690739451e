// For @starfish/testing and observers only: not part of the API, changes without notice.

import { Arbiter } from './process/arbiter.js'
import { here } from './process/here.js'
import './index.js'

export { installClock, type Clock, type TimerHandle } from './process/clock.js'

/** How many worker threads exist, those that are ending included. */
export const threadCount = (): number => (here.role instanceof Arbiter ? here.role.threads.count : 0)

export interface LiveProcess {
  readonly pid: string
  readonly name: string
}

/** The processes that are alive, the main program not counted. */
export const liveProcesses = (): LiveProcess[] => (here.role instanceof Arbiter ? here.role.liveProcesses() : [])

/** Settles when no worker thread exists. */
export const noThreads = (): Promise<void> => (here.role instanceof Arbiter ? here.role.threads.whenNone() : Promise.resolve())

/** How many threads are booted ahead of need. */
export const spareCount = (): number => (here.role instanceof Arbiter ? here.role.threads.spares.count : 0)
