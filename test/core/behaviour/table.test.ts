// Tables: rules of ets for tables of type set, and whose they are, from the main thread and from workers.
import { afterAll, afterEach, describe, expect, test } from '@jest/globals'
import { GenServer, type Pid, Process, type Started, Table, type TableOptions } from 'starfish'
import { assertNoLeaks, down, receive } from '@starfish/testing'
import fc from 'fast-check'
import Clerk, { type Operation } from '../fixtures/clerk.js'

afterEach(async () => {
  for (const table of Table.all()) if (Table.info(table)?.owner === Process.self()) await Table.deleteTable(table)
})
afterAll(() => assertNoLeaks())

const open = (options: TableOptions = {}) => Table.new('rows', { access: 'public', ...options })
const does = (pid: Pid, operation: Operation, ...args: unknown[]): Promise<any> => GenServer.call(pid, ['do', [operation, args]])
const clerk = async (): Promise<Started> => (await GenServer.start(Clerk, undefined)) as Started
const ends = async (pid: Pid): Promise<void> => {
  const end = down(pid)
  Process.exit(pid, 'kill')
  await end
}

describe('rows', () => {
  test('a key has one value, and insert replaces it', async () => {
    const table = await open()
    Table.insert(table, 'a', 1)
    Table.insert(table, 'a', 'two')
    expect(Table.lookup(table, 'a')).toBe('two')
    expect(Table.lookup(table, 'b')).toBeUndefined()
    expect([Table.member(table, 'a'), Table.member(table, 'b'), Table.size(table)]).toEqual([true, false, 1])
  })

  test('insertNew leaves what is there; take gives it once; delete says whether there was any', async () => {
    const table = await open()
    expect([Table.insertNew(table, 'a', 1), Table.insertNew(table, 'a', 2)]).toEqual([true, false])
    expect([Table.take(table, 'a'), Table.take(table, 'a'), Table.size(table)]).toEqual([1, undefined, 0])
    Table.insert(table, 'a', 3)
    expect([Table.delete(table, 'a'), Table.delete(table, 'a'), Table.lookup(table, 'a')]).toEqual([true, false, undefined])
  })

  test('keys are strings, numbers, bigints, booleans and arrays of them; numbers are equal as in a Map', async () => {
    const table = await open()
    const keys = ['', 'a', 'ü', '日本', '1', 1, 1.5, NaN, Infinity, 2 ** 40, 1n, -(10n ** 40n), true, false, [], ['a', 1], ['a', [1, true]], [1n], 'x'.repeat(5000)]
    keys.forEach((key, i) => Table.insert(table, key, i))
    expect(keys.map((key) => Table.lookup(table, key))).toEqual(keys.map((_, i) => i))
    expect(Table.size(table)).toBe(keys.length)
    expect(new Set([...Table.keys(table)].map((key) => JSON.stringify(key, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part)))).size).toBe(keys.length - 1) // NaN and Infinity are null there
    Table.insert(table, 0, 'zero')
    expect(Table.lookup(table, -0)).toBe('zero')
  })

  test('what can be no key is refused with its path', async () => {
    const table = await open()
    const circle: unknown[] = []
    circle.push(circle)
    expect(() => Table.insert(table, ['a', [null as never]], 1)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT', message: expect.stringMatching(/^expected key\[1\]\[0\] to be a string, .*, got null/) }))
    expect(() => Table.lookup(table, circle as never)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
    expect(() => Table.lookup(table, undefined as never)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
    expect(Table.size(table)).toBe(0)
  })

  test('a value is whatever can be sent in a message, and what is read is a copy', async () => {
    const table = await open()
    const error = Object.assign(new RangeError('too much'), { code: 'E_MUCH' })
    const values = [undefined, null, true, 0, -0, -1, 2 ** 29, 2 ** 30, -(2 ** 30), 2 ** 53, 1.5, NaN, '', 'a', 'ü', '日本', 7n, { a: [1, { b: 2 }] }, new Map([[1, new Set([2])]]), new Date(5), new Uint8Array([1, 2, 3]), 'x'.repeat(200_000), [error]]
    values.forEach((value, i) => Table.insert(table, i, value))
    values.forEach((value, i) => expect(Table.lookup(table, i)).toEqual(value))
    expect(Table.lookup(table, 20)).not.toBe(Table.lookup(table, 20))
    expect(Object.is(Table.lookup(table, 4), -0)).toBe(true)
    expect((Table.lookup(table, values.length - 1) as [unknown])[0]).toMatchObject({ name: 'RangeError', code: 'E_MUCH' })
    const bytes = Table.lookup(table, 20) as Uint8Array
    bytes.fill(9)
    expect(Table.lookup(table, 20)).toEqual(new Uint8Array([1, 2, 3]))
  })

  test('a getter of a value may use tables, also of another type', async () => {
    const table = await open()
    const others = await Promise.all((['set', 'ordered_set', 'bag'] as const).map((type) => Table.new<string, any>({ type })))
    Table.insert(table, 'other', 1)
    const value = { get read(): unknown { return Table.lookup(table, 'other') } }
    for (const other of others) {
      Table.insert(other, 'a', value)
      expect([...Table.entries(other)]).toEqual([['a', { read: 1 }]])
      expect([Table.updateElement(others[0]!, 'a', 'again', value), Table.insertNew(other, 'b', value), Table.deleteObject(other, 'b', value)]).toEqual([true, true, true])
    }
    expect([...Table.entries(table)]).toEqual([['other', 1]])
  })

  test('NaN is one value, however it came about', async () => {
    const table = await Table.new<string, number>({ type: 'bag' })
    for (const nan of [NaN, Infinity - Infinity, new Float64Array(BigUint64Array.of(0xfff8000000000001n).buffer)[0]!]) Table.insert(table, 'a', nan)
    expect([Table.lookup(table, 'a'), Table.deleteObject(table, 'a', NaN)]).toEqual([[NaN], true])
  })

  test('what cannot be stored is refused with its path, and nothing is put in', async () => {
    const table = await open()
    const refused = (value: unknown, path: string) => expect(() => Table.insert(table, 'a', value)).toThrow(expect.objectContaining({ code: 'ERR_NOT_CLONEABLE', message: expect.stringContaining(path) }))
    refused({ on: [() => 1] }, 'value.on[0] is a function')
    refused({ at: { memory: new SharedArrayBuffer(8) } }, 'value.at.memory')
    refused([1, new MessageChannel().port1], 'value[1]')
    expect(Table.size(table)).toBe(0)
  })

  test('updateCounter adds to integers of any size, and to nothing else', async () => {
    const table = await open()
    expect(() => Table.updateCounter(table, 'n')).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
    expect([Table.updateCounter(table, 'n', 1, 0), Table.updateCounter(table, 'n'), Table.updateCounter(table, 'n', -5)]).toEqual([1, 2, -3])
    expect([Table.updateCounter(table, 'n', 2 ** 40), Table.updateCounter(table, 'n', -(2 ** 40))]).toEqual([2 ** 40 - 3, -3])
    Table.insert(table, 'text', 'one')
    expect(() => Table.updateCounter(table, 'text')).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
    Table.insert(table, 'most', Number.MAX_SAFE_INTEGER)
    expect(() => Table.updateCounter(table, 'most')).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
    expect(Table.lookup(table, 'most')).toBe(Number.MAX_SAFE_INTEGER)
    Table.insert(table, 'bigint', 1n)
    expect(() => Table.updateCounter(table, 'bigint')).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT', message: expect.stringContaining('got 1n') }))
    expect(() => Table.updateCounter(table, 'beyond', 1, Number.MAX_SAFE_INTEGER)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
    expect(Table.member(table, 'beyond')).toBe(false)
  })

  test('a walk sees each row that stays once, whatever is written meanwhile', async () => {
    const table = await open()
    for (let i = 0; i < 500; i++) Table.insert(table, i, i)
    const seen: unknown[] = []
    for (const [key] of Table.entries(table)) {
      seen.push(key)
      if (typeof key === 'number' && key < 500) {
        Table.insert(table, key + 1000, 'new') // many more buckets than at the beginning
        if (key % 2 === 1) Table.delete(table, key)
      }
    }
    for (let i = 0; i < 500; i += 2) expect(seen.filter((key) => key === i)).toEqual([i])
    expect(Table.select(table, (key, value) => (key as number) < 10 && value === key).map(([key]) => key as number).toSorted((a, b) => a - b)).toEqual([0, 2, 4, 6, 8])
    expect(Table.select(table, undefined, 3)).toHaveLength(3)
    Table.clear(table)
    expect([Table.size(table), [...Table.entries(table)], Table.lookup(table, 0)]).toEqual([0, [], undefined])
  })

  test('a table with maxSize refuses one row more, and takes it when there is room again', async () => {
    const table = await open({ maxSize: 2 })
    Table.insert(table, 1, 1)
    Table.insert(table, 2, 2)
    expect(() => Table.insert(table, 3, { large: 'x' })).toThrow(expect.objectContaining({ code: 'ERR_TABLE_FULL' }))
    Table.insert(table, 2, 'another')
    Table.delete(table, 1)
    Table.insert(table, 3, 3)
    expect(new Map(Table.select(table))).toEqual(new Map<unknown, unknown>([[2, 'another'], [3, 3]]))
  })

  test('it does what a Map does', async () => {
    const key = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom('a', 'b', 'ü'), fc.tuple(fc.constantFrom('t'), fc.integer({ min: 0, max: 3 })))
    const value = fc.oneof(fc.integer(), fc.string(), fc.double(), fc.jsonValue())
    const step = fc.tuple(fc.constantFrom('insert', 'insertNew', 'take', 'delete', 'lookup', 'member', 'clear', 'lookup', 'insert'), key, value)
    const table = await open()
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      Table.clear(table)
      const model = new Map<string, unknown>()
      for (const [operation, key, value] of steps) {
        const name = JSON.stringify(key)
        const had = model.has(name)
        const old = model.get(name)
        switch (operation) {
          case 'insert':
            Table.insert(table, key, value)
            model.set(name, value)
            break
          case 'insertNew':
            expect(Table.insertNew(table, key, value)).toBe(!had)
            if (!had) model.set(name, value)
            break
          case 'take':
            expect(Table.take(table, key)).toEqual(old)
            model.delete(name)
            break
          case 'delete':
            expect(Table.delete(table, key)).toBe(model.delete(name))
            break
          case 'lookup':
            expect(Table.lookup(table, key)).toEqual(old)
            break
          case 'member':
            expect(Table.member(table, key)).toBe(had)
            break
          case 'clear':
            Table.clear(table)
            model.clear()
        }
        expect(Table.size(table)).toBe(model.size)
      }
      expect(new Map([...Table.entries(table)].map(([key, value]) => [JSON.stringify(key), value]))).toEqual(model)
    }))
  })
})

