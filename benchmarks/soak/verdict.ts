// The verdict over the readings of a soak: what each grew by, and whether that is more than it may.

import type { Reading } from './gauge.js'
import { type Bound, ENOUGH, isFlat, SETTLING, trend } from './trend.js'

interface Quantity {
  readonly name: string
  /** What it may grow by over the last two thirds of the run. */
  readonly bound: Bound
  readonly isMemory: boolean
}

const memory = (name: string, share: number): Quantity => ({ name, bound: { share }, isMemory: true })
const count = (name: string): Quantity => ({ name, bound: { count: 1 }, isMemory: false })

/** In the order of the columns. */
export const QUANTITIES: Record<keyof Reading, Quantity> = {
  rss: memory('RSS MB', 0.05),
  heap: memory('heap MB', 0.1),
  workerHeap: memory('worker MB', 0.1),
  handles: count('handles'),
  workerHandles: count('in worker'),
  files: count('files'),
  threads: count('threads'),
}

export const KEYS = Object.keys(QUANTITIES) as (keyof Reading)[]

export type Verdict = 'nothing grows' | 'not flat' | 'too short a run to judge'

/** Prints what each grew by, and for each of the kills meanwhile; there were `kills` in all. */
export function judge(readings: readonly Reading[], kills: number): Verdict {
  if (readings.length < ENOUGH) return 'too short a run to judge'
  console.log('\nover the last two thirds')
  const isFlatAll = KEYS.map((key) => {
    const { name, bound, isMemory } = QUANTITIES[key]
    const found = trend(readings.map((reading) => reading[key]))
    const flat = isFlat(found, bound)
    const perKill = (mb: number): string => `${((mb * 2 ** 20) / kills / (1 - SETTLING)).toFixed(0)} bytes a kill`
    const [growth, most] = isMemory
      ? [`${found.growth.toFixed(2)}, ${perKill(found.growth)}`, `${Math.round(bound.share! * 100)} %, ${perKill(bound.share! * found.mean)}`]
      : [found.growth.toFixed(2), String(bound.count)]
    console.log(`${name.padEnd(10)} mean ${found.mean.toFixed(1).padStart(6)}   growth ${growth.padEnd(24)} ${flat ? 'flat' : 'GROWS'} (at most ${most})`)
    return flat
  })
  return isFlatAll.every(Boolean) ? 'nothing grows' : 'not flat'
}
