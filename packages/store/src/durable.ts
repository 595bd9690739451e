// Durable: rows of key and value in a file, which outlive the program. A module is a namespace: `Durable.insert(...)`.
// As `Table`, with promises, since a file is not memory. Semantics: Erlang's dets, and ets where dets has less.

import { resolve } from 'node:path'
import { GenServer, UsageError, type Host, type Key, type RangeOptions, type Started } from 'starfish'
import type { Change } from './batch.js'
import { bytesOf, textOf } from './bytes.js'
import { chooseDriver, type DriverName, type Range } from './driver.js'
import { drivers } from './drivers.js'
import { packKey, packPrefix, unpackKey } from './key.js'
import * as rows from './reader.js'
import { show } from './show.js'
import { packValue, unpackValue } from './value.js'
import Writer, { type Answer, type Place, type Plan } from './writer.js'

declare const rowBrand: unique symbol

/** A durable table that this process has opened. `await using` closes it. Other processes use it by its name. */
export interface Opened<K extends Key = Key, V = unknown> extends Started {
  readonly name: string
  /** Only for the type checker. */
  readonly [rowBrand]?: (key: K, value: V) => [K, V]
}

/** What `open` gave, or the table's name. */
type Any<K extends Key, V> = Opened<K, V> | string

export interface DurableOptions {
  /** Where the rows are, from the working directory: a file for SQLite, a folder for LevelDB. Made with its folders when it is not there. */
  readonly file: string
  /** `'sqlite'` or `'level'`. By default the one that wrote the file, else SQLite where Node has it. */
  readonly driver?: DriverName
}

export interface DurableSpec extends DurableOptions {
  /** By which all processes use the table. The process that writes is registered under it. */
  readonly name: string
}

export interface DurableInfo extends Omit<Place, 'hasReaders'> {
  readonly name: string
  /** Rows. */
  readonly size: number
}

/** How many rows are read at a time. */
const STEP = 256

// ---- tables

/**
 * Opens a file as a table of that name, or makes it, linked to the calling process: when that ends, it is closed. For a
 * table that outlives a crash, put `Durable.spec` into a supervisor. `dets:open_file/2`.
 *
 * Rejects with ERR_NO_STORE when this Node has nothing to read or write it with (the error says what to install),
 * ERR_FILE_IN_USE when another table or program has the file open, ERR_FILE_DAMAGED when it cannot be read,
 * ERR_STORE_FAILED when the disk refuses, ERR_START when the name is taken.
 *
 * @example
 * await using counts = await Durable.open<string, number>('counts', { file: 'data/counts.db' })
 * await Durable.updateCounter(counts, 'visits', 1, 0)
 */
export async function open<K extends Key = any, V = any>(name: string, options: DurableOptions): Promise<Opened<K, V>> {
  const plan = planOf({ ...options, name })
  const writer = await GenServer.startLink(Writer, plan, { name, host: hostOf(plan) }).catch((error: Error) => {
    throw causeOf(error)
  })
  const close = async (): Promise<void> => {
    rows.forget(name)
    await writer[Symbol.asyncDispose]()
    rows.forget(name) // who read meanwhile has opened it again
  }
  return { name, pid: writer.pid, toString: () => writer.pid, [Symbol.asyncDispose]: close }
}

/** Why a start failed, if it was the store. */
function causeOf(error: Error): Error {
  const code = (error.cause as { code?: unknown } | undefined)?.code
  return typeof code === 'string' && code.startsWith('ERR_') ? (error.cause as Error) : error
}

/**
 * A durable table as a child of a supervisor, before the children that use it. Killed or crashed, it is opened again; what had
 * been committed is there.
 *
 * @example
 * await Supervisor.startLink([Durable.spec({ name: 'counts', file: 'data/counts.db' }), Counter], { strategy: 'one_for_one' })
 */
