// Table: rows of key and value in shared memory, read and written by any thread without a message and without a lock.
// Semantics: Erlang's ets, tables of type set.

import { checkKeys } from '../process/keys.js'
import { checkName } from '../process/definition.js'
import { type Address, resolve } from '../process/address.js'
import { here } from '../process/here.js'
import { misuse, UsageError } from '../term/errors.js'
import { formatPid, type Pid, type ProcessId } from '../term/pid.js'
import type { Key } from '../table/key.js'
import { noTable, type TableRequest } from '../table/keeper.js'
import { LONGEST_TABLE_NAME, Table } from '../table/layout.js'
import { NONE, type Place } from '../table/rows.js'
import { Access, ACCESS_NAMES, formatTable, type Found } from '../table/tables.js'

declare const rowBrand: unique symbol

/** A table's handle. Text such as `#Table<0.1>`: comparable with `===`, sendable in any message, good in every thread. */
export type TableId<K extends Key = Key, V = unknown> = string & { readonly [rowBrand]: (key: K, value: V) => [K, V] }

/** A table's handle, or its name. */
type Any<K extends Key, V> = TableId<K, V> | string

export interface TableOptions {
  /** Who may do what: `'public'`: every process everything; `'protected'` (the default): every process reads, the owner writes; `'private'`: only the owner reads and writes. */
  readonly access?: 'public' | 'protected' | 'private'
  /** The process that owns the table when its owner has ended. Told by `['TABLE-TRANSFER', table, pid of the owner before, data]`. */
  readonly heir?: Address
  /** What the heir is told. */
  readonly heirData?: unknown
  /** How many rows there may be. Threads that insert at the same instant may pass it by one row each. Without it, memory is the limit. */
  readonly maxSize?: number
}

export interface TableInfo {
  readonly id: TableId
  readonly name: string | undefined
  readonly type: 'set'
  readonly access: 'public' | 'protected' | 'private'
  readonly owner: Pid
  readonly heir: Pid | undefined
  /** Rows. */
  readonly size: number
  readonly maxSize: number | undefined
}

/** How many rows a walk reads at a time: other threads wait for none of it, but memory is not reused meanwhile. */
const STEP = 64

// ---- tables

async function create<K extends Key = any, V = any>(name?: string | TableOptions, options: TableOptions = {}): Promise<TableId<K, V>> {
  if (typeof name === 'object') return create<K, V>(undefined, name)
  checkKeys(options, ['access', 'heir', 'heirData', 'maxSize'], 'Table option')
  const { access = 'protected', heir, heirData, maxSize = 0 } = options
  if (name !== undefined) checkTableName(name)
  if (!(access in Access)) misuse('ERR_BAD_ARGUMENT', 'who may use the table', access, "access: 'public', 'protected' or 'private'")
  if (options.maxSize !== undefined && !(Number.isInteger(maxSize) && maxSize > 0 && maxSize < 2 ** 31)) misuse('ERR_BAD_ARGUMENT', 'a number of rows', options.maxSize, 'maxSize: 10_000, or nothing for no limit')
  return (await ask({ ask: 'new', name, access, maxSize, heir: heir === undefined ? 0 : processOf(heir), data: heirData })) as TableId<K, V>
}

function checkTableName(name: string): void {
  checkName(name)
  if (name.length > LONGEST_TABLE_NAME || name.startsWith('#Table<')) misuse('ERR_BAD_ARGUMENT', `a name of at most ${LONGEST_TABLE_NAME} characters that is no handle`, name, "'counts'")
}

export {
  /**
   * Makes an empty table that belongs to the calling process, and ends with it unless an heir takes it.
   * With a name it can be used by that name, from any thread.
   * Rejects with ERR_NAME_TAKEN when another table has the name. `ets:new/2`.
   *
   * @example
   * const counts = await Table.new<string, number>('counts', { access: 'public' })
   * Table.updateCounter(counts, 'visits', 1, 0)
   */
  create as new,
}

/** The handle of the table of that name, or undefined. `ets:whereis/1`. */
export function whereis<K extends Key = any, V = any>(name: string): TableId<K, V> | undefined {
  const found = here.openTables().find(name)
  return found && here.openTables().isThere(found) ? (formatTable(found.slot, found.generation) as TableId<K, V>) : undefined
}

/** The handles of all tables. `ets:all/0`. */
export const all = (): TableId[] => here.openTables().all().map(({ slot, generation }) => formatTable(slot, generation) as TableId)

