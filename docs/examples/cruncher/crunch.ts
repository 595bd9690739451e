// The work: hands out blocks to the readers until no partition misses one, whoever dies meanwhile.
import { statSync } from 'node:fs'
import { GenServer, PartitionSupervisor, Process, Supervisor, Table } from 'starfish'
import { blockCount } from './blocks.js'
import { monkey } from './monkey.js'
import Reader, { type Job, TALLIES } from './reader.js'
import Tally, { CHECKPOINTS, type Result } from './tally.js'
import type { Totals } from './totals.js'

export interface Plan {
  readonly path: string
  /** Readers, and as many partitions. */
  readonly workers: number
  readonly blockSize: number
  /** Ms between two kills; 0: none. */
  readonly every: number
  /** Ms after which nobody is killed any more, so that the work comes to its end. */
  readonly calmAfter: number
  readonly seed: number
}

export interface Outcome {
  readonly totals: Totals
  readonly blocks: number
  readonly kills: number
  /** How many blocks were read more than once, and how often all of them together. */
  readonly readAgain: number
}

// The monkey is no fault of theirs: the limit is beyond its reach.
const LIMITS = { maxRestarts: 1_000, maxSeconds: 1 }

export async function crunch({ path, workers, blockSize, every, calmAfter, seed }: Plan): Promise<Outcome> {
  const blocks = blockCount(statSync(path).size, blockSize)
  const partitions = Array.from({ length: workers }, (_, partition) => partition)
  const readers = partitions.map((n) => `Reader ${n}`)
  await Table.new(CHECKPOINTS, { access: 'public' }) // the main program's: it outlives every thread
  const source = { path, blockSize, partitions: workers }
  await using _tree = await Supervisor.startLink(
    [
      PartitionSupervisor.spec({ name: TALLIES, child: [Tally, 0], partitions: workers, withArguments: (_, partition) => partition, ...LIMITS }),
      ...readers.map((name) => ({ id: name, start: [Reader, source, { name }] as const })),
    ],
    { strategy: 'one_for_one', ...LIMITS },
  )
  using chaos = monkey(() => [...readers.map((name) => Process.whereis(name)), ...partitions.map((n) => GenServer.whereis(PartitionSupervisor.via(TALLIES, n)))], every, calmAfter, seed)

  const totals: Totals = new Map()
  let read = 0
  for (let open = partitions; open.length > 0; ) {
    const missing = new Map<number, number[]>()
    const stillOpen: number[] = []
    for (const partition of open) {
      const result = await resultOf(partition, blocks)
      if (result?.totals) for (const [customer, total] of result.totals) totals.set(customer, total)
      else stillOpen.push(partition)
      for (const block of result?.missing ?? []) missing.set(block, [...(missing.get(block) ?? []), partition])
    }
    open = stillOpen
    const jobs = [...missing].map(([block, to]): Job => ({ block, to }))
    read += jobs.length
    await Promise.all(readers.map((reader) => work(reader, jobs)))
  }
  await Table.deleteTable(CHECKPOINTS)
  return { totals, blocks, kills: chaos.kills, readAgain: read - blocks }
}

// A partition that dies as it is asked is asked again.
const resultOf = (partition: number, blocks: number) =>
  (GenServer.call(PartitionSupervisor.via(TALLIES, partition), ['result', blocks]) as Promise<Result>).catch(() => undefined)

// A reader that dies leaves its block unread: some partition will miss it.
async function work(reader: string, jobs: Job[]): Promise<void> {
  for (let job = jobs.shift(); job; job = jobs.shift()) {
    await GenServer.call(reader, ['read', job], { timeout: 60_000 }).catch(() => undefined)
  }
}