export function spec(options: DurableSpec): { readonly id: string; readonly start: readonly [typeof Writer, Plan, { readonly name: string; readonly host: Host }]; readonly shutdown: number } {
  const plan = planOf(options)
  return { id: options.name, start: [Writer, plan, { name: options.name, host: hostOf(plan) }], shutdown: 30_000 }
}

const OPTIONS = ['name', 'file', 'driver']

function planOf(options: DurableSpec): Plan {
  const unknown = Object.keys(options).find((key) => !OPTIONS.includes(key))
  if (unknown !== undefined) refuse('an option of a durable table', unknown, 'one of file, driver')
  const { name, file, driver } = options
  if (typeof name !== 'string' || name === '') refuse('the name of the table', name, "'counts'")
  if (typeof file !== 'string' || file === '') refuse('the path of a file', file, "{ file: 'data/counts.db' }")
  if (driver !== undefined && driver !== 'sqlite' && driver !== 'level') refuse('a driver', driver, "'sqlite', 'level', or nothing")
  return { file: resolve(file), driver: chooseDriver(resolve(file), driver, drivers) }
}

// LevelDB does not survive that its thread is killed, and works in threads of its own: it belongs on the one that stays.
const hostOf = ({ driver }: Plan): Host => (driver === 'level' ? 'main' : 'thread')

function refuse(expected: string, got: unknown, instead: string): never {
  throw new UsageError('ERR_BAD_ARGUMENT', `expected ${expected}, got ${show(got)}; write ${instead}`)
}

/** Closes the table: what was written is there, and the file is free. Whoever uses it afterwards gets ERR_NO_TABLE. `dets:close/1`. */
export async function close(table: Any<any, any>): Promise<void> {
  const name = nameOf(table)
  rows.forget(name)
  await rows.askAgain(name, 'place')
  await GenServer.stop(name)
  rows.forget(name)
}

/** What is known of a table. Rejects with ERR_NO_TABLE. `dets:info/1`. */
export async function info(table: Any<any, any>): Promise<DurableInfo> {
  const name = nameOf(table)
  const { file, driver } = await rows.askAgain<Place>(name, 'place')
  return { name, file, driver, size: await rows.size(name) }
}

/** Waits until all that was written before is on the disk, whatever happens to the machine. `dets:sync/1`. */
export async function sync(table: Any<any, any>): Promise<void> {
  await change(table, ['sync'])
}

// ---- rows

/**
 * Puts a value under a key, in place of what is there. When the promise resolves, every process sees it, and no death of a
 * process or of the program loses it; for the power failing, `sync` too. `dets:insert/2`.
 *
 * Rejects with ERR_NOT_CLONEABLE with the path of what cannot be stored, ERR_BAD_ARGUMENT for what is no key, ERR_NO_TABLE
 * when the table is closed, ERR_STORE_FAILED when the disk refuses, ERR_CALL_EXIT when the writer was killed: then it may be written or not.
 */
export async function insert<K extends Key, V>(table: Any<K, V>, key: NoInfer<K>, value: NoInfer<V>): Promise<void> {
  await change(table, ['insert', textOf(packKey(key)), textOf(packValue(value))])
}

/** The same, only if the key has no row: gives whether it was put in. `dets:insert_new/2`. */
export async function insertNew<K extends Key, V>(table: Any<K, V>, key: NoInfer<K>, value: NoInfer<V>): Promise<boolean> {
  return (await change(table, ['insertNew', textOf(packKey(key)), textOf(packValue(value))])) as boolean
}

/** The value under a key, or undefined. `dets:lookup/2`. */
export async function lookup<K extends Key, V>(table: Any<K, V>, key: NoInfer<K>): Promise<V | undefined> {
  const found = await rows.get(nameOf(table), packKey(key))
  return found && (unpackValue(found) as V)
}

