// Tables without threads: several views of one memory, each as a thread would have it, and a way to stop one of them before
// each of its atomic operations.
import { reserveArena } from '#core/table/arena'
import type { Bags } from '#core/table/bags'
import type { Key } from '#core/table/key'
import { TableKeeper } from '#core/table/keeper'
import { CellState, Root, Row } from '#core/table/layout'
import { isGone } from '#core/table/search'
import { NONE, type Singles } from '#core/table/singles'
import { LEVELS, linkAt } from '#core/table/skip-list'
import { type Found, Tables } from '#core/table/tables'
import { prepare } from '#core/table/value'

const METHODS = ['load', 'store', 'compareExchange', 'add', 'sub'] as const
const real = Object.fromEntries(METHODS.map((name) => [name, Atomics[name]])) as Record<string, (...args: never[]) => number>

export const restoreAtomics = (): void => void Object.assign(Atomics, real)

/** Runs `code`, with `stop` before its `step`th atomic operation. */
function stoppedAt<T>(step: number, stop: () => void, code: () => T): T {
  let steps = 0
  for (const name of METHODS) {
    Atomics[name] = ((...args: never[]) => {
      if (steps++ === step) stop()
      return real[name]!(...args)
    }) as never
  }
  try {
    return code()
  } finally {
    restoreAtomics()
  }
}

/** The same each time: a stack for each would take longer than what is tested. */
const killed = new Error('killed')

/** Runs `code`, whose thread is killed before its `step`th atomic operation. True if it came to its end before. */
export function killedAt(step: number, code: () => void): boolean {
  const die = (): never => {
    for (const name of METHODS) Atomics[name] = die as never // what is left of it has no effect
    throw killed
  }
  try {
    stoppedAt(step, die, code)
    return true
  } catch (error) {
    if (error !== killed) throw error
    return false
  }
}

/** Runs `code`, and all of `other` before its `step`th atomic operation. Undefined if it came to its end before. */
export function interleavedAt<A, B>(step: number, code: () => A, other: () => B): [A, B] | undefined {
  let result: { value: B } | undefined
  const value = stoppedAt(step, () => {
    restoreAtomics()
    result = { value: other() }
  }, code)
  return result && [value, result.value]
}

export type TypeName = 'set' | 'ordered_set' | 'bag'
export const TYPES: readonly TypeName[] = ['set', 'ordered_set', 'bag']
/** A state of the random numbers after which the next row of an ordered table is seven levels high. */
const HIGH = 1
const MAIN = 65_536

export class World {
  readonly memory = reserveArena()
  readonly main = new Tables(this.memory, 0)
  readonly keeper = new TableKeeper(this.main, { isAlive: () => true, tell: () => undefined })
  readonly table: Found
  private threads = 0

  constructor(readonly type: TypeName = 'set') {
    this.table = this.main.find(this.keeper.serve(MAIN, { ask: 'new', name: undefined, type, access: 'public', maxSize: 0, heir: 0, data: undefined }) as string)!
  }

  /** The tables as another thread has them. */
  open(): Tables {
    const tables = new Tables(this.memory, ++this.threads)
    this.raise(tables)
    return tables
  }

  /** The next row it puts into an ordered table is a high one. */
  raise(tables: Tables): void {
    Object.assign(tables.rows.ordered, { random: HIGH })
  }

  /** Does something in another thread, which then ends. */
  visit(what: (tables: Tables) => void): void {
    what(this.open())
    this.keeper.threadEnded(this.threads)
  }

  /** Does something in another thread that is killed at a step; whether it came to its end. */
  kill(step: number, what: (tables: Tables) => void): boolean {
    const tables = this.open()
    const done = killedAt(step, () => what(tables))
    this.keeper.threadEnded(this.threads)
    return done
  }

  change<T>(tables: Tables, key: Key, change: (rows: Singles | Bags, root: number) => T): T {
    return this.writing(tables, (root) => {
      tables.rows.at(root, key)
      return change(this.type === 'bag' ? tables.bags : tables.singles, root)
    })
  }

  private writing<T>(tables: Tables, use: (root: number) => T): T {
    tables.begin()
    try {
      return use(tables.root(this.table)!)
    } finally {
      tables.end()
    }
  }

  insert(tables: Tables, key: Key, value: unknown): void {
    this.change(tables, key, (rows, root) => rows.write(root, prepare(value), false, 0))
  }

  delete(tables: Tables, key: Key): boolean {
    return this.change(tables, key, (rows, root) => rows.delete(root))
  }

  clear(tables: Tables): void {
    this.writing(tables, (root) => tables.clear(this.table, root))
  }

  /** The values of a key. */
  read(key: Key, tables = this.main): unknown[] {
    return this.change(tables, key, (rows, root) => [rows.read(root)].flat(this.type === 'bag' ? 1 : 0).filter((value) => value !== NONE))
  }

  rows(): [Key, unknown][] {
    return this.main.reading(this.table, (root) => this.main.walk.step(root!, undefined, undefined, 1e6)).rows
  }

  size(): number {
    return this.main.reading(this.table, (root) => this.main.rows.size(root!))
  }

  /** What is wrong with the towers of an ordered table, in words. Nothing writes meanwhile. Who is killed may leave a row that is gone where it was. */
  faults(wasKilled = false): string[] {
    if (this.type !== 'ordered_set') return []
    const { arena } = this.main
    const words = arena.look()
    const faults: string[] = []
    const below = new Set<number>()
    for (let level = 0; level < LEVELS; level++) {
      const here: number[] = []
      const root = this.main.root(this.table)!
      for (let row = words[root + Root.buckets + level]!; row !== 0; row = words[linkAt(words, root, row, level)]! & ~1) here.push(row)
      for (const row of here) {
        if ((words[row]! & 3) !== CellState.live) faults.push(`row ${row} is on level ${level}, and its memory is free`)
        if (!wasKilled && isGone(words[row + Row.value]!)) faults.push(`row ${row} is on level ${level}, and gone`)
        if (level > 0 && !below.has(row)) faults.push(`row ${row} is on level ${level}, and not below it`)
      }
      below.clear()
      for (const row of here) below.add(row)
    }
    return faults
  }
}
