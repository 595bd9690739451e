// The cruncher: whoever is killed on the way, the totals are those of a plain pass, and those that this test computes.
import { afterAll, afterEach, expect, jest, test } from '@jest/globals'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { linesOf, stopAll } from './run.js'

jest.setTimeout(30_000)

interface Report {
  readonly path: string
  readonly sales: number
  readonly customers: number
  readonly blocks: number
  readonly kills: number
  readonly readAgain: number
  readonly exact: boolean
  readonly digest: string
}

const folders = new Set<string>()
afterEach(stopAll)
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))

async function crunch(...args: string[]): Promise<Report> {
  const [line] = await linesOf('cruncher/main', ['--json', '--keep', '--workers', '2', ...args])
  const report = JSON.parse(line!) as Report
  folders.add(dirname(report.path))
  return report
}

/** What the program should have found out, computed in another way. */
function expected(path: string): Pick<Report, 'sales' | 'customers' | 'digest'> {
  const sales = readFileSync(path, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as { customer: string; at: number; cents: number })
  const byCustomer = new Map<string, typeof sales>()
  for (const sale of sales) byCustomer.set(sale.customer, [...(byCustomer.get(sale.customer) ?? []), sale])
  const rows = [...byCustomer].map(([customer, bought]) => {
    const cents = bought.map((sale) => sale.cents)
    return `${customer} ${bought.length} ${cents.reduce((a, b) => a + b)} ${Math.max(...cents)} ${Math.max(...bought.map(({ at }) => at))}\n`
  })
  return { sales: sales.length, customers: byCustomer.size, digest: createHash('sha256').update(rows.sort().join('')).digest('hex') }
}

test('killed again and again, the totals are exact', async () => {
  const report = await crunch('--mb', '2', '--block', '32', '--every', '60', '--seconds', '1')
  expect(report).toMatchObject({ exact: true, ...expected(report.path) })
  expect(report.kills).toBeGreaterThan(0)
})

test('in peace every block is read once; blocks may be shorter than a line', async () => {
  expect(await crunch('--mb', '0.02', '--block', '0.0625', '--every', '0')).toMatchObject({ exact: true, kills: 0, readAgain: 0, blocks: expect.any(Number) as unknown })
})

test('a file whose last line has no end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cruncher-'))
  const path = join(folder, 'sales.ndjson')
  writeFileSync(path, '{"customer":"a","at":1,"cents":5}\n{"customer":"b","at":2,"cents":7}\n{"customer":"a","at":3,"cents":2}')
  expect(await crunch(path, '--every', '0')).toMatchObject({ exact: true, ...expected(path), sales: 3 })
})
