// What every benchmark is made of: contestants measured in turns, so that a change of the machine's mood meets all
// of them, and rows that set one against the other. A subject prints its rows, or hands them to run.ts.

import { printTable } from './table.js'
import type { Row, Target, Value } from './row.js'

/** `--quick`: fewer and shorter rounds. Good for "does it still run", not for quoting. */
export const quick = process.argv.includes('--quick')

/** One of two numbers: for a run one can quote, and for `--quick`. */
export const scaled = (full: number, short: number): number => (quick ? short : full)

/** Measures for a short while and gives its samples: one, or many (the latency of each call). */
export type Round = () => Promise<readonly number[]>

/** The samples of one contestant, round by round. */
export class Samples {
  readonly rounds: (readonly number[])[] = []

  get median(): Value {
    const rounds = this.rounds.map((round) => percentile(round, 0.5))
    return { value: percentile(this.rounds.flat(), 0.5), range: range(rounds), rounds }
  }

  get p99(): Value {
    return { value: percentile(this.rounds.flat(), 0.99), range: range(this.rounds.map((round) => percentile(round, 0.99))) }
  }
}

const range = (values: readonly number[]): [number, number] => [Math.min(...values), Math.max(...values)]

/** The smallest sample that a share `p` of all samples do not exceed. */
function percentile(samples: readonly number[], p: number): number {
  const sorted = Float64Array.from(samples).sort()
  return sorted[Math.max(0, Math.ceil(sorted.length * p) - 1)]!
}

/** One that cannot take part here (no Elixir, say) is undefined. */
export type Contestants = Readonly<Record<string, Round | undefined>>
export type Measured<C extends Contestants> = { readonly [K in keyof C]: C[K] extends Round ? Samples : Samples | undefined }

/** Runs the contestants in turns, forwards and backwards, after `warmUp` rounds each that do not count. */
export async function interleave<const C extends Contestants>(rounds: number, contestants: C, warmUp = 1): Promise<Measured<C>> {
  const present = Object.entries(contestants).flatMap(([name, round]) => (round ? [{ name, round, samples: new Samples() }] : []))
  for (const { round } of present) for (let i = 0; i < warmUp; i++) await round()
  for (let i = 0; i < rounds; i++) {
    for (const { round, samples } of i % 2 === 0 ? present : present.toReversed()) samples.rounds.push(await round())
  }
  return Object.fromEntries(present.map(({ name, samples }) => [name, samples])) as Measured<C>
}

/** The time of each of `count` runs of `once`, one after the other, in µs. */
export async function latencies(count: number, once: () => PromiseLike<unknown>): Promise<number[]> {
  const samples: number[] = []
  for (let i = 0; i < count; i++) {
    const begun = performance.now()
    await once()
    samples.push((performance.now() - begun) * 1000)
  }
  return samples
}

/** The time of each run of `once`, one after the other for `ms`, in µs. */
export async function latenciesFor(ms: number, once: () => Promise<unknown>): Promise<number[]> {
  const samples: number[] = []
  for (const end = performance.now() + ms; performance.now() < end; ) samples.push(...(await latencies(1, once)))
  return samples
}

/** The ms that `once` takes. */
export const timed = async (once: () => Promise<unknown>): Promise<number[]> => (await latencies(1, once)).map((us) => us / 1000)

/** How many per second, when `all` does `count` of something. */
export async function rate(count: number, all: () => Promise<unknown>): Promise<number[]> {
  const begun = performance.now()
  await all()
  return [(count / (performance.now() - begun)) * 1000]
}

/** A round of `count` runs of `once`, never more than `lanes` of them under way: as soon as one is done, the next begins. */
export const inFlight = (lanes: number, count: number, once: () => PromiseLike<unknown>): Round => () =>
  rate(count, async () => {
    let left = count
    const lane = async (): Promise<void> => {
      while (left-- > 0) await once()
    }
    await Promise.all(Array.from({ length: lanes }, lane))
  })

/** What we are compared with, and what the comparison should come to. */
export interface Against {
  readonly name: string
  readonly value: Value
  /** What must hold today. */
  readonly floor?: Target
  /** What we are after. */
  readonly target?: Target
}

export type SubjectRow = Omit<Row, 'subject'>

/** How one of the others is called in the table, its own name by default, and what the comparison should come to. */
export type Aim = Partial<Omit<Against, 'value'>>

/** A row for each of the others, in the order of `aims`; none for one that was not measured. */
export const compare = (name: string, unit: string, samples: Partial<Record<string, Samples>>, aims: Readonly<Record<string, Aim>>): SubjectRow[] =>
  Object.entries(aims).flatMap(([other, aim]) => {
    const [ours, theirs] = [samples['ours'], samples[other]]
    return ours && theirs ? [row(name, unit, ours.median, { name: other, ...aim, value: theirs.median })] : []
  })

export function row(name: string, unit: string, ours: Value, against: Against): SubjectRow {
  const { value: other, floor, target } = against
  const values = { ours: ours.value, other: other.value, ratio: ratioOf(ours, other) }
  const met = (aim: Target | undefined): boolean | null => aim?.met(values) ?? null
  return {
    name, unit, ...values, otherName: against.name,
    target: target?.text ?? null, met: met(target), floor: floor?.text ?? null, floorMet: met(floor),
    oursRange: ours.range, otherRange: other.range,
  }
}

function ratioOf(ours: Value, other: Value): number {
  if (ours.rounds === undefined || other.rounds === undefined) return ours.value / other.value
  return percentile(ours.rounds.map((value, i) => value / other.rounds![i]!), 0.5)
}

/** The main program of a subject. Its rows go to run.ts if that started it, else to the terminal. */
export async function subject(name: string, measure: () => Promise<readonly SubjectRow[]>): Promise<void> {
  const rows = (await measure()).map((one) => ({ subject: name, ...one }))
  const end = (): never => process.exit() // whatever one of the others may have left behind
  if (process.send) process.send(rows, end)
  else {
    printTable(rows)
    end()
  }
}
