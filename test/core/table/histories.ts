// Histories: several threads do operations at random to the same keys of a table, one of them is killed in the middle of it, and what
// they did is looked at key by key.

import { GenServer, type Pid, Process, type Started, Table } from 'starfish'
import { down } from '@starfish/testing'
import Chronicler, { BEGUN, ENDED, FIELDS } from '../fixtures/chronicler.js'
import { random } from '../fixtures/clerk.js'
import { codeOf, type Done, isLinearizable, OPERATIONS } from './linear.js'
import type { TypeName } from './world.js'

const THREADS = 3
const PER_KEY = 6
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export const start = async (): Promise<Pid> => ((await GenServer.start(Chronicler, undefined, { name: null })) as Started).pid
export async function ends(pid: Pid): Promise<void> {
  const end = down(pid)
  Process.exit(pid, 'kill')
  await end
}

export interface Group {
  /** How many histories: one for each key. */
  histories: number
  /** Those in which operations of two threads overlapped, and those that a thread was killed in. */
  overlapping: number
  cut: number
  /** Those that cannot have happened. */
  wrong: { readonly key: number; readonly history: readonly Done[] }[]
}

/** Three threads on so many keys. One is killed when it has done some of it; the others go on to the end. */
export async function runGroup(type: TypeName, keys: number, seed: number): Promise<Group> {
  const numbers = random(seed)
  const draw = (): number => numbers.next().value
  const table = await Table.new(`histories ${seed}`, { type, access: 'public' })
  const pids = await Promise.all(Array.from({ length: THREADS }, start))
  const clock = new SharedArrayBuffer(16)
  const accounts = pids.map(() => ({ words: new SharedArrayBuffer(8), records: new SharedArrayBuffer(keys * PER_KEY * FIELDS * 8) }))
  pids.forEach((pid, i) => GenServer.cast(pid, ['record', { table, type, keys, operations: PER_KEY, seed: draw() + i, clock, threads: THREADS, ...accounts[i]! }]))
  const victim = draw() % THREADS
  const words = new Int32Array(accounts[victim]!.words)
  const when = draw() % (keys * PER_KEY)
  while (Atomics.load(words, BEGUN) < when) await turn()
  Atomics.store(new Int32Array(clock), 2, 1)
  await ends(pids[victim]!)
  for (const [i, pid] of pids.entries()) if (i !== victim) await GenServer.call(pid, 'ready', { timeout: 60_000 })
  const parts = accounts.map((account) => read(type, account))
  const group: Group = { histories: keys, overlapping: 0, cut: 0, wrong: [] }
  for (let key = 0; key < keys; key++) {
    const history = parts.flatMap((part) => part.slice(key * PER_KEY, (key + 1) * PER_KEY))
    if (history.some((one) => history.some((other) => one.from < other.from && other.from < one.to))) group.overlapping++
    if (history.length < THREADS * PER_KEY || history.some(({ to }) => to === Infinity)) group.cut++
    // What is there afterwards, has to come of it as well.
    const end = { operation: 'lookup', value: 0, result: codeOf(Table.lookup(table, key)), from: Number.MAX_SAFE_INTEGER, to: Number.MAX_VALUE }
    if (history.length > 0 && !isLinearizable(type, [...history, end])) group.wrong.push({ key, history: [...history, end] })
  }
  await Promise.all(pids.filter((_, i) => i !== victim).map(ends))
  await Table.deleteTable(table)
  return group
}

function read(type: TypeName, account: { readonly words: SharedArrayBuffer; readonly records: SharedArrayBuffer }): Done[] {
  const [words, records] = [new Int32Array(account.words), new Float64Array(account.records)]
  return Array.from({ length: words[BEGUN]! }, (_, i) => {
    const [which, value, from, to, result] = records.slice(i * FIELDS, (i + 1) * FIELDS)
    return { operation: OPERATIONS[type][which!]!, value: value!, from: from!, to: i < words[ENDED]! ? to! : Infinity, result: result! }
  })
}
