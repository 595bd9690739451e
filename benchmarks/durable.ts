// Durable tables: a change and a lookup, beside a call that writes nothing, and the disk itself.

import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GenServer } from 'starfish'
import { Durable } from '@starfish/store'
import Counter from './fixtures/counter.js'
import { interleave, latencies, rate, row, scaled, subject } from './harness.js'

const AT_ONCE = 1000
const CALLS = 50

void subject('durable', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'starfish-durable-'))
  const file = openSync(join(folder, 'plain'), 'a')
  try {
    await using _counter = await GenServer.startLink(Counter, 0)
    await using table = await Durable.open<number, number>('durable', { file: join(folder, 'rows') })
    const atOnce = (once: (i: number) => Promise<unknown>) => () => rate(AT_ONCE, () => Promise.all(Array.from({ length: AT_ONCE }, (_, i) => once(i))))
    const sync = async (): Promise<void> => {
      await Durable.insert(table, 1, 1)
      await Durable.sync(table)
    }
    const plain = async (): Promise<void> => {
      writeSync(file, 'a row')
      fdatasyncSync(file)
    }
    const samples = await interleave(scaled(30, 3), {
      bulk: atOnce((i) => Durable.insert(table, i, i)),
      calls: atOnce(() => GenServer.call(Counter, 'get')),
      insert: () => latencies(CALLS, () => Durable.insert(table, 1, 1)),
      lookup: () => latencies(CALLS, () => Durable.lookup(table, 1)),
      call: () => latencies(CALLS, () => GenServer.call(Counter, 'get')),
      sync: () => latencies(CALLS / 10, sync),
      disk: () => latencies(CALLS / 10, plain),
    })
    const { driver } = await Durable.info(table)
    const call = { name: 'a call', value: samples.call.median }
    return [
      row(`inserts, 1,000 at once, ${driver}`, '/s', samples.bulk.median, { name: 'as many calls', value: samples.calls.median }),
      row(`insert, p50, ${driver}`, 'µs', samples.insert.median, call),
      row(`lookup, p50, ${driver}`, 'µs', samples.lookup.median, call),
      row(`insert and sync, p50, ${driver}`, 'µs', samples.sync.median, { name: 'write and fdatasync', value: samples.disk.median }),
    ]
  } finally {
    closeSync(file)
    rmSync(folder, { recursive: true, force: true })
  }
})
