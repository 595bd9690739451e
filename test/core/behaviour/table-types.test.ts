// Tables of type ordered_set and bag, and what all types do in their own way: rules of ets.
import { afterAll, afterEach, describe, expect, test } from '@jest/globals'
import { type BagId, type Key, Process, Table, type TableId, type TableOptions } from 'starfish'
import { assertNoLeaks } from '@starfish/testing'
import fc from 'fast-check'

afterEach(async () => {
  for (const table of Table.all()) if (Table.info(table)?.owner === Process.self()) await Table.deleteTable(table)
})
afterAll(() => assertNoLeaks())

const ordered = <V = unknown>(options: TableOptions = {}): Promise<TableId<Key, V>> => Table.new<Key, V>({ access: 'public', type: 'ordered_set', ...options })
const bag = (): Promise<BagId<Key, unknown>> => Table.new<Key, unknown>({ type: 'bag' })
const refused = { code: 'ERR_BAD_ARGUMENT' }

describe('ordered_set', () => {
  test('keys come in order: numbers and bigints by value, booleans, arrays item by item, strings', async () => {
    const table = await ordered<number>()
    const keys: Key[] = [
      -Infinity, -(10n ** 400n), -(2n ** 70n), -1e9, -1.5, -1n, -1e-300, 0, 0n, 5e-324, 1, 1n, 1.5, 2, 2 ** 53, 2n ** 53n, 2n ** 53n + 1n, 2 ** 53 + 2, 2n ** 70n - 1n, 2 ** 70, 2n ** 70n, 2n ** 70n + 1n, 10n ** 400n, 11n ** 400n, Infinity, NaN,
      false, true, [], [0], [1], [1, 'a'], [1, 'b'], ['a'], ['a', []], ['a', [1]], ['a', ''], ['b'], '', '\0', '\0\0', '\0a', 'a', 'a\0', 'aa', 'b', 'é', '日本', '\ud800', '\ud83d\ude00', '\uffff',
    ]
    keys.toReversed().forEach((key, i) => Table.insert(table, key, i))
    expect([...Table.keys(table)]).toEqual(keys)
    expect(keys.map((key) => Table.lookup(table, key))).toEqual(keys.map((_, i) => i).toReversed())
    expect([...Table.keys(table, { reverse: true })]).toEqual(keys.toReversed())
    Table.insert(table, -0, 'zero' as never)
    expect([Table.size(table), Table.lookup(table, 0)]).toEqual([keys.length, 'zero'])
  })

  test('first, last, next and prev go by the order, also from keys that are not there', async () => {
    const table = await ordered<number>()
    expect([Table.first(table), Table.last(table), Table.next(table, 1), Table.prev(table, 1)]).toEqual([undefined, undefined, undefined, undefined])
    for (const key of [30, 10, 20]) Table.insert(table, key, key)
    expect([Table.first(table), Table.last(table)]).toEqual([10, 30])
    expect([Table.next(table, 10), Table.next(table, 15), Table.next(table, 30)]).toEqual([20, 20, undefined])
    expect([Table.prev(table, 30), Table.prev(table, 15), Table.prev(table, 10), Table.prev(table, 'z')]).toEqual([20, 10, undefined, 30])
  })

  test('a range has its bounds or not, goes both ways, and knows prefixes', async () => {
    const table = await ordered<string>()
    for (let i = 0; i < 300; i++) Table.insert(table, i, `${i}`)
    const range = (options: Parameters<typeof Table.keys>[1]): unknown[] => [...Table.keys(table, options)]
    expect(range({ from: 3, to: 5 })).toEqual([3, 4, 5])
    expect(range({ after: 3, before: 5 })).toEqual([4])
    expect(range({ from: 2.5, before: 4.5, reverse: true })).toEqual([4, 3])
    expect(range({ after: 297 })).toEqual([298, 299])
    expect(range({ to: 100, reverse: true, limit: 2 })).toEqual([100, 99])
    expect(range({ from: 1, limit: 200 })).toEqual(Array.from({ length: 200 }, (_, i) => i + 1))
    expect([range({ from: 5, to: 4 }), range({ after: 5, before: 5 }), range({ after: 299 }), range({ before: 0, reverse: true })]).toEqual([[], [], [], []])
    for (const key of [['r'], ['r', 1], ['r', 'x', 2], ['r\0'], ['q', 9], ['s']]) Table.insert(table, key, 'in an array')
    expect(range({ prefix: ['r'] })).toEqual([['r'], ['r', 1], ['r', 'x', 2]])
    expect(range({ prefix: ['r'], reverse: true, limit: 1 })).toEqual([['r', 'x', 2]])
    expect([...Table.entries(table, { from: ['s'] })]).toEqual([[['s'], 'in an array']])
  })

  test('what is no range is refused', async () => {
    const table = await ordered()
    const walk = (options: object, of: TableId = table): (() => unknown) => () => [...Table.keys(of, options)]
    for (const options of [{ from: 1, after: 1 }, { to: 1, before: 2 }, { prefix: 'a' }, { prefix: ['a'], from: 1 }, { reverse: 1 }, { limit: 0 }, { form: 1 }, { from: {} }]) expect(walk(options)).toThrow(expect.objectContaining(refused))
    const plain = await Table.new({ access: 'public' })
    expect(walk({ from: 1 }, plain)).toThrow(expect.objectContaining({ ...refused, message: expect.stringContaining("type: 'ordered_set'") }))
    expect(walk({ limit: 1 }, plain)()).toEqual([])
  })

  test('it does what a sorted Map does', async () => {
    const key = fc.integer({ min: 0, max: 30 })
    const table = await ordered()
    fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom('insert', 'insert', 'insert', 'insertNew', 'delete', 'take', 'next', 'prev', 'lookup'), key, fc.jsonValue()), { maxLength: 80 }), (steps) => {
      Table.clear(table)
      const model = new Map<number, unknown>()
      const sorted = (): number[] => [...model.keys()].toSorted((a, b) => a - b)
      for (const [operation, key, value] of steps) {
        const had = model.has(key)
        if (operation === 'insert') Table.insert(table, key, value)
        if (operation === 'insertNew') expect(Table.insertNew(table, key, value)).toBe(!had)
        if (operation === 'insert' || (operation === 'insertNew' && !had)) model.set(key, value)
        if (operation === 'delete') expect(Table.delete(table, key)).toBe(model.delete(key))
        if (operation === 'take') expect(Table.take(table, key)).toEqual(model.get(key))
        if (operation === 'take') model.delete(key)
        if (operation === 'lookup') expect(Table.lookup(table, key)).toEqual(model.get(key))
        if (operation === 'next') expect(Table.next(table, key)).toBe(sorted().find((other) => other > key))
        if (operation === 'prev') expect(Table.prev(table, key)).toBe(sorted().findLast((other) => other < key))
        expect(Table.size(table)).toBe(model.size)
      }
      expect([...Table.entries(table)]).toEqual(sorted().map((key) => [key, model.get(key)]))
    }))
  })

  test('a walk sees each row that stays once, whatever is written meanwhile', async () => {
    const table = await ordered()
    for (let i = 0; i < 500; i++) Table.insert(table, i, i)
    for (const reverse of [false, true]) {
      const seen: unknown[] = []
      for (const key of Table.keys(table, { reverse })) {
        seen.push(key)
        Table.insert(table, (key as number) + 0.5, 'new')
        if ((key as number) % 2 === 1) Table.delete(table, key)
      }
      for (let i = 0; i < 500; i += 2) expect(seen.filter((key) => key === i)).toEqual([i])
      expect(seen).toEqual(seen.toSorted((a, b) => ((a as number) - (b as number)) * (reverse ? -1 : 1)))
    }
  })
})

