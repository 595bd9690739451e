// Runs recorded scenarios and prints what came of them: where logs differ, the allowed differences that were used, and
// a line for each family.

import { families } from './families/index.js'
import { type Allowed } from './allowed.js'
import { check, recorded, type Verdict } from './recorded.js'
import type { Place } from './scenario.js'

export interface Choice {
  readonly folder: string
  readonly families: readonly string[]
  readonly ids: readonly string[] | undefined
  readonly host: Place
}

/** True when all that was run came out equal, and anything was. */
export async function compare({ folder, families: names, ids, host }: Choice): Promise<boolean> {
  const rows: Row[] = []
  const allowed: Allowed[] = []
  for (const name of names) {
    const chosen = recorded(name, folder).filter(({ scenario }) => ids === undefined || ids.includes(scenario.id))
    if (chosen.length === 0) continue
    const row: Row = { family: name, equal: 0, run: 0, allowed: 0, missing: new Map(), seconds: 0, where: families[name]!.where[host] }
    const begun = performance.now()
    for (const one of chosen) {
      const verdict = await check(one, host)
      count(row, verdict)
      allowed.push(...verdict.allowed)
      printDifferences(one.scenario.id, verdict)
    }
    row.seconds = (performance.now() - begun) / 1000
    rows.push(row)
  }
  if (rows.length === 0) console.log('there is no such scenario')
  printAllowed(allowed)
  console.log('')
  rows.forEach(printRow)
  return rows.length > 0 && rows.every(({ equal, run }) => equal === run)
}

interface Row {
  readonly family: string
  equal: number
  run: number
  allowed: number
  readonly missing: Map<string, number>
  seconds: number
  readonly where: string
}

function count(row: Row, { missing, differences, allowed }: Verdict): void {
  if (missing !== undefined) {
    row.missing.set(missing, (row.missing.get(missing) ?? 0) + 1)
    return
  }
  row.run++
  row.allowed += allowed.length
  if (differences.length === 0) row.equal++
}

function printDifferences(id: string, { differences }: Verdict): void {
  if (differences.length > 0) console.log(id)
  for (const { where, expected, actual } of differences) console.log(`  ${where}\n    Elixir   ${expected}\n    Starfish ${actual}`)
}

function printAllowed(used: readonly Allowed[]): void {
  for (const why of new Set(used.map((one) => one.why))) {
    console.log(`allowed: ${used.filter((one) => one.why === why).map(({ id, where }) => `${id} ${where}`).join(', ')}\n  ${why}`)
  }
}

function printRow({ family, equal, run, allowed, missing, seconds, where }: Row): void {
  const lacking = [...missing].map(([what, number]) => `; ${number} not run for want of ${what}`).join('')
  const differing = allowed === 0 ? '' : `, ${allowed} allowed difference${allowed === 1 ? '' : 's'}`
  console.log(`${family.padEnd(5)} ${equal} of ${run} equal${differing}${lacking}; ${seconds.toFixed(0)} s; ${where}`)
}
