// The recorded scenarios with the logs that real Elixir gave for them, and what our logs look like beside those.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ALLOWED, type Allowed, SPELLINGS } from './allowed.js'
import { runScenario } from './families/index.js'
import { parseLines, print, type Place, type Scenario, type ScenarioLog } from './scenario.js'

export const RECORDED = join(__dirname, '../../../conformance/recorded')
const SCENARIOS = '.scenarios.ndjson'

export interface Recorded {
  readonly scenario: Scenario
  readonly expected: ScenarioLog
}

/** The scenarios of a family in a folder of recorded ones: each `NAME.scenarios.ndjson` has a `NAME.expected.ndjson`. */
export function recorded(family: string, folder = RECORDED): Recorded[] {
  const names = readdirSync(folder).filter((file) => file.endsWith(SCENARIOS)).sort()
  return names.flatMap((name) => readPair(join(folder, name.slice(0, -SCENARIOS.length)))).filter(({ scenario }) => scenario.family === family)
}

function readPair(path: string): Recorded[] {
  const text = SPELLINGS.reduce((all, { recorded, plain }) => all.replaceAll(recorded, plain), readFileSync(`${path}.expected.ndjson`, 'utf8'))
  const logs = new Map(parseLines<ScenarioLog>(text).map((log) => [log.id, log]))
  return parseLines<Scenario>(readFileSync(`${path}${SCENARIOS}`, 'utf8')).map((scenario) => {
    const expected = logs.get(scenario.id)
    if (expected === undefined) throw new Error(`expected a recorded log of ${scenario.id} in ${path}.expected.ndjson, got none; record it with npm run conformance:record`)
    return { scenario, expected }
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

/** What came of one recorded scenario. */
export interface Verdict {
  /** What Starfish lacks to run it. */
  readonly missing?: string
  /** Where the log differs otherwise than allowed. */
  readonly differences: readonly Difference[]
  readonly allowed: readonly Allowed[]
}

export async function check({ scenario, expected }: Recorded, host: Place): Promise<Verdict> {
  const actual = await runScenario(scenario, host)
  if (typeof actual === 'string') return { missing: actual, differences: [], allowed: [] }
  const found = differences(expected, actual)
  const entries = ALLOWED.filter(({ id }) => id === scenario.id)
  const isUsed = ({ where }: Allowed): boolean => found.some((one) => one.where === where)
  const idle = entries.filter((entry) => !entry.sometimes && !isUsed(entry))
  return {
    differences: [
      ...found.filter((one) => !entries.some(({ where }) => where === one.where)),
      ...idle.map(({ where }) => ({ where, expected: 'the same log', actual: 'the same log: the allowed difference is none' })),
    ],
    allowed: entries.filter(isUsed),
  }
}
