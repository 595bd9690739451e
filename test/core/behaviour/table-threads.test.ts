// Tables under several threads at once: each operation on a row happens at one moment, and a thread that is killed while
// it writes leaves a whole table with everything in it that it was told was written.
import { afterAll, expect, test } from '@jest/globals'
import { GenServer, type Pid, Process, type Started, Table } from 'starfish'
import { assertNoLeaks, down } from '@starfish/testing'
import Clerk, { type Done, random } from '../fixtures/clerk.js'

afterAll(() => assertNoLeaks())

const start = async (): Promise<Pid> => ((await GenServer.start(Clerk, undefined)) as Started).pid
const ends = async (pid: Pid): Promise<void> => {
  const end = down(pid)
  Process.exit(pid, 'kill')
  await end
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** What an operation gives on a row with a value, and what the row has then; undefined is no row. */
function step(had: number | undefined, { operation, value }: Done): [result: unknown, has: number | undefined] {
  switch (operation) {
    case 'insert':
      return [undefined, value]
    case 'insertNew':
      return had === undefined ? [true, value] : [false, had]
    case 'take':
      return [had, undefined]
    case 'delete':
      return [had !== undefined, undefined]
    case 'member':
      return [had !== undefined, had]
    case 'updateCounter': {
      const sum = (had ?? 10) + value
      return [sum, sum]
    }
    default:
      return [had, had]
  }
}

/** Whether there is an order, true to when each operation happened, in which one after another gives the same (Wing and Gong). */
function isLinearizable(history: readonly Done[]): boolean {
  const seen = new Set<string>()
  const search = (left: readonly number[], had: number | undefined): boolean => {
    if (left.length === 0) return true
    const state = `${left.join()} ${had}`
    if (seen.has(state)) return false
    seen.add(state)
    const firstEnd = Math.min(...left.map((i) => history[i]!.to))
    return left.some((i) => {
      if (history[i]!.from > firstEnd) return false
      const [result, has] = step(had, history[i]!)
      return result === history[i]!.result && search(left.filter((j) => j !== i), has)
    })
  }
  return search(history.map((_, i) => i), undefined)
}

test('the checker knows what cannot have happened', () => {
  const done = (operation: string, value: number, result: unknown, from: number, to: number): Done => ({ operation, value, result, from, to })
  expect(isLinearizable([done('insert', 1, undefined, 0, 1), done('lookup', 0, undefined, 2, 3)])).toBe(false)
  expect(isLinearizable([done('insert', 1, undefined, 0, 3), done('lookup', 0, undefined, 1, 2)])).toBe(true)
  expect(isLinearizable([done('insert', 1, undefined, 0, 1), done('take', 0, 1, 2, 5), done('take', 0, 1, 3, 4)])).toBe(false)
  expect(isLinearizable([done('updateCounter', 1, 11, 0, 2), done('updateCounter', 1, 11, 1, 3)])).toBe(false)
})

test('operations of three threads on one row can be put in an order', async () => {
  const THREADS = 3
  const KEYS = 200
  const pids = await Promise.all(Array.from({ length: THREADS }, start))
  const table = await Table.new('histories', { access: 'public' })
  const clock = new SharedArrayBuffer(16)
  const parts = await Promise.all(pids.map((pid, i) => GenServer.call(pid, ['history', [table, KEYS, 6, 7 + i, clock, THREADS]], { timeout: 60_000 }))) as Done[][][]
  let overlapping = 0
  for (let key = 0; key < KEYS; key++) {
    const history = parts.flatMap((part) => part[key]!)
    if (history.some((one) => history.some((other) => one.from < other.from && other.from < one.to))) overlapping++
    expect({ key, history: isLinearizable(history) || history }).toEqual({ key, history: true })
  }
  expect(overlapping).toBeGreaterThan(0)
  await Promise.all(pids.map(ends))
  await Table.deleteTable(table)
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