describe('bag', () => {
  test('a key has many values, each once, the oldest first', async () => {
    const table = await bag()
    const values = ['b', 'a', 1, { x: [1] }, 'b', { x: [1] }, 1, { x: [2] }]
    for (const value of values) Table.insert(table, 'k', value)
    expect(Table.lookup(table, 'k')).toEqual(['b', 'a', 1, { x: [1] }, { x: [2] }])
    expect([Table.size(table), Table.lookup(table, 'none'), Table.member(table, 'k')]).toEqual([5, [], true])
    expect([Table.insertNew(table, 'k', 'c'), Table.insertNew(table, 'other', 'c'), Table.size(table)]).toEqual([false, true, 6])
    expect([...Table.entries(table)].filter(([key]) => key === 'k').map(([, value]) => value)).toEqual(Table.lookup(table, 'k'))
    expect(Table.select(table, (_, value) => value === 'c')).toEqual([['other', 'c']])
  })

  test('deleteObject removes one value; take and delete remove all of a key', async () => {
    const table = await bag()
    for (const value of [1, 'two', [3]]) Table.insert(table, 'k', value)
    expect([Table.deleteObject(table, 'k', 'two'), Table.deleteObject(table, 'k', 'two'), Table.lookup(table, 'k')]).toEqual([true, false, [1, [3]]])
    expect([Table.take(table, 'k'), Table.take(table, 'k'), Table.size(table)]).toEqual([[1, [3]], [], 0])
    Table.insert(table, 'k', 1)
    expect([Table.deleteObject(table, 'k', 1), Table.member(table, 'k'), Table.size(table)]).toEqual([true, false, 0])
    Table.insert(table, 'k', 1)
    expect([Table.delete(table, 'k'), Table.delete(table, 'k')]).toEqual([true, false])
  })

  test('maxSize counts values; what needs one value to a key is refused', async () => {
    const table = await Table.new<string, number>({ type: 'bag', maxSize: 2 })
    Table.insert(table, 'k', 1)
    Table.insert(table, 'k', 2)
    Table.insert(table, 'k', 2)
    expect(() => Table.insert(table, 'k', 3)).toThrow(expect.objectContaining({ code: 'ERR_TABLE_FULL' }))
    expect(Table.lookup(table, 'k')).toEqual([1, 2])
    expect(() => Table.updateCounter(table, 'k')).toThrow(expect.objectContaining(refused))
    expect(() => Table.updateElement(table, 'k', 'x' as never, 1 as never)).toThrow(expect.objectContaining(refused))
    expect(Table.info(table)).toMatchObject({ type: 'bag', size: 2 })
  })

  test('it does what a Map of lists does', async () => {
    const key = fc.constantFrom('a', 'b')
    const value = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.string({ maxLength: 3 }), fc.constantFrom({ a: 1 }, { a: 2 }, 'x'.repeat(200)))
    const table = await bag()
    fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom('insert', 'insert', 'insert', 'deleteObject', 'delete', 'take', 'lookup'), key, value), { maxLength: 60 }), (steps) => {
      Table.clear(table)
      const model = new Map<string, unknown[]>([['a', []], ['b', []]])
      const same = (one: unknown) => (other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)
      for (const [operation, key, value] of steps) {
        const values = model.get(key)!
        const at = values.findIndex(same(value))
        if (operation === 'insert') {
          Table.insert(table, key, value)
          if (at < 0) values.push(value)
        }
        if (operation === 'deleteObject') {
          expect(Table.deleteObject(table, key, value)).toBe(at >= 0)
          if (at >= 0) values.splice(at, 1)
        }
        if (operation === 'delete') expect(Table.delete(table, key)).toBe(values.length > 0)
        if (operation === 'take') expect(Table.take(table, key)).toEqual(values)
        if (operation === 'delete' || operation === 'take') model.set(key, [])
        if (operation === 'lookup') expect(Table.lookup(table, key)).toEqual(values)
        expect(Table.size(table)).toBe(model.get('a')!.length + model.get('b')!.length)
      }
    }))
  })
})

