// The kill-a-worker demo: reads the command line, runs, prints the report; says why when it cannot.

import { statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { help, OptionError, parseOptions, type Options, type Surroundings } from './options.js'
import { exitCode, reportLines } from './report.js'
import { run as runTree } from './run.js'
import { render } from './text.js'
import type { Setting, View } from './view.js'
import { plainView } from './view-plain.js'
import { terminalView } from './view-terminal.js'

/** The exit codes of a program that a signal ended. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/** What the demo is called here, and what it walks unless told otherwise. */
export interface Setup {
  /** The command, as the help shows it. */
  readonly usage: string
  readonly directory: string
  /** What the help says of that directory. */
  readonly directoryIs: string
}

async function run(args: readonly string[], setup: Setup): Promise<number> {
  const surroundings: Surroundings = { cores: availableParallelism(), seed: Math.floor(Math.random() * 10_000) }
  const options = parseOptions(args, surroundings)
  if (options.help) {
    process.stdout.write(help(setup))
    return 0
  }
  const directory = resolve(options.directory ?? setup.directory)
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
  const report = await runTree({ directory, options, view, interrupt: interrupt.signal, quiet: live || env['STARFISH_LOG'] === undefined })
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

/** Runs the demo as this program, with the words of a command line: leaves `process.exitCode` behind. */
export async function main(args: readonly string[], setup: Setup): Promise<void> {
  try {
    process.exitCode = await run(args, setup)
  } catch (error) {
    const wrongUse = error instanceof OptionError
    process.stderr.write(`demo: ${(error as Error).message}${wrongUse ? '\nTry --help.' : ''}\n`)
    process.exitCode = wrongUse ? 2 : 1
  }
}
