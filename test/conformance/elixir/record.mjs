// Records what real Elixir does, where one is installed: makes scenarios of a seed, or takes those of files, runs them
// twice, and keeps those that came out the same.
// Ends with 2 when it was asked for what there is not.

import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { generate, generators } from './generate/index.mjs'

/** What the driver writes when a scenario got out of hand. */
const UNFIT = /"unstable"|"driver_crash"|"driver_timeout"/

const driver = fileURLToPath(new URL('driver.exs', import.meta.url))
const whole = (name, text) => {
  if (!/^\d+$/.test(text)) wrong(`expected --${name} to be a whole number, got ${text}`)
  return Number(text)
}

const USAGE = `record.mjs --into FOLDER --seed 4711 [--count 200] [--family NAME ...]
record.mjs --into FOLDER NAME.ndjson ...

  --into FOLDER  where scenarios and logs are written
  --seed N       what the scenarios are made of
  --count N      how many of each family
  --family NAME  of the families ${Object.keys(generators).join(', ')}; may be given more than once`

const { values, positionals: files } = parsed()

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        into: { type: 'string' },
        seed: { type: 'string' },
        count: { type: 'string', default: '200' },
        family: { type: 'string', multiple: true, default: Object.keys(generators) },
      },
    })
  } catch (error) {
    return wrong(error.message)
  }
}

/** The scenarios to record, by the names of their files. */
function wanted() {
  if (files.length > 0) return files.map((file) => [basename(file).replace(/(\.scenarios)?\.ndjson$/, ''), readFileSync(file, 'utf8')])
  if (values.seed === undefined) wrong('expected --seed NUMBER or files with scenarios, got neither')
  const [seed, count] = [whole('seed', values.seed), whole('count', values.count)]
  return values.family.map((family) => {
    if (!(family in generators)) wrong(`expected --family ${Object.keys(generators).join(', ')}, got ${family}`)
    return [`${family}-${seed}`, generate(family, seed, count).map((scenario) => `${JSON.stringify(scenario)}\n`).join('')]
  })
}

function record(name, scenarios) {
  const path = (what) => join(values.into, `${name}.${what}.ndjson`)
  writeFileSync(path('scenarios'), scenarios)
  const [first, second] = [run(path('scenarios')), run(path('scenarios'))]
  const isFit = (log, i) => {
    const why = log !== second[i] ? 'came out differently the second time' : UNFIT.test(log) ? 'never came to rest' : undefined
    if (why !== undefined) console.error(`${JSON.parse(log).id} is left out: it ${why}`)
    return why === undefined
  }
  const logs = first.filter(isFit)
  const kept = new Set(logs.map((log) => JSON.parse(log).id))
  const lines = scenarios.split('\n').filter((line) => line.trim() !== '' && kept.has(JSON.parse(line).id))
  writeFileSync(path('scenarios'), lines.map((line) => `${line}\n`).join(''))
  writeFileSync(path('expected'), logs.map((log) => `${log}\n`).join(''))
  console.log(`${name}: ${logs.length} scenarios recorded`)
}

function run(file) {
  const { error, status, stdout } = spawnSync('elixir', [driver, file], { encoding: 'utf8', maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'inherit'] })
  if (error?.code === 'ENOENT') fail('expected elixir on the path, got none; install it (apt-get install elixir, brew install elixir)')
  if (status !== 0) fail(`expected elixir to end well, got ${error?.message ?? status}`)
  return stdout.trimEnd().split('\n')
}

function fail(why) {
  console.error(why)
  process.exit(1)
}

function wrong(why) {
  console.error(`${why}\n\n${USAGE}`)
  process.exit(2)
}

if (values.help) {
  console.log(USAGE)
  process.exit(0)
}
if (values.into === undefined) wrong('expected --into FOLDER, got none')
const all = wanted()
mkdirSync(values.into, { recursive: true })
for (const [name, scenarios] of all) record(name, scenarios)
