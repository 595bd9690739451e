// Kills in the middle of writes: of views of one memory, before any of their atomic operations; of threads, which stand still there
// until they are killed; and of threads at any instruction. What was told stays, what was half done has happened or has not, the size is
// that of the rows, and nobody is held up.

import { isDeepStrictEqual } from 'node:util'
import { GenServer, type Pid, Table } from 'starfish'
import type { Tables } from '#core/table/tables'
import { prepare } from '#core/table/value'
import { apply, BEGUN, ENDED, storedValue } from '../fixtures/chronicler.js'
import { random } from '../fixtures/clerk.js'
import { ends, start } from './histories.js'
import { OPERATIONS } from './linear.js'
import { type TypeName, World } from './world.js'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Kills so many views of a table while they write; returns how many bytes its pages take after the first and the second half. */
export function killViews(type: TypeName, kills: number, seed: number): [bytes: number, bytesLater: number] {
  const world = new World(type)
  const { main } = world
  const numbers = random(seed)
  const draw = (below: number): number => numbers.next().value % below
  const model = new Map<number, unknown[]>()
  const bytes: number[] = []
  for (let done = 0; done < kills; ) {
    const key = draw(40)
    const value = [draw(5), `text ${draw(5)}`, { n: draw(5) }, 'x'.repeat(9_000 + draw(3)), 'y'.repeat(70_000)][draw(100) === 0 ? 4 : draw(4)]
    const had = model.get(key) ?? []
    const [what, has] = change(draw(type === 'bag' ? 5 : 6), type, had, value)
    const empties = draw(300) === 0
    const ended = world.kill(draw(type === 'ordered_set' ? 160 : 60), (tables) => {
      if (empties) world.clear(tables)
      else world.change(tables, key, (rows, root) => what(rows, root, tables))
    })
    if (!ended) done++
    if (empties) {
      if (ended || world.rows().length === 0) model.clear()
    } else {
      const found = world.read(key)
      const isRight = isDeepStrictEqual(found, has) || (!ended && isDeepStrictEqual(found, had))
      if (!isRight) throw new Error(`seed ${seed}, kill ${done}: key ${key} has ${short(found)}, not ${short(has)}${ended ? '' : ` or ${short(had)}`}`)
      model.set(key, found)
    }
    if (draw(20) === 0) checkAll(world, model, `seed ${seed}, kill ${done}`)
    if (bytes.length === 0 && done === kills >> 1) bytes.push(main.cells.pages.bytes)
  }
  checkAll(world, model, `seed ${seed}`)
  return [bytes[0]!, main.cells.pages.bytes]
}

type Change = (rows: Tables['singles'] | Tables['bags'], root: number, tables: Tables) => unknown

function change(which: number, type: TypeName, had: readonly unknown[], value: unknown): [what: Change, has: readonly unknown[]] {
  const isThere = had.some((other) => isDeepStrictEqual(other, value))
  switch (which) {
    case 0:
    case 1:
      return [(rows, root) => rows.write(root, prepare(value), false, 0), type !== 'bag' ? [value] : isThere ? had : [...had, value]]
    case 2:
      return [(rows, root) => rows.write(root, prepare(value), true, 0), had.length === 0 ? [value] : had]
    case 3:
      return [(rows, root) => rows.delete(root), []]
    case 4:
      return [(rows, root) => rows.deleteObject(root, prepare(had.at(-1) ?? value)), had.slice(0, -1)]
    default:
      return [(_, root, tables) => tables.singles.update(root, () => value), had.length === 0 ? [] : [value]]
  }
}

function checkAll(world: World, model: ReadonlyMap<number, readonly unknown[]>, when: string): void {
  const rows = world.rows()
  const expected = [...model].flatMap(([key, values]) => values.map((value) => [key, value]))
  if (rows.length !== expected.length || world.size() !== rows.length) throw new Error(`${when}: ${rows.length} rows, size ${world.size()}, not ${expected.length}`)
  for (const [key, values] of model) if (!isDeepStrictEqual(world.read(key), values)) throw new Error(`${when}: key ${key} has lost what it had`)
  const faults = world.faults(true)
  if (faults.length > 0) throw new Error(`${when}: ${faults.join(', ')}`)
}

const short = (value: unknown): string => JSON.stringify(value).slice(0, 100)

/** Kills so many threads, each standing still before some step of a write to a table. */
export async function killHalted(type: TypeName, kills: number, seed: number): Promise<void> {
  const table = await Table.new<number, number>(`halted ${seed}`, { type, access: 'public' })
  const numbers = random(seed)
  const draw = (below: number): number => numbers.next().value % below
  let next: Promise<Pid> | undefined
  for (let done = 0; done < kills; ) {
    const pid = await (next ?? start())
    next = start()
    const key = draw(10)
    const operation = OPERATIONS[type][draw(OPERATIONS[type].length)]!
    const value = storedValue(type, draw(5))
    const before = Table.lookup(table, key)
    const words = new Int32Array(new SharedArrayBuffer(12))
    GenServer.cast(pid, ['halt', [table, key, operation, value, draw(type === 'ordered_set' ? 120 : 50), words.buffer as SharedArrayBuffer]])
    while (Atomics.load(words, BEGUN) === 0 && Atomics.load(words, ENDED) === 0) await turn()
    // Whoever stands in the middle is in nobody's way.
    apply(table, 99, 'insert', done % 3)
    const isHalted = Atomics.load(words, BEGUN) === 1
    if (isHalted) done++
    await ends(pid)
    const found = Table.lookup(table, key)
    const possible = isHalted ? [before, await after(type, before, operation, value)] : [await after(type, before, operation, value)]
    if (!possible.some((one) => isDeepStrictEqual(one, found))) throw new Error(`seed ${seed}, kill ${done}: ${operation} ${value} on ${short(before)} left ${short(found)}`)
    const size = [...Table.entries(table)].length
    if (Table.size(table) !== size) throw new Error(`seed ${seed}, kill ${done}: size ${Table.size(table)} of ${size} rows, killed in ${operation}`)
  }
  await ends(await next!)
  await Table.deleteTable(table)
}

/** What an operation makes of a row, by doing it in a table of its own. */
async function after(type: TypeName, before: unknown, operation: string, value: number): Promise<unknown> {
  const table = await Table.new<number, number>({ type })
  for (const one of type === 'bag' ? (before as number[]) : before === undefined ? [] : [before as number]) Table.insert(table, 0, one)
  apply(table, 0, operation, value)
  const result: unknown = Table.lookup(table, 0)
  await Table.deleteTable(table)
  return result
}
