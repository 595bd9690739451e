// The conformance driver: runs scenarios on Starfish and prints their logs, or compares them with recorded ones.
//
//   main.js [--host main] [FILE.ndjson ...]   prints the logs of the scenarios in the files, or on stdin for `-`
//   main.js [--host main]                     runs all recorded scenarios and prints where their logs differ

import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { families, runScenario } from './families/index.js'
import { compareRecorded } from './recorded.js'
import { parseLines, print, type Place, type Scenario } from './scenario.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { host: { type: 'string', default: 'thread' }, family: { type: 'string', multiple: true }, id: { type: 'string', multiple: true } },
})

async function printLogs(files: readonly string[], host: Place): Promise<void> {
  for (const file of files) {
    for (const scenario of parseLines<Scenario>(readFileSync(file === '-' ? 0 : file, 'utf8'))) {
      if (values.id && !values.id.includes(scenario.id)) continue
      const log = await runScenario(scenario, host)
      if (typeof log === 'string') console.error(`${scenario.id} not run: it needs ${log}`)
      else console.log(print(log))
    }
  }
}

async function main(): Promise<void> {
  const { host } = values
  if (host !== 'thread' && host !== 'main') throw new Error(`expected --host thread or main, got ${host}`)
  if (positionals.length > 0) return printLogs(positionals, host)
  const equal = await compareRecorded(values.family ?? Object.keys(families), host, values.id)
  process.exitCode = equal ? 0 : 1
}

// Timers of the scenarios, a minute long, are not waited for.
main().then(() => process.exit(), (error: unknown) => {
  console.error(error)
  process.exit(1)
})
