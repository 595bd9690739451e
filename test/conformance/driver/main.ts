// The conformance driver: runs scenarios on Starfish and compares their logs with those that Elixir gave, or prints them.
//
//   main.js [--host main] [--family NAME] [--id ID] [--recorded FOLDER]   compares
//   main.js [--host main] [--id ID] FILE.ndjson ...                       prints the logs of the scenarios; - is stdin

import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { compare } from './compare.js'
import { families, runScenario } from './families/index.js'
import { RECORDED } from './recorded.js'
import { parseLines, print, type Place, type Scenario } from './scenario.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    host: { type: 'string', default: 'thread' },
    family: { type: 'string', multiple: true },
    id: { type: 'string', multiple: true },
    recorded: { type: 'string', default: RECORDED },
  },
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
  const { host, family = Object.keys(families), id: ids, recorded: folder } = values
  if (host !== 'thread' && host !== 'main') throw new Error(`expected --host thread or main, got ${host}`)
  const unknown = family.find((name) => !(name in families))
  if (unknown !== undefined) throw new Error(`expected --family ${Object.keys(families).join(', ')}, got ${unknown}`)
  if (positionals.length > 0) return printLogs(positionals, host)
  const equal = await compare({ folder, families: family, ids, host })
  process.exitCode = equal ? 0 : 1
}

// Timers of the scenarios, a minute long, are not waited for.
main().then(() => process.exit(), (error: unknown) => {
  console.error(error)
  process.exit(1)
})
