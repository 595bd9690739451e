// `npm run torture -- [--short] [--peers]`: more than twenty ways to die, against a live tree, each with the isolation that the docs tell to use. A
// table of what became of who died, who waited and the program; the exit code is 0 only if the program was up all the time and every
// caller was told. With --peers, the same ways against the pools and a bare worker.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { formatMachine } from '../table.js'
import type { Fate, Survival } from './fate.js'
import { torturePeers } from './peers.js'
import { PLANS } from './plan.js'

/** How many files a program may open: so that one can run out of them. */
const FILES = 512

interface Run {
  readonly fates: Fate[]
  survival: Survival | undefined
  /** How often the program went down, and of which way. */
  readonly downs: string[]
}

/** Runs the program until all plans are done, anew each time it goes down. */
async function torture(numbers: number[]): Promise<Run> {
  const run: Run = { fates: [], survival: undefined, downs: [] }
  for (let left = numbers; left.length > 0; ) {
    const done = run.fates.length
    const program = spawn('sh', ['-c', `ulimit -n ${FILES}; exec "$0" "$@"`, process.execPath, join(__dirname, 'tree.js'), ...left.map(String)], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = new Promise<number | null>((resolve) => program.on('exit', resolve))
    for await (const line of createInterface(program.stdout)) {
      const said = JSON.parse(line) as Fate | Survival
      if ('uptime' in said) run.survival = said
      else {
        run.fates.push(said)
        printFate(said)
      }
    }
    const code = await ended
    left = left.slice(run.fates.length - done)
    if (left.length === 0 && code === 0) break
    const { way, isolation } = PLANS[left[0] ?? numbers.at(-1)!]!
    run.downs.push(way)
    console.log(`${way.padEnd(36)}${isolation.padEnd(9)}THE PROGRAM WENT DOWN (${code})`)
    left = left.slice(1)
  }
  return run
}

const ms = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(0))

function printFate({ way, isolation, reason, told, queued, back }: Fate): void {
  console.log(`${way.padEnd(36)}${isolation.padEnd(9)}${reason.slice(0, 44).padEnd(46)}${ms(told).padStart(7)}  ${queued.slice(0, 16).padEnd(17)}${ms(back).padStart(6)}`)
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { short: { type: 'boolean', default: false }, peers: { type: 'boolean', default: false } } })
  console.log(`${formatMachine()}\n`)
  console.log(`${'how it died'.padEnd(36)}${'in a'.padEnd(9)}${'the caller was told'.padEnd(46)}${'ms'.padStart(7)}  ${'the next one'.padEnd(17)}${'back'.padStart(6)}`)
  const numbers = PLANS.map((_, number) => number).filter((number) => !values.short || PLANS[number]!.short)
  const { fates, survival, downs } = await torture(numbers)
  const untold = fates.filter(({ way, reason }) => reason === 'timeout' && way !== 'an init that never returns')
  console.log(`\nthe program was up ${numbers.length - downs.length} of ${numbers.length}; ${fates.length - untold.length} of ${numbers.length} callers were told`)
  if (survival) console.log(`${survival.uptime.toFixed(0)} s, ${survival.bumps} calls to a bystander, the slowest ${survival.longest.toFixed(0)} ms; ${survival.zombies} zombies`)
  process.exitCode = downs.length === 0 && untold.length === 0 && survival ? 0 : 1
  if (values.peers) await torturePeers()
}

void main()
