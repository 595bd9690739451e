// Tables: a lookup and an addition, beside a Map of the same thread and a call to a server that has the Map.

import { GenServer, Table } from 'starfish'
import Counter from './fixtures/counter.js'
import { interleave, latencies, row, scaled, subject } from './harness.js'
import { atMost, under } from './row.js'

const CALLS = 50
const LOOKUPS = 20_000
const ROWS = 10_000

/** What one of many takes, in µs: a single one is too short for the clock. */
async function each(once: (i: number) => unknown): Promise<number[]> {
  const begun = performance.now()
  for (let i = 0; i < LOOKUPS; i++) once(i % ROWS)
  return [((performance.now() - begun) * 1000) / LOOKUPS]
}

void subject('table-lookup', async () => {
  await using _counter = await GenServer.startLink(Counter, 0)
  const table = await Table.new<number, number>({ access: 'public' })
  const map = new Map<number, number>()
  for (let i = 0; i < ROWS; i++) {
    Table.insert(table, i, i)
    map.set(i, i)
  }
  let sum = 0
  const samples = await interleave(scaled(200, 20), {
    ours: () => each((i) => (sum += Table.lookup(table, i)!)),
    map: () => each((i) => (sum += map.get(i)!)),
    counter: () => each((i) => Table.updateCounter(table, i)),
    call: () => latencies(CALLS, () => GenServer.call(Counter, 'get')),
  }, 5)
  await Table.deleteTable(table)
  const call = { name: 'a call', value: samples.call.median, target: atMost(0.1) }
  return [
    row('lookup of a number, p50', 'µs', samples.ours.median, call),
    row('lookup of a number, p50', 'µs', samples.ours.median, { name: 'Map', value: samples.map.median, target: under(2, 'µs') }),
    row('updateCounter, p50', 'µs', samples.counter.median, { ...call, target: under(0.5, 'µs') }),
  ]
})
