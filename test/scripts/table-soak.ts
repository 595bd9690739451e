// Threads that change tables without pause, and are killed and started again: does memory stay flat? npm run table:soak -- [--minutes 3] [--seed 7]

import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { GenServer, type Pid, Table } from 'starfish'
import { here } from '#core/process/here'
import { held, read } from '#benchmarks/soak/gauge'
import { isFlat, trend } from '#benchmarks/soak/trend'
import { ends, start } from '../core/table/histories.js'
import { TYPES } from '../core/table/world.js'

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '3' }, seed: { type: 'string', default: String(Date.now() % 65_536) } } })
const KEYS = 500
const THREADS = 2
const READINGS = 40
/** So many kills are not looked at: by then each table is as large as it gets, and V8 has compiled what a kill and a start take. */
const WARM_UP = 100
/** In ms; and so many operations at least has a thread done when it is killed, however busy the machine is. */
const BETWEEN_KILLS = 400
const LEAST_LIFE = 10_000
/** A step that took longer, in ms, counts for so much: the program was stopped meanwhile. */
const LONGEST_STEP = 2000
/** What a busy service does in a second, a hundred requests with ten operations each, and of crashes: the run is so many hours of it. */
const NORMAL = { operations: 1000, kills: 1 / 60 }

const MB = 2 ** 20
const pagesBytes = (): number => here.openTables().cells.pages.bytes
const average = (samples: readonly number[]): number => samples.reduce((sum, sample) => sum + sample, 0) / samples.length

/** In MB: the pages of the tables and the whole program while the threads run, as a mean over the time since the reading before; and the program at rest. */
interface Reading {
  readonly pages: number
  readonly rss: number
  readonly rest: number
}
/** What each may grow by, as a share of its mean. */
const BOUNDS: Record<keyof Reading, { readonly share: number }> = { pages: { share: 0.05 }, rss: { share: 0.05 }, rest: { share: 0.05 } }

const COLUMNS: readonly [name: string, width: number][] = [['s', 6], ['kills', 7], ['million operations', 20], ['rows', 7], ['pages MB', 10], ['RSS MB', 8], ['at rest', 9], ['heap', 7]]
const line = (cells: readonly string[]): void => console.log(cells.map((cell, i) => cell.padStart(COLUMNS[i]![1])).join(''))

async function main(): Promise<void> {
  const [length, seed] = [Number(values.minutes) * 60_000, Number(values.seed)]
  console.log(`seed ${seed}, ${KEYS} keys in each of ${TYPES.length} tables, ${THREADS} threads; readings begin after ${WARM_UP} kills`)
  line(COLUMNS.map(([name]) => name))
  const tables = await Promise.all(TYPES.map((type) => Table.new({ type, access: 'public' })))
  const done = new Float64Array(new SharedArrayBuffer(THREADS * 8))
  const threads: { readonly pid: Pid; readonly place: number; readonly until: number }[] = []
  let started = 0
  let kills = 0
  const startAll = async (): Promise<void> => {
    while (threads.length < THREADS) {
      const pid = await start()
      const place = started++ % THREADS
      threads.push({ pid, place, until: done[place]! + LEAST_LIFE })
      GenServer.cast(pid, ['churn', [tables, seed + started, KEYS, [done.buffer as SharedArrayBuffer, place]]])
    }
  }
  const kill = async (): Promise<void> => {
    const { pid, place, until } = threads.shift()!
    while (done[place]! < until) await setTimeout(10)
    await ends(pid)
    kills++
  }

  const readings: Reading[] = []
  const samples: Pick<Reading, 'pages' | 'rss'>[] = []
  let passed = 0
  for (let at = performance.now(); passed < length; ) {
    await startAll()
    await setTimeout(BETWEEN_KILLS)
    samples.push({ pages: pagesBytes() / MB, rss: process.memoryUsage().rss / MB })
    await kill()
    const isWarm = kills > WARM_UP
    if (!isWarm) samples.length = 0
    const now = performance.now()
    if (isWarm) passed += Math.min(now - at, LONGEST_STEP)
    at = now
    if (passed < (length / READINGS) * (readings.length + 1)) continue
    while (threads.length > 0) await kill()
    const { rss, heap } = await read(0, async () => held())
    const reading = { pages: average(samples.map(({ pages }) => pages)), rss: average(samples.map(({ rss }) => rss)), rest: rss }
    readings.push(reading)
    samples.length = 0
    const rows = tables.reduce((sum, table) => sum + Table.size(table), 0)
    line([(passed / 1000).toFixed(0), String(kills), ((done[0]! + done[1]!) / 1e6).toFixed(1), String(rows), reading.pages.toFixed(2), reading.rss.toFixed(1), reading.rest.toFixed(1), heap.toFixed(2)])
    at = performance.now()
  }
  while (threads.length > 0) await kill()
  const isWhole = tables.every((table) => Table.select(table).length === Table.size(table))
  const verdicts = (Object.keys(BOUNDS) as (keyof Reading)[]).map((name) => {
    const found = trend(readings.map((reading) => reading[name]))
    return { flat: isFlat(found, BOUNDS[name]), text: `${name} ${found.mean.toFixed(2)} MB, ${found.growth >= 0 ? '+' : ''}${found.growth.toFixed(2)}` }
  })
  const operations = done.reduce((sum, one) => sum + one, 0)
  console.log(`\n${kills} kills, as many as in ${(kills / NORMAL.kills / 3600).toFixed(1)} hours of one a minute; ${(operations / 1e6).toFixed(1)} million operations, as many as in ${(operations / NORMAL.operations / 3600).toFixed(1)} hours of ${NORMAL.operations} a second`)
  const isFine = isWhole && verdicts.every(({ flat }) => flat)
  console.log(`${verdicts.map(({ text }) => text).join('; ')} over the last two thirds; sizes ${isWhole ? 'are those of the rows' : 'ARE WRONG'}: ${isFine ? 'flat' : 'NOT FLAT'}`)
  process.exit(isFine ? 0 : 1)
}

void main()