/**
 * Gives the table to another process, which is told `['TABLE-TRANSFER', table, pid of the giver, data]`. Only the owner can.
 * Rejects with ERR_TABLE_ACCESS for anybody else, with ERR_NOT_ALIVE when the other is dead. `ets:give_away/3`.
 */
export async function giveAway(table: Any<any, any>, to: Address, data?: unknown): Promise<void> {
  await ask({ ask: 'giveAway', table, to: processOf(to), data })
}

/** Names the heir anew, or with `undefined` none. Only the owner can. `ets:setopts/2`. */
export async function setHeir(table: Any<any, any>, heir: Address | undefined, data?: unknown): Promise<void> {
  await ask({ ask: 'setHeir', table, to: heir === undefined ? 0 : processOf(heir), data })
}

/** Ends the table, with all its rows. Only the owner can. `ets:delete/1`. */
export async function deleteTable(table: Any<any, any>): Promise<void> {
  await ask({ ask: 'delete', table })
}

/** What is known of a table; undefined when there is none. Anybody may ask, whatever its access. `ets:info/1`. */
export function info(table: Any<any, any>): TableInfo | undefined {
  const tables = here.openTables()
  const found = tables.find(table)
  return found && tables.reading(found, (root) => {
    if (root === undefined) return undefined
    const { slot, generation } = found
    const heir = tables.heir(slot)
    return {
      id: formatTable(slot, generation) as TableId, name: tables.name(slot) || undefined, type: 'set', access: ACCESS_NAMES[tables.word(found, Table.access)]!,
      owner: formatPid(tables.owner(slot)), heir: heir === 0 ? undefined : formatPid(heir),
      size: tables.rows.size(root), maxSize: tables.word(found, Table.maxSize) || undefined,
    }
  })
}

// ---- rows

/**
 * Puts a value under a key, in place of what is there. `ets:insert/2`.
 * Throws ERR_NOT_CLONEABLE with the path of what cannot be stored, ERR_TABLE_FULL, ERR_BAD_ARGUMENT for what is no key,
 * ERR_NO_TABLE when the table has ended, ERR_TABLE_ACCESS when the process may not write.
 */
export function insert<K extends Key, V>(table: Any<K, V>, key: K, value: V): void {
  writing(table, (root, found) => here.openTables().rows.at(key).write(root, value, false, here.openTables().word(found, Table.maxSize)))
}

/** The same, only if the key has no row: returns whether it was put in. `ets:insert_new/2`. */
export function insertNew<K extends Key, V>(table: Any<K, V>, key: K, value: V): boolean {
  return writing(table, (root, found) => here.openTables().rows.at(key).write(root, value, true, here.openTables().word(found, Table.maxSize)))
}

/** A copy of the value under a key, or undefined. Throws as `insert` does. `ets:lookup/2`. */
export function lookup<K extends Key, V>(table: Any<K, V>, key: K): V | undefined {
  const value = reading(table, (root) => here.openTables().rows.at(key).read(root))
  return value === NONE ? undefined : (value as V)
}

/** Whether the key has a row. `ets:member/2`. */
export function member<K extends Key>(table: Any<K, any>, key: K): boolean {
  return reading(table, (root) => here.openTables().rows.at(key).has(root))
}

/** Removes the row and returns its value, or undefined: of several that take it, one gets it. `ets:take/2`. */
export function take<K extends Key, V>(table: Any<K, V>, key: K): V | undefined {
  const value = writing(table, (root) => here.openTables().rows.at(key).take(root))
  return value === NONE ? undefined : (value as V)
}

// An exported function cannot be called delete.
function remove<K extends Key>(table: Any<K, any>, key: K): boolean {
  return writing(table, (root) => here.openTables().rows.at(key).delete(root))
}

export {
  /** Removes the row of a key; returns whether there was one. `ets:delete/2`. */
  remove as delete,
}

/**
 * Adds to the integer under a key, and returns the sum: of many threads that add, nothing is lost. `ets:update_counter/4`.
 * Without a row it begins at `initial`; without that it throws ERR_BAD_ARGUMENT, as it does for what is no integer and for
 * sums beyond Number.MAX_SAFE_INTEGER.
 */
