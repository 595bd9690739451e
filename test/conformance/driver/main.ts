// The conformance driver: runs scenarios on Starfish and compares their logs with those that Elixir gave, or prints them.
// Ends with 1 when a log differs, with 2 when it was asked for what there is not.

import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { compare } from './compare.js'
import { families, runScenario } from './families/index.js'
import { RECORDED } from './recorded.js'
import { parseLines, print, type Place, type Scenario } from './scenario.js'

const USAGE = `main.js [--host main] [--family NAME] [--id ID] [--recorded FOLDER]   compares
main.js [--host main] [--id ID] FILE.ndjson ...                       prints the logs of the scenarios; - is stdin

  --host main        processes run on the main thread, instead of in threads of their own
  --family NAME      of the families ${Object.keys(families).join(', ')}; may be given more than once
  --id ID            only this scenario; may be given more than once
  --recorded FOLDER  what Elixir gave, in place of what is in the repository`

function wrong(why: string): never {
  console.error(`${why}\n\n${USAGE}`)
  process.exit(2)
}

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        host: { type: 'string', default: 'thread' },
        family: { type: 'string', multiple: true },
        id: { type: 'string', multiple: true },
        recorded: { type: 'string', default: RECORDED },
      },
    })
  } catch (error) {
    return wrong((error as Error).message)
  }
}

const { values, positionals } = parsed()

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
  const { help, host, family = Object.keys(families), id: ids, recorded: folder } = values
  if (help) return console.log(USAGE)
  if (host !== 'thread' && host !== 'main') wrong(`expected --host thread or main, got ${host}`)
  const unknown = family.find((name) => !(name in families))
  const missing = [...positionals.filter((file) => file !== '-'), folder].find((path) => !existsSync(path))
  if (missing !== undefined) wrong(`expected a file or folder that is there, got ${missing}`)
  if (unknown !== undefined) wrong(`expected --family ${Object.keys(families).join(', ')}, got ${unknown}`)
  if (positionals.length > 0) return printLogs(positionals, host)
  const equal = await compare({ folder, families: family, ids, host })
  process.exitCode = equal ? 0 : 1
}

// Timers of the scenarios, a minute long, are not waited for.
main().then(() => process.exit(), (error: unknown) => {
  console.error(error)
  process.exit(1)
})
