// `npm run soak -- [--minutes N] [--kills N] [--seed N]`: a storm of crashes over a tree of everything, and what the program
// holds meanwhile. The last line is the verdict; the exit code is 0 only if nothing grew and nothing was left unanswered.

import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Logger } from 'starfish'
import { formatMachine } from '../table.js'
import { read, type Reading } from './gauge.js'
import { newScore, runTask, type Score, strike, Weather } from './storm.js'
import { startTree, TASKS, THREADS, VICTIMS } from './tree.js'
import { type Bound, ENOUGH, isFlat, trend } from './trend.js'

/** Spread over the run; fewer when it is short. */
const READINGS = 40

/** What each may grow by over the last two thirds of the run. */
const BOUNDS: Record<keyof Reading, Bound> = { rss: { share: 0.05 }, heap: { share: 0.1 }, handles: { count: 1 }, files: { count: 1 }, threads: { count: 1 } }

/** Numbers from 0 to 1 that depend on the seed alone (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!(value > 0)) throw new Error(`expected a positive number after --${name}, got ${text}; write --${name} 10`)
  return value
}

const COLUMNS: readonly [name: string, width: number][] = [['s', 6], ['kills', 7], ['kills/s', 8], ['restarts', 9], ['RSS MB', 8], ['heap MB', 8], ['handles', 8], ['files', 6], ['threads', 8]]
const line = (cells: readonly string[]): void => console.log(cells.map((cell, i) => cell.padStart(COLUMNS[i]![1])).join(''))

async function storm(minutes: number, kills: number, seed: number): Promise<{ readonly score: Score; readonly readings: readonly Reading[] }> {
  const score = newScore()
  const weather = new Weather()
  const random = numbers(seed)
  const begun = performance.now()
  const progress = (): number => Math.max((performance.now() - begun) / 60_000 / minutes, score.kills / kills)
  const readings: Reading[] = []
  let failure: unknown

  await using _tree = await startTree()
  // A supervisor tells of each child it has started: of those that came after the first ones.
  Logger.configure({
    onEvent(event) {
      if (event.kind === 'supervisor' && event.context === 'progress' && event.supervisor !== TASKS) score.restarts++
    },
  })
  const blows = [...VICTIMS.map((victims) => () => strike(victims, score, random)), () => runTask(score, random)]
  const storms = Promise.all(blows.map(async (blow) => {
    while (progress() < 1 && failure === undefined) await weather.blow(blow)
  })).catch((error: unknown) => {
    failure = error
  })

  line(COLUMNS.map(([name]) => name))
  for (let reached = 0; reached < 1 && failure === undefined; ) {
    const next = Math.floor(reached * READINGS + 1) / READINGS
    while (progress() < next && failure === undefined) await setTimeout(20)
    await weather.calm()
    reached = progress()
    const reading = await read(THREADS)
    readings.push(reading)
    const seconds = (performance.now() - begun) / 1000
    line([seconds.toFixed(0), String(score.kills), (score.kills / seconds).toFixed(1), String(score.restarts), reading.rss.toFixed(1), reading.heap.toFixed(2), ...[reading.handles, reading.files, reading.threads].map(String)])
    weather.go()
  }
  await storms
  if (failure !== undefined) score.faults.push(String(failure))
  return { score, readings }
}

function printRecoveries({ recoveries }: Score): void {
  console.log('\nms until the victim answered again')
  for (const [how, unsorted] of [...recoveries, ['all', [...recoveries.values()].flat()] as const]) {
    const sorted = unsorted.toSorted((a, b) => a - b)
    const at = (p: number): string => sorted[Math.max(0, Math.ceil(sorted.length * p) - 1)]!.toFixed(1)
    console.log(`${how.padEnd(14)}${String(sorted.length).padStart(6)} times   p50 ${at(0.5).padStart(7)}   p90 ${at(0.9).padStart(7)}   p99 ${at(0.99).padStart(7)}   most ${at(1).padStart(7)}`)
  }
}

/** Prints what each has grown by; true when nothing has. */
function judge(readings: readonly Reading[]): boolean {
  console.log('\nover the last two thirds')
  const verdicts = Object.entries(BOUNDS).map(([name, bound]) => {
    const found = trend(readings.map((reading) => reading[name as keyof Reading]))
    const flat = isFlat(found, bound)
    const most = bound.share === undefined ? String(bound.count) : `${bound.share * 100} %`
    console.log(`${name.padEnd(8)} mean ${found.mean.toFixed(1).padStart(7)}   growth ${found.growth.toFixed(2).padStart(7)}   ${flat ? 'flat' : 'GROWS'} (at most ${most})`)
    return flat
  })
  return verdicts.every(Boolean)
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { minutes: { type: 'string' }, kills: { type: 'string' }, seed: { type: 'string', default: '1' } } })
  const kills = positive('kills', values.kills)
  const minutes = positive('minutes', values.minutes) ?? (kills === undefined ? 10 : Infinity)
  Logger.configure({ level: 'silent' })
  console.log(`${formatMachine()}\n`)
  const { score, readings } = await storm(minutes, kills ?? Infinity, positive('seed', values.seed)!)
  printRecoveries(score)
  const enough = readings.length >= ENOUGH
  const flat = enough && judge(readings)
  for (const fault of score.faults.slice(0, 20)) console.log(`FAULT: ${fault}`)
  const good = flat && score.faults.length === 0
  console.log(`\n${good ? 'PASS' : 'FAIL'}: ${score.kills} kills, ${score.restarts} restarts, ${score.faults.length} faults, ${flat ? 'nothing grows' : enough ? 'not flat' : 'too short a run to judge'}`)
  process.exitCode = good ? 0 : 1
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