/** Whether the key has a row. `dets:member/2`. */
export async function member<K extends Key>(table: Any<K, any>, key: NoInfer<K>): Promise<boolean> {
  return (await rows.get(nameOf(table), packKey(key))) !== undefined
}

/** Removes the row and gives its value, or undefined: of several that take it, one gets it. `ets:take/2`. */
export async function take<K extends Key, V>(table: Any<K, V>, key: NoInfer<K>): Promise<V | undefined> {
  const taken = (await change(table, ['take', textOf(packKey(key))])) as string | undefined
  return taken === undefined ? undefined : (unpackValue(bytesOf(taken)) as V)
}

// An exported function cannot be called delete.
async function remove<K extends Key>(table: Any<K, any>, key: NoInfer<K>): Promise<boolean> {
  return (await change(table, ['delete', textOf(packKey(key))])) as boolean
}

export {
  /** Removes the row of a key; gives whether there was one. `dets:delete/2`. */
  remove as delete,
}

/**
 * Adds to the integer under a key, and gives the sum: of many that add, nothing is lost. `dets:update_counter/3`.
 * Without a row it begins at `initial`; without that it rejects with ERR_BAD_ARGUMENT, as it does for what is no integer.
 */
export async function updateCounter<K extends Key>(table: Any<K, number>, key: NoInfer<K>, by = 1, initial?: number): Promise<number> {
  if (!Number.isSafeInteger(by)) refuse('an integer to add', by, '1')
  if (initial !== undefined && !Number.isSafeInteger(initial)) refuse('an integer to begin at', initial, '0')
  packKey(key)
  return (await change(table, ['add', key, by, initial])) as number
}

/** How many rows there are. */
export const size = async (table: Any<any, any>): Promise<number> => rows.size(nameOf(table))

/** Removes all rows, at once. `dets:delete_all_objects/1`. */
export async function clear(table: Any<any, any>): Promise<void> {
  await change(table, ['clear'])
}

/**
 * Puts another value in the place of one field of an object, or of one item of an array, and leaves the rest: of several that
 * update different fields, nothing is lost. Gives whether the key has a row. `ets:update_element/3`.
 * Rejects with ERR_BAD_ARGUMENT when what is there is no plain object and no array with that item.
 *
 * @example
 * await Durable.updateElement(jobs, 7, 'state', 'done')
 */
export async function updateElement<K extends Key = any, V = any, E extends keyof V & (string | number) = keyof V & (string | number)>(table: Any<K, V>, key: NoInfer<K>, element: E, value: NoInfer<V[E]>): Promise<boolean> {
  if (typeof element !== 'string' && typeof element !== 'number') refuse('the name of a field, or an index', element, "'state'")
  return (await change(table, ['update', textOf(packKey(key)), element, textOf(packValue(value))])) as boolean
}

/**
 * The rows, in the order of their keys, or a range of them. Others may write meanwhile: a row that is there all the time comes
 * once, one that comes or goes meanwhile may be seen or not. `ets:next/2` on an ordered_set.
 *
 * @example
 * for await (const [key, value] of Durable.entries('jobs', { prefix: ['resize'] })) console.log(key, value)
 */
export async function* entries<K extends Key = any, V = any>(table: Any<K, V>, range: RangeOptions<NoInfer<K>> = {}): AsyncGenerator<[K, V], void, undefined> {
  const name = nameOf(table)
  const { limit = Infinity, reverse = false } = range
  let bounds = boundsOf(range)
  for (let left = limit; left > 0; ) {
    const step = Math.min(left, STEP)
    const found = await rows.range(name, { ...bounds, reverse, limit: step })
    for (const [key, value] of found) yield [unpackKey(key) as K, unpackValue(value) as V]
    if (found.length < step) return
    left -= step
    const last = found.at(-1)![0]
    bounds = reverse ? { ...bounds, to: undefined, before: last } : { ...bounds, from: undefined, after: last }
  }
}

