// The kill-a-worker demo: `npm start`. Reads the command line, runs, prints the report; says why when it cannot.

import { statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { HELP, OptionError, parseOptions, type Options } from './options.js'
import { exitCode, reportLines } from './report.js'
import { run } from './run.js'
import { render } from './text.js'
import type { Setting, View } from './view.js'
import { plainView } from './view-plain.js'
import { terminalView } from './view-terminal.js'

const NODE_MODULES = join(__dirname, '..', '..', '..', 'node_modules')

/** The exit codes of a program that a signal ended. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), { cores: availableParallelism(), seed: Math.floor(Math.random() * 10_000) })
  if (options.help) {
    process.stdout.write(HELP)
    return 0
  }
  const directory = resolve(options.directory ?? NODE_MODULES)
  checkDirectory(directory)
  const { stdout, env } = process
  const live = isLive(options)
  const color = stdout.isTTY === true && env['TERM'] !== 'dumb' && !env['NO_COLOR']
  const interrupt = new AbortController()
  let signalCode: number | undefined
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (signalCode !== undefined) process.exit(code) // asked twice: at once
      signalCode = code
      interrupt.abort()
    })
  }
  // Whoever read the output has gone.
  stdout.on('error', () => interrupt.abort())
  const view = viewOf({ directory, options }, live, color)
  const report = await run({ directory, options, view, interrupt: interrupt.signal, quiet: live || env['STARFISH_LOG'] === undefined })
  if (options.json) stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  else stdout.write(`\n${reportLines(report).map((line) => render(line, Infinity, color)).join('\n')}\n`)
  return signalCode ?? exitCode(report)
}

const isLive = ({ plain, json }: Options): boolean => process.stdout.isTTY === true && process.env['TERM'] !== 'dumb' && !plain && !json

function viewOf(setting: Setting, live: boolean, color: boolean): View {
  if (live) return terminalView(setting, process.stdout, color)
  const out = setting.options.json ? process.stderr : process.stdout
  return plainView(setting, (line) => void out.write(`${line}\n`))
}

function checkDirectory(directory: string): void {
  const stats = statSync(directory, { throwIfNoEntry: false })
  if (stats === undefined) throw new Error(`${directory} does not exist`)
  if (!stats.isDirectory()) throw new Error(`${directory} is not a directory`)
}

main().then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    const wrongUse = error instanceof OptionError
    process.stderr.write(`demo: ${(error as Error).message}${wrongUse ? '\nTry --help.' : ''}\n`)
    process.exitCode = wrongUse ? 2 : 1
  },
)
