// The entries of a registry, without processes: who lives is a set of numbers.
import { expect, test } from '@jest/globals'
import { RegistryTable } from '#core/behaviour/registry-table'

function tableOf(unique: boolean): { table: RegistryTable; alive: Set<number> } {
  const alive = new Set([1, 2])
  return { table: new RegistryTable(unique, (id) => alive.has(id)), alive }
}

test('a unique key is taken as long as its owner lives', () => {
  const { table, alive } = tableOf(true)
  expect(table.add('a', 1, 'x')).toBeUndefined()
  expect(table.add('a', 2, 'y')).toBe(1)
  expect(table.all()).toEqual([{ key: 'a', owner: 1, value: 'x' }])
  expect(table.has(2)).toBe(false)
  alive.delete(1)
  expect(table.add('a', 2, 'y')).toBeUndefined()
  expect(table.of('a')).toEqual([{ key: 'a', owner: 2, value: 'y' }])
  expect(table.has(1)).toBe(false)
})

test('the dead are not seen before they are removed', () => {
  const { table, alive } = tableOf(false)
  table.add('a', 1, 'x')
  table.add('a', 2, 'y')
  alive.delete(1)
  expect(table.of('a').map(({ owner }) => owner)).toEqual([2])
  expect(table.all()).toHaveLength(1)
  expect(table.removeOwner(1)).toEqual([{ key: 'a', owner: 1, value: 'x' }])
  expect(table.removeOwner(1)).toEqual([])
})

test('remove takes what fits of one process, and says whether it has anything left', () => {
  const { table } = tableOf(false)
  table.add('a', 1, { n: 1 })
  table.add('a', 1, { n: 2 })
  table.add('a', 2, { n: 1 })
  expect(table.remove('a', 1, { n: 1 })).toBe(false)
  expect(table.of('a').map(({ owner, value }) => [owner, value])).toEqual([[1, { n: 2 }], [2, { n: 1 }]])
  expect(table.remove('a', 1)).toBe(true)
  expect(table.ofOwner(2)).toHaveLength(1)
})
