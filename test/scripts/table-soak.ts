// Threads that change tables without pause, and are killed and started again: does memory stay flat? npm run table:soak -- [--minutes 3] [--seed 7]

import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { GenServer, type Pid, Table } from 'starfish'
import { here } from '#core/process/here'
import { isFlat, trend } from '#benchmarks/soak/trend'
import { ends, start } from '../core/table/histories.js'
import { TYPES } from '../core/table/world.js'

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '3' }, seed: { type: 'string', default: String(Date.now() % 65_536) } } })
const KEYS = 500
const READINGS = 30
/** In ms. */
const BETWEEN_KILLS = 200
/** What each may grow by, as a share of its mean. */
const BOUNDS = { pages: { share: 0.05 }, rss: { share: 0.05 } }

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

async function main(): Promise<void> {
  const [length, seed] = [Number(values.minutes) * 60_000, Number(values.seed)]
  console.log(`seed ${seed}\n     s  kills   rows  pages MB  RSS MB`)
  const tables = await Promise.all(TYPES.map((type) => Table.new({ type, access: 'public' })))
  let kills = 0
  const churner = async (): Promise<Pid> => {
    const pid = await start()
    GenServer.cast(pid, ['churn', [tables, seed + kills, KEYS]])
    return pid
  }
  const pids = [await churner(), await churner()]
  const readings: { readonly pages: number; readonly rss: number }[] = []
  const begun = performance.now()
  for (let passed = 0; passed < length; passed = performance.now() - begun) {
    await setTimeout(BETWEEN_KILLS)
    await ends(pids.shift()!)
    kills++
    pids.push(await churner())
    if (passed < (length / READINGS) * readings.length) continue
    collect()
    const reading = { pages: here.openTables().cells.pages.bytes / 2 ** 20, rss: process.memoryUsage().rss / 2 ** 20 }
    readings.push(reading)
    const rows = tables.reduce((sum, table) => sum + Table.size(table), 0)
    console.log([(passed / 1000).toFixed(0), kills, rows, reading.pages.toFixed(1), reading.rss.toFixed(0)].map((cell, i) => String(cell).padStart([6, 7, 7, 10, 8][i]!)).join(''))
  }
  await Promise.all(pids.map(ends))
  let isWhole = true
  for (const table of tables) {
    const rows = Table.select(table).length
    if (rows !== Table.size(table)) isWhole = false
  }
  const verdicts = (['pages', 'rss'] as const).map((name) => {
    const { mean, growth } = trend(readings.map((reading) => reading[name]))
    return { flat: isFlat({ mean, growth }, BOUNDS[name]), text: `${name} ${mean.toFixed(1)} MB, ${growth >= 0 ? '+' : ''}${growth.toFixed(1)} over the last two thirds` }
  })
  const isFine = isWhole && verdicts.every(({ flat }) => flat)
  console.log(`${kills} kills; ${verdicts.map(({ text }) => text).join('; ')}; sizes ${isWhole ? 'are those of the rows' : 'ARE WRONG'}: ${isFine ? 'flat' : 'NOT FLAT'}`)
  process.exit(isFine ? 0 : 1)
}

void main()
