// What a program holds, at rest: memory, and all that is open.

import { readdirSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { spareCount, threadCount } from 'starfish/internal'

export interface Reading {
  /** Resident memory of the whole program, all threads included, in MB. */
  readonly rss: number
  /** What is alive on the main thread's heap, in MB. */
  readonly heap: number
  /** What Node counts as open: ports, workers, timers, sockets. */
  readonly handles: number
  /** File descriptors and threads, as Linux counts them; 0 elsewhere. */
  readonly files: number
  readonly threads: number
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const entries = (folder: string): number => {
  try {
    return readdirSync(folder).length
  } catch {
    return 0
  }
}

/** As many as are kept by default. */
const SPARES = 1

/** How long the ends of threads and the boot of a spare may take, in ms. */
const SETTLES = 400

/** Reads once the program has `threads` threads of processes again, and a spare. */
export async function read(threads: number): Promise<Reading> {
  for (let i = 0; i < 200 && !(threadCount() === threads && spareCount() >= SPARES); i++) await setTimeout(20)
  await setTimeout(SETTLES)
  collect()
  const { rss, heapUsed } = process.memoryUsage()
  return {
    rss: rss / 2 ** 20,
    heap: heapUsed / 2 ** 20,
    handles: process.getActiveResourcesInfo().length,
    files: entries('/proc/self/fd'),
    threads: entries('/proc/self/task'),
  }
}
