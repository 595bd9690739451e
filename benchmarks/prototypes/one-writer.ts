// The other way to make a table: one thread writes it, the others send it what they want and read on sequence locks. Beside
// the tables we have. `node benchmarks/dist/prototypes/one-writer.js`; docs/decisions/tables.md says what came of it.

import { once } from 'node:events'
import { join } from 'node:path'
import { MessageChannel, Worker } from 'node:worker_threads'
import { GenServer, type Started, Table } from 'starfish'
import Adder from '../fixtures/adder.js'
import { compare, interleave, latencies, row, scaled, subject } from '../harness.js'
import { SeqSender } from './seq-sender.js'
import { SeqTable } from './seq-table.js'

const ROWS = 16_384
const OPERATIONS = 20_000
const ADDITIONS = scaled(100_000, 10_000)

const start = (table: SeqTable): Worker => new Worker(join(__dirname, 'seq-thread.js'), { workerData: table.memory })

/** A port on which this thread's additions go to the writer. */
function senderTo(writer: Worker): SeqSender {
  const { port1, port2 } = new MessageChannel()
  writer.postMessage({ port: port2 }, [port2])
  return new SeqSender(port1)
}

/** What each of `times` takes, in µs. */
async function each(times: number, all: () => unknown): Promise<number[]> {
  const begun = performance.now()
  await all()
  return [((performance.now() - begun) * 1000) / times]
}

void subject('one-writer', async () => {
  const table = SeqTable.withRoomFor(ROWS)
  const writer = start(table)
  const sender = senderTo(writer)
  const ours = await Table.new<number, number>({ access: 'public' })
  for (let key = 0; key < ROWS / 2; key++) {
    await sender.add(key, key)
    Table.insert(ours, key, key)
  }
  const senders = [start(table), start(table)]
  const adders = await Promise.all([0, 1].map(async () => (await GenServer.startLink(Adder, undefined, { name: null })) as Started))

  const lookUp = (lookup: (key: number) => number | undefined) => () => {
    let sum = 0
    return each(OPERATIONS, () => {
      for (let i = 0; i < OPERATIONS; i++) sum += lookup(i % (ROWS / 2))!
    }).then((samples) => (sum < 0 ? [] : samples))
  }
  const found = await interleave(scaled(100, 10), { ours: lookUp((key) => Table.lookup(ours, key)), theirs: lookUp((key) => table.lookup(key)) }, 5)

  const one = await interleave(scaled(30, 3), {
    ours: () => each(OPERATIONS, () => {
      for (let i = 0; i < OPERATIONS; i++) Table.updateCounter(ours, 1, 1)
    }),
    theirs: () => latencies(200, () => sender.add(1, 1)),
  }, 3)

  /** Threads that add at once, each to a row of its own. */
  const ourThreads = (count: number) => () => each(count * ADDITIONS, () =>
    Promise.all(adders.slice(0, count).map(({ pid }, i) => GenServer.call(pid, ['add', [ours, `row ${i}`, ADDITIONS]], { timeout: 60_000 }))))
  const theirThreads = (count: number) => () => each(count * ADDITIONS, () =>
    Promise.all(senders.slice(0, count).map((thread, i) => {
      const { port1, port2 } = new MessageChannel()
      writer.postMessage({ port: port2 }, [port2])
      thread.postMessage({ port: port1, flood: { key: i, times: ADDITIONS } }, [port1])
      return once(thread, 'message')
    })))
  const added = await interleave(scaled(15, 2), { ours: ourThreads(1), ours2: ourThreads(2), theirs: theirThreads(1), theirs2: theirThreads(2) }, 2)

  // The writer dies between the two halves of a write. Nobody reads that row until another writer has gone through all rows.
  await sender.add(-7, 0)
  await writer.terminate()
  const isStuck = ((): boolean => {
    try {
      table.lookup(7, 1_000_000)
      return false
    } catch {
      return true
    }
  })()
  const back = await interleave(scaled(20, 3), {
    ours: () => each(OPERATIONS, () => {
      for (let i = 0; i < OPERATIONS; i++) Table.updateCounter(ours, 1, 1)
    }),
    theirs: async () => {
      const begun = performance.now()
      const next = start(table)
      await senderTo(next).add(1, 1)
      const took = (performance.now() - begun) * 1000
      await next.terminate()
      return [took]
    },
  })
  process.stderr.write(`a row whose writer was killed in the midst ${isStuck ? 'can no longer be read' : 'can be read'}\n`)

  await Promise.all([...senders.map((thread) => thread.terminate()), ...adders.map((adder) => adder[Symbol.asyncDispose]()), Table.deleteTable(ours)])
  const against = { theirs: { name: 'one writer' } }
  return [
    ...compare('lookup', 'µs', found, against),
    ...compare('one addition, known to be done', 'µs', one, against),
    row('addition, one thread', 'µs', added.ours.median, { name: 'one writer, 1,000 in flight', value: added.theirs.median }),
    row('addition, two threads', 'µs', added.ours2.median, { name: 'one writer, 1,000 in flight', value: added.theirs2.median }),
    ...compare('an addition after the kill of who wrote', 'µs', back, against),
  ]
})
