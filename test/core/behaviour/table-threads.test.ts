// Tables under several threads at once: each operation on a row happens at one moment, and a thread that is killed while
// it writes leaves a whole table with everything in it that it was told was written.
import { afterAll, expect, test } from '@jest/globals'
import { GenServer, type Pid, type Started, Table } from 'starfish'
import { assertNoLeaks } from '@starfish/testing'
import Clerk, { random } from '../fixtures/clerk.js'
import { ends, runGroup } from '../table/histories.js'
import { killHalted } from '../table/kills.js'
import { codeOf, type Done, isLinearizable } from '../table/linear.js'
import { TYPES } from '../table/world.js'

afterAll(() => assertNoLeaks())

const start = async (): Promise<Pid> => ((await GenServer.start(Clerk, undefined)) as Started).pid
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('the checker knows what cannot have happened', () => {
  const done = (operation: string, value: number, result: unknown, from: number, to: number): Done => ({ operation, value, result: codeOf(result), from, to })
  expect(isLinearizable('set', [done('insert', 1, undefined, 0, 1), done('lookup', 0, undefined, 2, 3)])).toBe(false)
  expect(isLinearizable('set', [done('insert', 1, undefined, 0, 3), done('lookup', 0, undefined, 1, 2)])).toBe(true)
  expect(isLinearizable('set', [done('insert', 1, undefined, 0, 1), done('take', 0, 1, 2, 5), done('take', 0, 1, 3, 4)])).toBe(false)
  expect(isLinearizable('set', [done('updateCounter', 1, 11, 0, 2), done('updateCounter', 1, 11, 1, 3)])).toBe(false)
  expect(isLinearizable('bag', [done('insert', 1, undefined, 0, 1), done('insert', 2, undefined, 2, 3), done('lookup', 0, [2, 1], 4, 5)])).toBe(false)
  // Killed in it: it has happened later, or never, but not before.
  const cut = done('insert', 1, undefined, 2, Infinity)
  for (const found of [1, undefined]) expect(isLinearizable('set', [cut, done('lookup', 0, found, 3, 4)])).toBe(true)
  expect(isLinearizable('set', [cut, done('lookup', 0, 1, 0, 1)])).toBe(false)
  expect(isLinearizable('set', [cut, done('lookup', 0, 1, 3, 4), done('lookup', 0, undefined, 5, 6)])).toBe(false)
})

test.each(TYPES)('%s: what three threads do to one row, of which one is killed, can be put in an order', async (type) => {
  const group = await runGroup(type, 40, 7)
  expect(group.wrong).toEqual([])
  expect(group.overlapping).toBeGreaterThan(0)
}, 60_000)

test.each(TYPES)('%s: a thread that stands still in the middle of a write and is killed leaves a whole table', async (type) => {
  await killHalted(type, 3, 5)
}, 60_000)

test('what several threads add to one counter is all there', async () => {
  const pids = await Promise.all([start(), start()])
  const table = await Table.new('sums', { access: 'public' })
  await Promise.all(pids.map((pid) => GenServer.call(pid, ['add', [table, 'all', 50_000]], { timeout: 60_000 })))
  expect(Table.lookup(table, 'all')).toBe(100_000)
  await Promise.all(pids.map(ends))
  await Table.deleteTable(table)
}, 60_000)

test('threads that are killed while they write lose nothing that was written', async () => {
  const table = await Table.new('written', { access: 'public' })
  const numbers = random(11)
  const told = [0, 1].map(() => new SharedArrayBuffer(8))
  const words = told.map((memory) => new Int32Array(memory))
  let kills = 0
  for (let round = 0; round < 6; round++) {
    const pids = await Promise.all([start(), start()])
    const from = words.map((word) => Atomics.load(word, 1))
    pids.forEach((pid, me) => GenServer.cast(pid, ['write', [table, me, told[me]!]]))
    for (const me of [0, 1]) while (Atomics.load(words[me]!, 1) < from[me]! + (numbers.next().value % 400)) await turn()
    await Promise.all(pids.map(ends))
    kills += 2
    for (const me of [0, 1]) {
      const last = Table.lookup(table, ['last', me]) as { i: number; again: number; text: string } | undefined
      if (last === undefined) continue
      expect([words[me]![0]!, words[me]![0]! + 1]).toContain(last.i)
      expect(last).toEqual({ i: last.i, again: last.i, text: 'x'.repeat(last.i % 300) })
    }
    const added = words[0]![1]! + words[1]![1]!
    const total = (Table.lookup(table, 'total') as number | undefined) ?? 0
    expect(total).toBeGreaterThanOrEqual(added)
    expect(total).toBeLessThanOrEqual(added + kills)
    const rows = Table.select(table)
    expect(Table.size(table)).toBe(rows.length)
    for (const [key, value] of rows) expect(Table.lookup(table, key)).toEqual(value)
  }
  await Table.deleteTable(table)
}, 60_000)
