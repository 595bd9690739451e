// The recorded scenarios with the logs that real Elixir gave for them, and what our logs look like beside those.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ALLOWED, SPELLINGS } from './allowed.js'
import { runScenario } from './families/index.js'
import { parseLines, print, type Place, type Scenario, type ScenarioLog } from './scenario.js'

const FOLDER = join(__dirname, '../../../conformance/recorded')
/** `curated` holds scenarios of the family `sup`, written by hand after the cases of OTP's own suites. */
const FILES: Readonly<Record<string, readonly string[]>> = { sup: ['sup', 'curated'] }

export interface Recorded {
  readonly scenario: Scenario
  readonly expected: ScenarioLog
}

export function recorded(family: string): Recorded[] {
  return (FILES[family] ?? [family]).flatMap((file) => {
    const path = (what: string): string => join(FOLDER, `${file}.${what}.ndjson`)
    if (!existsSync(path('scenarios'))) return []
    const text = SPELLINGS.reduce((all, { recorded, plain }) => all.replaceAll(recorded, plain), readFileSync(path('expected'), 'utf8'))
    const logs = new Map(parseLines<ScenarioLog>(text).map((log) => [log.id, log]))
    return parseLines<Scenario>(readFileSync(path('scenarios'), 'utf8')).map((scenario) => ({ scenario, expected: logs.get(scenario.id)! }))
  })
}

/** One place where two logs of a scenario differ. */
export interface Difference {
  /** Such as `step 3 ev`, `end` or `steps`. */
  readonly where: string
  readonly expected: string
  readonly actual: string
}

/** Where a log differs from the recorded one; `ic` is left out, since OTP itself has changed its order since. */
export function differences(expected: ScenarioLog, actual: ScenarioLog): Difference[] {
  const found: Difference[] = []
  const compare = (where: string, a: unknown, b: unknown): void => {
    const [left, right] = [print(a) ?? 'nothing', print(b) ?? 'nothing']
    if (left !== right) found.push({ where, expected: left, actual: right })
  }
  compare('steps', expected.log.length, actual.log.length)
  for (const [i, step] of expected.log.entries()) {
    const other = actual.log[i]
    if (other === undefined) continue
    const fields = new Set([...Object.keys(step), ...Object.keys(other)])
    fields.delete('ic')
    for (const field of fields) compare(`step ${i} ${field}`, step[field as 'r'], other[field as 'r'])
  }
  compare('end', expected.end, actual.end)
  return found
}

/** Runs one recorded scenario; gives where it differs otherwise than allowed, or what Starfish lacks for it. */
export async function check({ scenario, expected }: Recorded, host: Place): Promise<Difference[] | string> {
  const actual = await runScenario(scenario, host)
  if (typeof actual === 'string') return actual
  const found = differences(expected, actual)
  const allowed = ALLOWED.filter(({ id }) => id === scenario.id)
  const idle = allowed.filter(({ where, sometimes }) => !sometimes && !found.some((one) => one.where === where))
  return [
    ...found.filter((one) => !allowed.some(({ where }) => where === one.where)),
    ...idle.map(({ where }) => ({ where, expected: 'the same log', actual: 'the same log: the allowed difference is none' })),
  ]
}

/** Runs all recorded scenarios of some families and prints what differs. True when nothing does. */
export async function compareRecorded(families: readonly string[], host: Place, ids: readonly string[] | undefined): Promise<boolean> {
  let equal = true
  for (const family of families) equal = (await compareFamily(family, host, ids)) && equal
  return equal
}

async function compareFamily(family: string, host: Place, ids: readonly string[] | undefined): Promise<boolean> {
  const chosen = recorded(family).filter(({ scenario }) => ids === undefined || ids.includes(scenario.id))
  const missing = new Map<string, number>()
  let differing = 0
  const begun = performance.now()
  for (const one of chosen) {
    const found = await check(one, host)
    if (typeof found === 'string') {
      missing.set(found, (missing.get(found) ?? 0) + 1)
    } else if (found.length > 0) {
      differing++
      console.log(one.scenario.id)
      for (const { where, expected, actual } of found) console.log(`  ${where}\n    Elixir   ${expected}\n    Starfish ${actual}`)
    }
  }
  const seconds = (performance.now() - begun) / 1000
  const run = chosen.length - [...missing.values()].reduce((sum, count) => sum + count, 0)
  const lacking = [...missing].map(([what, count]) => `, ${count} not run for want of ${what}`).join('')
  const where = host === 'thread' ? 'scripted processes in threads of their own, supervisors on the main thread' : 'all processes on the main thread'
  console.log(`${family}: ${run - differing} of ${run} as in Elixir${lacking}; ${seconds.toFixed(1)} s, ${(seconds / Math.max(1, run)).toFixed(2)} s each; ${where}`)
  return differing === 0
}
