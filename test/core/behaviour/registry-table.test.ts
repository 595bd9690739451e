// The entries of a registry, without processes: who lives is a set of numbers.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
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

// The same with nothing but a list of all entries ever made and a set of the living.
type Act =
  | { readonly do: 'add'; readonly key: unknown; readonly owner: number; readonly value: number }
  | { readonly do: 'remove'; readonly key: unknown; readonly owner: number; readonly value: number | '_' }
  | { readonly do: 'die'; readonly owner: number }
  | { readonly do: 'bury'; readonly owner: number }

const owner = fc.integer({ min: 1, max: 4 })
const key = fc.constantFrom<unknown>('a', 'b', 1, '1', ['a', 1], { x: 1, y: 2 }, { y: 2, x: 1 }, null)
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('add' as const), key, owner, value: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), key, owner, value: fc.oneof(fc.nat(2), fc.constant('_' as const)) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('die' as const, 'bury' as const), owner }) },
)

// Keys are the same when their sorted JSON is.
const same = (a: unknown, b: unknown): boolean => text(a) === text(b)
const text = (one: unknown): string => JSON.stringify(one, (_, value: unknown) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => a.localeCompare(b))) : value))

test.each([true, false])('whatever is entered, removed, and dies: the table says what a list would, unique %s', (unique) => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
      const alive = new Set([1, 2, 3, 4])
      const table = new RegistryTable(unique, (id) => alive.has(id))
      let list: { key: unknown; owner: number; value: number }[] = []
      const seen = (): typeof list => list.filter((entry) => alive.has(entry.owner))
      for (const one of acts) {
        if (one.do === 'die') alive.delete(one.owner)
        else if (one.do === 'bury') {
          alive.delete(one.owner)
          table.removeOwner(one.owner)
          list = list.filter((entry) => entry.owner !== one.owner)
        } else if (!alive.has(one.owner)) continue // the dead do nothing
        else if (one.do === 'remove') {
          list = list.filter((entry) => !(same(entry.key, one.key) && entry.owner === one.owner && (one.value === '_' || entry.value === one.value)))
          expect(table.remove(one.key, one.owner, one.value)).toBe(!list.some((entry) => entry.owner === one.owner))
        } else {
          const holder = unique ? seen().find((entry) => same(entry.key, one.key))?.owner : undefined
          expect(table.add(one.key, one.owner, one.value)).toBe(holder)
          if (holder === undefined) list.push({ key: one.key, owner: one.owner, value: one.value })
        }
      }
      const told = (entries: readonly { readonly owner: number; readonly value: unknown }[]): unknown[] => entries.map(({ owner, value }) => [owner, value])
      for (const { key } of list) expect(told(table.of(key))).toEqual(told(seen().filter((entry) => same(entry.key, key))))
      for (const id of alive) expect(told(table.ofOwner(id))).toEqual(told(list.filter((entry) => entry.owner === id)))
      expect(table.all()).toHaveLength(seen().length)
      for (const id of [1, 2, 3, 4]) table.removeOwner(id)
      expect(table.all()).toEqual([])
    }),
    { numRuns: 200 },
  )
})
