// What tables in memory and on disk have in common is the same: one program, run on either.
import { afterAll, expect, test } from '@jest/globals'
import { type Key, type RowFunctions, Table } from 'starfish'
import { Durable } from '@starfish/store'
import { assertNoLeaks, captureLog } from '@starfish/testing'
import { available, freshFile } from './folder.js'

const log = captureLog()
afterAll(async () => {
  log[Symbol.dispose]()
  await assertNoLeaks()
})

async function program(rows: RowFunctions, table: string): Promise<unknown[]> {
  const told: unknown[] = []
  const keys: Key[] = ['b', 2, ['a', 1], 10n, true, ['a'], 1.5, 'a']
  for (const [i, key] of keys.entries()) await rows.insert(table, key, { i })
  told.push(await rows.insertNew(table, 'a', 1), await rows.lookup(table, ['a', 1]), await rows.lookup(table, 'none'), await rows.member(table, 10n))
  told.push(await rows.updateCounter(table, 'n', 5, 1), await rows.updateCounter(table, 'n'), await rows.take(table, 'n'), await rows.delete(table, 'n'))
  for (const range of [{}, { from: 2, to: ['a'] }, { prefix: ['a'] }, { reverse: true, limit: 2 }]) {
    for await (const row of rows.entries(table, range)) told.push(row)
  }
  for await (const key of rows.keys(table)) told.push(key)
  told.push(await rows.select(table, (_, { i }: { i: number }) => i < 2), await rows.size(table))
  await rows.clear(table)
  told.push(await rows.size(table))
  return told
}

test.each(available)('a program does the same on an ordered Table and on Durable (%s)', async (driver) => {
  await using _rows = await Durable.open('both', { file: freshFile(driver), driver })
  await Table.new('both', { type: 'ordered_set', access: 'public' })
  const told = await program(Table, 'both')
  expect(told.length).toBeGreaterThan(30)
  expect(await program(Durable, 'both')).toEqual(told)
  await Table.deleteTable('both')
})
