// Tables: what a lookup, an addition and a new row take, beside a Map of the same thread, a call to a server that has one, and ETS.

import { GenServer, type Started, Table } from 'starfish'
import { Elixir } from './elixir.js'
import Adder from './fixtures/adder.js'
import Counter from './fixtures/counter.js'
import { compare, interleave, latencies, row, scaled, subject } from './harness.js'
import { atMost, under } from './row.js'

const CALLS = 50
const OPERATIONS = 20_000
const ROWS = 10_000
const ADDITIONS = scaled(200_000, 20_000)
const INSERTS = scaled(1_000_000, 50_000)

/** What one of many takes, in µs: a single one is too short for the clock. */
async function each(times: number, once: (i: number) => unknown): Promise<number[]> {
  const begun = performance.now()
  for (let i = 0; i < times; i++) once(i)
  return [((performance.now() - begun) * 1000) / times]
}

/** Rows in an order that is none: `INSERTS` has no divisor with 7919. */
const scattered = (i: number): number => (i * 7919) % INSERTS

/** Fills a new table to so many rows. */
async function fill(type: 'set' | 'ordered_set'): Promise<number[]> {
  const table = await Table.new<number, number>({ type, access: 'public' })
  const samples = await each(INSERTS, (i) => Table.insert(table, scattered(i), i))
  if (Table.size(table) !== INSERTS) throw new Error(`expected ${INSERTS} rows, got ${Table.size(table)}`)
  await Table.deleteTable(table)
  return samples
}

void subject('tables', async () => {
  await using _counter = await GenServer.startLink(Counter, 0)
  const adders = await Promise.all([0, 1].map(async () => (await GenServer.startLink(Adder, undefined, { name: null })) as Started))
  const table = await Table.new<number | string, number>({ access: 'public' })
  const ordered = await Table.new<number, number>({ access: 'public', type: 'ordered_set' })
  const map = new Map<number, number>()
  for (let i = 0; i < ROWS; i++) {
    Table.insert(table, i, i)
    Table.insert(ordered, i, i)
    map.set(i, i)
  }
  const elixir = await Elixir.start('tables')
  let sum = 0
  const found = await interleave(scaled(100, 10), {
    ours: () => each(OPERATIONS, (i) => (sum += Table.lookup(table, i % ROWS)!)),
    ordered: () => each(OPERATIONS, (i) => (sum += Table.lookup(ordered, i % ROWS)!)),
    map: () => each(OPERATIONS, (i) => (sum += map.get(i % ROWS)!)),
    call: () => latencies(CALLS, () => GenServer.call(Counter, 'get')),
    ets: elixir?.round('lookup', OPERATIONS),
  }, 5)

  /** What one addition takes when so many threads add, each to a row of its own or all to one. */
  const add = (threads: number, isShared: boolean) => async () => {
    const begun = performance.now()
    await Promise.all(adders.slice(0, threads).map(({ pid }, i) => GenServer.call(pid, ['add', [table, isShared ? 'all' : `row ${i}`, ADDITIONS]], { timeout: 60_000 })))
    return [((performance.now() - begun) * 1000) / ADDITIONS / threads]
  }
  const added = await interleave(scaled(25, 4), {
    ours: add(1, false),
    two: add(2, false),
    shared: add(2, true),
    ets: elixir?.round('add', ADDITIONS),
    etsTwo: elixir?.round('add_two', ADDITIONS),
  }, 3)

  const inserted = await interleave(scaled(4, 2), {
    ours: () => fill('set'),
    ordered: () => fill('ordered_set'),
    map: async () => {
      const rows = new Map<number, number>()
      return each(INSERTS, (i) => rows.set(scattered(i), i))
    },
    ets: elixir?.round('insert', INSERTS),
    etsOrdered: elixir?.round('insert_ordered', INSERTS),
  })
  await elixir?.stop()
  await Promise.all([table, ordered].map((one) => Table.deleteTable(one)))
  await Promise.all(adders.map((adder) => adder[Symbol.asyncDispose]()))

  const call = { name: 'a call', value: found.call.median, target: atMost(0.1) }
  return [
    row('lookup, p50', 'µs', found.ours.median, call),
    ...compare('lookup, p50', 'µs', found, { map: { name: 'Map', target: under(2, 'µs') }, ets: { name: 'ETS' } }),
    row('lookup in an ordered_set, p50', 'µs', found.ordered.median, { ...call, name: 'a call' }),
    row('updateCounter, one thread', 'µs', added.ours.median, { name: 'a call', value: found.call.median, target: under(0.5, 'µs') }),
    ...compare('updateCounter, one thread', 'µs', added, { ets: { name: 'ETS' } }),
    row('updateCounter, two threads, a row each', 'µs', added.two.median, { name: 'one thread', value: added.ours.median, target: atMost(0.7) }),
    row('updateCounter, two threads, one row', 'µs', added.shared.median, { name: 'one thread', value: added.ours.median }),
    ...(added.etsTwo ? [row('updateCounter, two threads, a row each', 'µs', added.two.median, { name: 'ETS', value: added.etsTwo.median })] : []),
    ...compare(`insert, to ${INSERTS} rows`, 'µs', inserted, { map: { name: 'Map', target: under(3.33, 'µs') }, ets: { name: 'ETS' } }),
    ...compare(`insert into an ordered_set, to ${INSERTS} rows`, 'µs', { ours: inserted.ordered, map: inserted.map, etsOrdered: inserted.etsOrdered }, { map: { name: 'Map', target: under(3.33, 'µs') }, etsOrdered: { name: 'ETS' } }),
  ]
})