describe('whose it is', () => {
  test('any thread finds a table by name and by handle, and sees what another wrote', async () => {
    const { pid } = await clerk()
    const table = await open()
    Table.insert(table, 'from', 'main')
    expect(await does(pid, 'lookup', 'rows', 'from')).toBe('main')
    await does(pid, 'insert', table, 'back', ['worker', 1])
    expect(Table.lookup('rows', 'back')).toEqual(['worker', 1])
    expect([await does(pid, 'whereis', 'rows'), await does(pid, 'size', table), Table.whereis('nothing')]).toEqual([table, 2, undefined])
    await ends(pid)
    expect(Table.lookup(table, 'back')).toEqual(['worker', 1])
  })

  test('a name has one table, and is free when that has ended', async () => {
    const table = await open()
    await expect(open()).rejects.toMatchObject({ code: 'ERR_NAME_TAKEN' })
    await Table.deleteTable(table)
    expect(Table.whereis('rows')).toBeUndefined()
    expect(() => Table.lookup(table, 1)).toThrow(expect.objectContaining({ code: 'ERR_NO_TABLE' }))
    const next = await open()
    expect(next).not.toBe(table)
    expect(() => Table.insert(table, 1, 1)).toThrow(expect.objectContaining({ code: 'ERR_NO_TABLE' }))
    expect(Table.info(table)).toBeUndefined()
  })

  test('a protected table is written by its owner only, a private one also read by it only', async () => {
    const { pid } = await clerk()
    const table = await does(pid, 'new', 'theirs', {})
    await does(pid, 'insert', table, 'a', 1)
    expect(Table.lookup(table, 'a')).toBe(1)
    for (const write of [() => Table.insert(table, 'a', 2), () => Table.delete(table, 'a'), () => Table.clear(table), () => Table.updateCounter(table, 'a')]) {
      expect(write).toThrow(expect.objectContaining({ code: 'ERR_TABLE_ACCESS' }))
    }
    await expect(Table.deleteTable(table)).rejects.toMatchObject({ code: 'ERR_TABLE_ACCESS' })
    await expect(Table.giveAway(table, pid)).rejects.toMatchObject({ code: 'ERR_TABLE_ACCESS' })
    const hidden = await does(pid, 'new', { access: 'private' })
    await does(pid, 'insert', hidden, 'a', 1)
    expect(() => Table.lookup(hidden, 'a')).toThrow(expect.objectContaining({ code: 'ERR_TABLE_ACCESS' }))
    expect(Table.info(hidden)).toMatchObject({ size: 1, access: 'private', owner: pid, name: undefined, heir: undefined })
    await ends(pid)
  })

  test('a table ends with its owner: it is gone when the DOWN comes', async () => {
    const { pid } = await clerk()
    const table = await does(pid, 'new', 'theirs', { access: 'public' })
    await ends(pid)
    expect(() => Table.lookup(table, 1)).toThrow(expect.objectContaining({ code: 'ERR_NO_TABLE' }))
    expect(Table.whereis('theirs')).toBeUndefined()
  })

  test('an heir gets the table with its rows and is told', async () => {
    const { pid } = await clerk()
    const table = await does(pid, 'new', 'theirs', { heir: Process.self(), heirData: { why: 'inherited' } })
    await does(pid, 'insert', table, 'a', 1)
    await ends(pid)
    expect(await receive((message) => message[0] === 'TABLE-TRANSFER')).toEqual(['TABLE-TRANSFER', table, pid, { why: 'inherited' }])
    expect(Table.info(table)).toMatchObject({ owner: Process.self(), size: 1 })
    Table.insert(table, 'b', 2)
    expect(new Map(Table.select(table))).toEqual(new Map([['a', 1], ['b', 2]]))
  })

  test('a table is given away; a dead heir inherits nothing', async () => {
    const [first, second] = [await clerk(), await clerk()]
    const table = await open({ access: 'protected', heir: second.pid })
    await expect(Table.giveAway(table, Process.self())).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT', message: expect.stringContaining('another process') })
    await Table.giveAway(table, first.pid, 'yours')
    expect(await GenServer.call(first.pid, 'told')).toEqual([[table, Process.self(), 'yours']])
    expect(() => Table.insert(table, 1, 1)).toThrow(expect.objectContaining({ code: 'ERR_TABLE_ACCESS' }))
    await does(first.pid, 'insert', table, 1, 1)
    await ends(second.pid)
    expect(await does(first.pid, 'giveAway', table, second.pid)).toEqual({ failed: 'ERR_NOT_ALIVE' })
    await does(first.pid, 'setHeir', table, second.pid).catch(() => undefined)
    await ends(first.pid)
    expect(Table.info(table)).toBeUndefined()
  })

  test('misuse is told', async () => {
    await expect(Table.new('rows', { type: 'tree' } as never)).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
    await expect(Table.new('rows', { access: 'secret' as never })).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
    await expect(Table.new('rows', { maxSize: 0 })).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
    await expect(Table.new('#Table<1.1>')).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
    await expect(Table.new('rows', { heir: 'nobody' })).rejects.toMatchObject({ code: 'ERR_NOT_ALIVE' })
    expect(() => Table.lookup(7 as never, 1)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
    expect(() => Table.lookup('nothing', 1)).toThrow(expect.objectContaining({ code: 'ERR_NO_TABLE' }))
  })
})