const BOUNDS = ['from', 'after', 'to', 'before'] as const
type Bounds = { -readonly [B in (typeof BOUNDS)[number]]?: Range[B] | undefined }

function boundsOf(range: RangeOptions<any>): Bounds {
  const known: readonly string[] = [...BOUNDS, 'prefix', 'reverse', 'limit']
  const unknown = Object.keys(range).find((key) => !known.includes(key))
  if (unknown !== undefined) refuse('a range option', unknown, `one of ${known.join(', ')}`)
  const { from, after, to, before, prefix, limit } = range
  if (from !== undefined && after !== undefined) refuse('from or after', 'both', 'from: key, to begin with it, or after: key, to begin behind it')
  if (to !== undefined && before !== undefined) refuse('to or before', 'both', 'to: key, to end with it, or before: key, to end in front of it')
  if (limit !== undefined) checkLimit(limit)
  const given = BOUNDS.filter((bound) => range[bound] !== undefined)
  if (prefix === undefined) return Object.fromEntries(given.map((bound) => [bound, packKey(range[bound] as Key)]))
  if (given.length > 0) refuse('a prefix alone', given.join(' and '), "prefix: ['lobby']")
  return packPrefix(prefix)
}

function checkLimit(limit: number): void {
  if (limit !== Infinity && !(Number.isInteger(limit) && limit > 0)) refuse('a number of rows', limit, 'a limit of 100, or nothing for all rows')
}

async function keyIn<K extends Key>(table: Any<K, any>, range: Omit<Range, 'limit'>): Promise<K | undefined> {
  const [row] = await rows.range(nameOf(table), { ...range, limit: 1 })
  return row && (unpackKey(row[0]) as K)
}

/** The lowest key, or undefined. `ets:first/1`. */
export const first = <K extends Key>(table: Any<K, any>): Promise<K | undefined> => keyIn(table, {})

/** The highest key, or undefined. `ets:last/1`. */
export const last = <K extends Key>(table: Any<K, any>): Promise<K | undefined> => keyIn(table, { reverse: true })

/** The key after another, or undefined at the end. The other need not be there. `ets:next/2`. */
export async function next<K extends Key>(table: Any<K, any>, after: NoInfer<K>): Promise<K | undefined> {
  return keyIn(table, { after: packKey(after) })
}

/** The key before another, or undefined at the beginning. The other need not be there. `ets:prev/2`. */
export async function prev<K extends Key>(table: Any<K, any>, before: NoInfer<K>): Promise<K | undefined> {
  return keyIn(table, { before: packKey(before), reverse: true })
}

/** The keys, as `entries` finds them. */
export async function* keys<K extends Key = any>(table: Any<K, any>, range: RangeOptions<NoInfer<K>> = {}): AsyncGenerator<K, void, undefined> {
  for await (const [key] of entries(table, range)) yield key
}

/** The rows that a function says yes to, at most `limit`: `[key, value]`. `dets:select/2,3`. */
export async function select<K extends Key = any, V = any>(table: Any<K, V>, predicate: (key: NoInfer<K>, value: NoInfer<V>) => boolean = () => true, limit = Infinity): Promise<[K, V][]> {
  if (typeof predicate !== 'function') refuse('a function of key and value', predicate, '(key, value) => value > 1')
  checkLimit(limit)
  const chosen: [K, V][] = []
  for await (const row of entries(table)) {
    if (!predicate(...row)) continue
    chosen.push(row)
    if (chosen.length === limit) break
  }
  return chosen
}

// ---- access

async function change(table: Any<any, any>, what: Change): Promise<unknown> {
  return rows.valueOf(await rows.ask<Answer>(nameOf(table), ['change', what]))
}

function nameOf(table: unknown): string {
  if (typeof table === 'string') return table
  const name = (table as Partial<Opened> | null | undefined)?.name
  return typeof name === 'string' ? name : refuse('a durable table', table, 'its name, or what Durable.open gave')
}
