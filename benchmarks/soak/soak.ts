// `npm run soak -- [--minutes N] [--kills N] [--seed N]`: a storm of crashes over a tree of everything, and what the program
// holds meanwhile. The last line is the verdict; the exit code is 0 only if nothing grew and nothing was left unanswered.

import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { GenServer, Logger } from 'starfish'
import { formatMachine } from '../table.js'
import Bystander, { type Told } from './bystander.js'
import { PATIENCE, running, within } from './clock.js'
import { read, type Reading } from './gauge.js'
import { newScore, runTask, type Score, strike, Weather } from './storm.js'
import { startTree, TASKS, THREADS, VICTIMS } from './tree.js'
import { judge, KEYS, QUANTITIES } from './verdict.js'

/** Spread over the run; fewer when it is short. */
const READINGS = 40

/** Numbers from 0 to 1 that depend on the seed alone (the minimal standard generator). */
function numbers(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48_271) % (2 ** 31 - 1)) / 2 ** 31
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!(value > 0)) throw new Error(`expected a positive number after --${name}, got ${text}; write --${name} 10`)
  return value
}

const HEAD = ['s', 'kills', 'kills/s', 'restarts', ...KEYS.map((key) => QUANTITIES[key].name)]
const line = (cells: readonly string[]): void => console.log(cells.map((cell, i) => cell.padStart(Math.max(7, HEAD[i]!.length + 2))).join(''))

/** What the bystander holds, when it has been told of all deaths. */
async function ask(score: Score): Promise<Told> {
  for (;;) {
    const told = await GenServer.call(Bystander, 'tell', { timeout: Infinity })
    score.faults.push(...told.faults)
    if (told.owed === 0) return told
    await setTimeout(20)
  }
}

async function storm(minutes: number, kills: number, seed: number): Promise<{ readonly score: Score; readonly readings: readonly Reading[] }> {
  const score = newScore()
  const weather = new Weather()
  const random = numbers(seed)
  const begun = running().ms
  const seconds = (): number => (running().ms - begun) / 1000
  const progress = (): number => Math.max(seconds() / 60 / minutes, score.kills / kills)
  const readings: Reading[] = []
  let failure: unknown
  const fail = (error: unknown): undefined => {
    failure ??= error
  }

  await using _tree = await startTree()
  // A supervisor tells of each child it has started: of those that came after the first ones.
  Logger.configure({
    onEvent(event) {
      if (event.kind === 'supervisor' && event.context === 'progress' && event.supervisor !== TASKS) score.restarts++
    },
  })
  const blows = [...VICTIMS.map((victims) => () => strike(victims, score, random)), () => runTask(score, random)]
  const storms = Promise.all(blows.map(async (blow) => {
    while (progress() < 1 && failure === undefined) await weather.blow(blow).catch(fail)
  }))

  line(HEAD)
  for (let reached = 0; reached < 1 && failure === undefined; ) {
    const next = Math.floor(reached * READINGS + 1) / READINGS
    while (progress() < next && failure === undefined) await setTimeout(20)
    if (failure !== undefined) break
    await weather.calm()
    reached = progress()
    const reading = await read(THREADS, () => within(PATIENCE, ask(score), () => `the bystander has not been told of all deaths within ${PATIENCE} ms`)).catch(fail)
    if (reading === undefined) break
    readings.push(reading)
    line([seconds().toFixed(0), String(score.kills), (score.kills / seconds()).toFixed(1), String(score.restarts), ...KEYS.map((key) => reading[key].toFixed(QUANTITIES[key].isMemory ? 2 : 0))])
    weather.go()
  }
  weather.go()
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

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { minutes: { type: 'string' }, kills: { type: 'string' }, seed: { type: 'string', default: '1' } } })
  const kills = positive('kills', values.kills)
  const minutes = positive('minutes', values.minutes) ?? (kills === undefined ? 10 : Infinity)
  Logger.configure({ level: 'silent' })
  console.log(`${formatMachine()}\n`)
  const { score, readings } = await storm(minutes, kills ?? Infinity, positive('seed', values.seed)!)
  if (score.recoveries.size > 0) printRecoveries(score)
  const verdict = judge(readings, score.kills)
  for (const fault of score.faults.slice(0, 20)) console.log(`FAULT: ${fault}`)
  const good = verdict === 'nothing grows' && score.faults.length === 0
  console.log(`\n${good ? 'PASS' : 'FAIL'}: ${score.kills} kills, ${score.restarts} restarts, ${score.faults.length} faults, ${verdict}`)
  if (!good) process.exit(1) // whoever waits for what does not come
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