describe('all types', () => {
  test('first and next come to every key of a table without order, and last and prev do the same', async () => {
    for (const type of ['set', 'bag'] as const) {
      const table = await Table.new<number, string>({ type })
      for (let i = 0; i < 40; i++) Table.insert(table, i, 'x')
      const found: number[] = []
      for (let key = Table.first(table); key !== undefined; key = Table.next(table, key)) {
        found.push(key)
        if (key % 3 === 0) Table.delete(table, key)
      }
      expect(found.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i))
      expect([Table.last(table), Table.prev(table, 1)]).toEqual([Table.first(table), Table.next(table, 1)])
    }
  })

  test('deleteObject removes a row only with that value', async () => {
    for (const type of ['set', 'ordered_set'] as const) {
      const table = await Table.new<string, unknown>({ type })
      Table.insert(table, 'k', { a: 1 })
      expect([Table.deleteObject(table, 'k', { a: 2 }), Table.deleteObject(table, 'k', 1), Table.deleteObject(table, 'none', 1), Table.size(table)]).toEqual([false, false, false, 1])
      expect([Table.deleteObject(table, 'k', { a: 1 }), Table.size(table)]).toEqual([true, 0])
      Table.insert(table, 'k', 7)
      expect(Table.deleteObject(table, 'k', 7)).toBe(true)
    }
  })

  test('updateElement puts in one field or item and leaves the rest', async () => {
    const table = await Table.new<string, { a: number; b: string } | [number, string]>()
    expect(Table.updateElement<string, any, any>(table, 'k', 'a', 1)).toBe(false)
    Table.insert(table, 'k', { a: 1, b: 'x' })
    expect([Table.updateElement<string, any, any>(table, 'k', 'a', 2), Table.lookup(table, 'k')]).toEqual([true, { a: 2, b: 'x' }])
    Table.insert(table, 'l', [1, 'x'])
    expect([Table.updateElement<string, any, any>(table, 'l', 1, 'y'), Table.lookup(table, 'l')]).toEqual([true, [1, 'y']])
    for (const none of [2, '', ' 1', '01', '1e0', 'length', -1, 0.5, NaN]) expect(() => Table.updateElement<string, any, any>(table, 'l', none, 'z')).toThrow(expect.objectContaining(refused))
    expect([Table.updateElement<string, any, any>(table, 'l', '0', 'z'), Table.lookup(table, 'l')]).toEqual([true, ['z', 'y']])
    expect(() => Table.updateElement<string, any, any>(table, 'k', 'a', () => 1)).toThrow(expect.objectContaining({ code: 'ERR_NOT_CLONEABLE' }))
    for (const value of [1, 'text', null, new Map([['a', 1]]), new Date(0)]) {
      Table.insert(table, 'k', value as never)
      expect(() => Table.updateElement<string, any, any>(table, 'k', 'a', 2)).toThrow(expect.objectContaining(refused))
      expect(Table.lookup(table, 'k')).toEqual(value)
    }
  })
})
