// Crunches a file while its workers are killed, then once more plainly, and compares.
//
//   node docs/examples/dist/cruncher/main.js                    300 MB, made for the purpose and removed afterwards
//   node docs/examples/dist/cruncher/main.js --mb 50 --every 100
//   node docs/examples/dist/cruncher/main.js sales.ndjson --keep
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Logger } from 'starfish'
import { crunch } from './crunch.js'
import { generate } from './generate.js'
import { plainPass } from './plain.js'
import { digestOf } from './totals.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    mb: { type: 'string', default: '300' },
    workers: { type: 'string', default: String(Math.max(2, availableParallelism())) },
    every: { type: 'string', default: '1000' }, // ms between two kills; 0: none
    seconds: { type: 'string', default: '60' }, // after so long nobody is killed any more
    block: { type: 'string', default: '2048' }, // KB
    seed: { type: 'string', default: '7' },
    keep: { type: 'boolean', default: false }, // leaves the file that was made
    json: { type: 'boolean', default: false },
  },
})

Logger.configure({ level: 'silent' }) // of the killed: there are too many
const folder = positionals[0] === undefined ? mkdtempSync(join(tmpdir(), 'cruncher-')) : undefined
const path = positionals[0] ?? join(folder!, 'sales.ndjson')
const seed = number('seed')
try {
  if (folder !== undefined) generate(path, number('mb') * 1e6, seed)
  process.exitCode = await compare()
} finally {
  if (folder !== undefined && !values.keep) rmSync(folder, { recursive: true })
}

async function compare(): Promise<number> {
  const megabytes = statSync(path).size / 1e6
  say(`${path}: ${megabytes.toFixed(0)} MB, ${values.workers} readers, ${values.workers} partitions, a kill every ${values.every} ms`)
  const began = performance.now()
  const { totals, ...report } = await crunch({ path, workers: number('workers'), blockSize: number('block') * 1024, every: number('every'), calmAfter: number('seconds') * 1000, seed })
  const crunched = performance.now()
  const plain = await plainPass(path)
  const exact = digestOf(totals) === digestOf(plain)
  const seconds = { crunched: (crunched - began) / 1000, plain: (performance.now() - crunched) / 1000 }
  const sales = [...totals.values()].reduce((sum, total) => sum + total.sales, 0)
  if (values.json) console.log(JSON.stringify({ path, sales, customers: totals.size, ...report, exact, digest: digestOf(totals), seconds }))
  say(`${sales.toLocaleString('en')} sales of ${totals.size.toLocaleString('en')} customers in ${seconds.crunched.toFixed(1)} s; the plain pass took ${seconds.plain.toFixed(1)} s`)
  say(`${report.kills} kills; ${report.readAgain} blocks read again, of ${report.blocks}`)
  say(exact ? `exact: a plain pass gives the same digest\n${digestOf(totals)}` : 'NOT EXACT: a plain pass gives other totals')
  return exact ? 0 : 1
}

function say(line: string): void {
  if (!values.json) console.log(line)
}

function number(name: 'mb' | 'workers' | 'every' | 'seconds' | 'block' | 'seed'): number {
  const value = Number(values[name])
  if (!Number.isFinite(value) || value < 0) throw new RangeError(`expected --${name} to be a number from 0, got ${values[name]}`)
  return value
}
