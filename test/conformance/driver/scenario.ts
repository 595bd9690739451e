// The format in which scenarios come and logs go: one JSON value a line. Logs are printed with their keys sorted.

import { caughtExit } from './terms.js'

/** A scenario; each family knows the rest of its fields. */
export interface Scenario {
  readonly id: string
  readonly family: string
}

/** What an operation came to: `["ok", "a#1"]`. */
export type Result = readonly (string | number | Result)[]

/** What a step of any family logs at least. */
export interface Step {
  readonly i: number
  readonly op: string
  readonly r: Result
}

export interface ScenarioLog {
  readonly id: string
  readonly log: readonly Step[]
  readonly end?: unknown
}

/** Where the scripted workers run. */
export type Place = 'thread' | 'main'

/** One family of scenarios. */
export interface Family {
  /** What a scenario needs that Starfish does not have yet, or undefined. */
  missing(scenario: Scenario): string | undefined
  run(scenario: Scenario, host: Place): Promise<ScenarioLog>
  /** In words, for either place of the scripted processes: what runs where. */
  readonly where: Readonly<Record<Place, string>>
}

/** What an operation gives, or the exit that it raised. */
export async function guarded(operation: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await operation()
  } catch (error) {
    return ['exit', caughtExit(error)]
  }
}

export const parseLines = <T>(text: string): T[] => text.split('\n').filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as T)

/** Canonical JSON: keys sorted, no spaces. */
export const print = (value: unknown): string => JSON.stringify(value, sortKeys)

const sortKeys = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value

/** The order of Erlang terms on what logs hold: numbers, then lists element by element, then text by code points. */
export function compareTerms(a: unknown, b: unknown): number {
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const order = compareTerms(a[i], b[i])
      if (order !== 0) return order
    }
    return a.length - b.length
  }
  const ranks = rank(a) - rank(b)
  if (ranks !== 0) return ranks
  return (a as string) < (b as string) ? -1 : (a as string) > (b as string) ? 1 : 0
}

const rank = (term: unknown): number => (typeof term === 'number' ? 0 : Array.isArray(term) ? 1 : 2)
