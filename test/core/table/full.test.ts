// Tables that have used up their memory: here a small one. Room that has become free is found, wherever it is.
import { afterAll, expect, test } from '@jest/globals'
import { Table } from 'starfish'
import { here } from '#core/process/here'
import { FIRST_CELL, FIRST_PAGE, PAGE_WORDS } from '#core/table/layout'
import { assertNoLeaks } from '@starfish/testing'

const PAGES = 80
// Instead of the 4 GB that the runtime reserves: no table has been made yet.
here.tableMemory = new SharedArrayBuffer(FIRST_CELL * 4, { maxByteLength: (FIRST_PAGE + 16 + PAGES) * PAGE_WORDS * 4 })

afterAll(() => assertNoLeaks())

const full = expect.objectContaining({ code: 'ERR_TABLE_FULL', message: expect.stringContaining('no more memory') })

/** Puts in what is refused some time; how many were not. */
function fill(table: string, text: string): number {
  for (let key = 0; ; key++) {
    try {
      Table.insert(table, key, text)
    } catch (error) {
      expect(error).toEqual(full)
      return key
    }
  }
}
const rows = (table: string): number => [...Table.keys(table)].length

test.each(['set', 'ordered_set'] as const)('%s: what was cleared, deleted, or was of another size, is room for others', async (type) => {
  const table = await Table.new<number, string>({ type, access: 'public' })
  const count = fill(table, 'x'.repeat(1000))
  expect(count).toBeGreaterThan(PAGES * 40)
  expect([rows(table), Table.size(table)]).toEqual([count, count])
  Table.clear(table)
  expect(fill(table, 'y'.repeat(1000))).toBeGreaterThan(count * 0.97)
  for (const key of Table.keys(table)) Table.delete(table, key)
  expect(fill(table, 'z'.repeat(9000))).toBeGreaterThan((PAGES - 25) * 4) // four to a page, and none in pages that are kept for other sizes
  Table.clear(table)
  expect(fill(table, 'large'.repeat(20_000))).toBeGreaterThan(PAGES * 0.4)
  await Table.deleteTable(table)
  const next = await Table.new<number, string>({ type })
  expect(fill(next, 'x'.repeat(1000))).toBeGreaterThan(count * 0.97)
  // Here and there: no page has much of it.
  for (let key = 0; key < 100; key += 10) Table.delete(next, key)
  for (let key = 0; key < 50; key += 10) Table.insert(next, key, 'y'.repeat(1000))
  await Table.deleteTable(next)
})

test('a table that finds no memory costs none of the places for tables', async () => {
  const first = await Table.new<number, unknown>({})
  const ended = await Table.new()
  await Table.deleteTable(ended)
  fill(first, 'x'.repeat(1000))
  for (let i = 0; i < 3; i++) await expect(Table.new()).rejects.toEqual(full)
  Table.clear(first)
  const second = await Table.new()
  const placeOf = (table: string): string => table.split('.')[0]!
  expect(placeOf(second)).toBe(placeOf(ended))
  for (const table of [first, second]) await Table.deleteTable(table)
})
