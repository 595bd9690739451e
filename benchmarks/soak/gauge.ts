// What a program holds, at rest: memory, and all that is open.

import { readdirSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { getHeapCodeStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { spareCount, threadCount } from 'starfish/internal'

/** What a thread holds. */
export interface Held {
  /** What is alive on its heap, in MB; without code, which V8 goes on to optimize for hours. */
  readonly heap: number
  /** What Node counts as open: ports, workers, timers, sockets. */
  readonly handles: number
}

export interface Reading extends Held {
  /** Resident memory of the whole program, all threads included, in MB. */
  readonly rss: number
  /** What a worker holds that lives as long as the program. */
  readonly workerHeap: number
  readonly workerHandles: number
  /** File descriptors and threads, as Linux counts them; 0 elsewhere. */
  readonly files: number
  readonly threads: number
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** What this thread holds. */
export function held(): Held {
  collect()
  const code = getHeapCodeStatistics()
  const heap = process.memoryUsage().heapUsed - code.code_and_metadata_size - code.bytecode_and_metadata_size
  return { heap: heap / 2 ** 20, handles: process.getActiveResourcesInfo().length }
}

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

/** Reads once the program has `threads` threads of processes again, and a spare. `worker` asks the one that stays. */
export async function read(threads: number, worker: () => Promise<Held>): Promise<Reading> {
  for (let i = 0; i < 200 && !(threadCount() === threads && spareCount() >= SPARES); i++) await setTimeout(20)
  await setTimeout(SETTLES)
  const theirs = await worker()
  return {
    ...held(),
    workerHeap: theirs.heap,
    workerHandles: theirs.handles,
    rss: process.memoryUsage.rss() / 2 ** 20,
    files: entries('/proc/self/fd'),
    threads: entries('/proc/self/task'),
  }
}