export function updateCounter<K extends Key>(table: Any<K, number>, key: K, by = 1, initial?: number): number {
  if (!Number.isSafeInteger(by)) misuse('ERR_BAD_ARGUMENT', 'an integer to add', by, '1')
  if (initial !== undefined && !Number.isSafeInteger(initial)) misuse('ERR_BAD_ARGUMENT', 'an integer to begin at', initial, '0')
  return writing(table, (root, found) => {
    const tables = here.openTables()
    for (;;) {
      const added = tables.rows.at(key).add(root, by)
      if (typeof added === 'object') {
        if ('found' in added) misuse('ERR_BAD_ARGUMENT', `an integer, and a sum that is one, under ${String(key)}`, added.found, 'Table.insert(table, key, 0) before')
        return added.sum
      }
      if (initial === undefined) misuse('ERR_BAD_ARGUMENT', 'a key that has a row', key, 'what to begin at as well: updateCounter(table, key, 1, 0)')
      if (tables.rows.write(root, initial + by, true, tables.word(found, Table.maxSize))) return initial + by
    }
  })
}

/** How many rows there are. `ets:info(Table, size)`. */
export function size(table: Any<any, any>): number {
  return reading(table, (root) => here.openTables().rows.size(root))
}

/** Removes all rows, at once. `ets:delete_all_objects/1`. */
export function clear(table: Any<any, any>): void {
  writing(table, (root, found) => here.openTables().clear(found, root))
}

/**
 * The rows, one after another, in no order. Others may write meanwhile: a row that is there all the time comes once,
 * one that comes or goes meanwhile may be seen or not. `ets:next/2` with `ets:safe_fixtable/2`.
 *
 * @example
 * for (const [key, value] of Table.entries(counts)) console.log(key, value)
 */
export function* entries<K extends Key, V>(table: Any<K, V>): Generator<[K, V], void, undefined> {
  for (let place: Place | undefined, isFirst = true; isFirst || place !== undefined; isFirst = false) {
    const step = reading(table, (root) => here.openTables().rows.walk(root, place, STEP))
    yield* step.rows as [K, V][]
    place = step.place
  }
}

/** The keys, as `entries` finds them. */
export function* keys<K extends Key>(table: Any<K, any>): Generator<K, void, undefined> {
  for (const [key] of entries(table)) yield key as K
}

/** The rows that a function says yes to, at most `limit`: `[key, value]`. `ets:select/2,3`. */
export function select<K extends Key, V>(table: Any<K, V>, predicate: (key: K, value: V) => boolean = () => true, limit = Infinity): [K, V][] {
  if (typeof predicate !== 'function') misuse('ERR_BAD_ARGUMENT', 'a function of key and value', predicate, '(key, value) => value > 1')
  if (limit !== Infinity && !(Number.isInteger(limit) && limit > 0)) misuse('ERR_BAD_ARGUMENT', 'a number of rows', limit, 'a limit of 100, or nothing for all rows')
  const chosen: [K, V][] = []
  for (const row of entries(table)) {
    if (!predicate(...row)) continue
    chosen.push(row)
    if (chosen.length === limit) break
  }
  return chosen
}

// ---- access

function reading<T>(table: string, use: (root: number, found: Found) => T): T {
  const found = find(table)
  const tables = here.openTables()
  return tables.reading(found, (root) => {
    if (root === undefined) throw noTable(table)
    if (tables.word(found, Table.access) === Access.private) checkOwner(table, found, 'read')
    return use(root, found)
  })
}

function writing<T>(table: string, use: (root: number, found: Found) => T): T {
  const found = find(table)
  const tables = here.openTables()
  return tables.writing(found, (root) => {
    if (root === undefined) throw noTable(table)
    if (tables.word(found, Table.access) !== Access.public) checkOwner(table, found, 'write')
    return use(root, found)
  })
}

function find(table: string): Found {
  if (typeof table !== 'string') misuse('ERR_BAD_ARGUMENT', 'a table', table, 'its name, or what Table.new gave')
  const found = here.openTables().find(table)
  if (found === undefined) throw noTable(table)
  return found
}

function checkOwner(table: string, found: Found, what: 'read' | 'write'): void {
  const tables = here.openTables()
  if (tables.isOwner(found, here.self.id)) return
  throw new UsageError('ERR_TABLE_ACCESS', `expected the owner of ${table} to ${what} it, got ${here.self.pid}; write access: '${what === 'read' ? 'protected' : 'public'}' where the table is made, or ask the process that owns it`)
}

const ask = (request: TableRequest): Promise<unknown> => here.role.table(here.self.id, request)

function processOf(address: Address): ProcessId {
  const id = resolve(address)
  if (id === undefined || id < 0) misuse('ERR_NOT_ALIVE', 'a living process', address, 'its pid, or the name it is registered under')
  return id
}
