// Table: rows of key and value in shared memory, read and written by any thread without a message and without a lock.
// Semantics: Erlang's ets.

import { checkKeys } from '../process/keys.js'
import { checkName, type Definition, remember } from '../process/definition.js'
import type { Address } from '../process/address.js'
import { here } from '../process/here.js'
import { misuse } from '../term/errors.js'
import { formatPid, type Pid } from '../term/pid.js'
import type { Key } from '../table/key.js'
import { noTable } from '../table/keeper.js'
import { LONGEST_TABLE_NAME, Table, Type } from '../table/layout.js'
import { Access, ACCESS_NAMES, formatTable, TYPE_NAMES } from '../table/tables.js'
import { hostedServer } from './hosted.js'
import { ok } from './returns.js'
import { checkPath, TableFile, writeTable } from './table-file.js'
import { type AnyTable, ask, type BagId, processOf, reading, type TableId, writing } from './table-access.js'

export { delete, deleteObject, insert, insertNew, lookup, member, take, updateCounter, updateElement } from './table-rows.js'
export { entries, first, keys, last, next, prev, select } from './table-walk.js'

export interface TableOptions {
  /**
   * `'set'` (the default): a key has one value; `'ordered_set'`: the same, with the keys in order; `'bag'`: a key has any number of
   * different values.
   */
  readonly type?: 'set' | 'ordered_set' | 'bag'
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
  readonly type: 'set' | 'ordered_set' | 'bag'
  readonly access: 'public' | 'protected' | 'private'
  readonly owner: Pid
  readonly heir: Pid | undefined
  /** Rows; of a bag, values. */
  readonly size: number
  readonly maxSize: number | undefined
}

// ---- tables

type BagOptions = TableOptions & { readonly type: 'bag' }

async function create<K extends Key = any, V = any>(options: BagOptions): Promise<BagId<K, V>>
async function create<K extends Key = any, V = any>(name: string, options: BagOptions): Promise<BagId<K, V>>
async function create<K extends Key = any, V = any>(name?: string | TableOptions, options?: TableOptions): Promise<TableId<K, V>>
async function create(name?: string | TableOptions, options: TableOptions = {}): Promise<TableId<any, any>> {
  if (typeof name === 'object') return create(undefined, name)
  checkKeys(options, ['type', 'access', 'heir', 'heirData', 'maxSize'], 'Table option')
  const { type = 'set', access = 'protected', heir, heirData, maxSize = 0 } = options
  if (name !== undefined) checkTableName(name)
  if (!(type in Type)) misuse('ERR_BAD_ARGUMENT', 'a type of tables', type, "type: 'set', 'ordered_set' or 'bag'")
  if (!(access in Access)) misuse('ERR_BAD_ARGUMENT', 'who may use the table', access, "access: 'public', 'protected' or 'private'")
  if (options.maxSize !== undefined && !(Number.isInteger(maxSize) && maxSize > 0 && maxSize < 2 ** 31)) misuse('ERR_BAD_ARGUMENT', 'a number of rows', options.maxSize, 'maxSize: 10_000, or nothing for no limit')
  return (await ask({ ask: 'new', name, type, access, maxSize, heir: heir === undefined ? 0 : processOf(heir), data: heirData })) as TableId<any, any>
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

/** Owns a table, and does nothing else: it lives on the main thread as long as its supervisor wants. */
const owner: Definition = remember(hostedServer(`${__filename}#owner`, 'Table', {
  init: async ({ name, options }: TablePlan) => {
    await create(name, options)
    return ok(null)
  },
}))

interface TablePlan {
  readonly name: string
  readonly options: TableOptions
}

/**
 * A table as a child of a supervisor: it is there before the children that come after it, outlives all their restarts, and ends with the
 * supervisor. Under `one_for_all` it is made anew, empty, with the others. Not for `private` or `protected` tables, which
 * only their owner could write.
 *
 * @example
 * await using supervisor = await Supervisor.startLink([Table.spec('counts'), [Counter, 0]], { strategy: 'one_for_one' })
 */
export function spec(name: string, options: Omit<TableOptions, 'access'> = {}): { readonly id: string; readonly start: readonly [Definition, TablePlan, { readonly name: null }] } {
  checkTableName(name)
  checkKeys(options, ['type', 'heir', 'heirData', 'maxSize'], 'Table option')
  return { id: name, start: [owner, { name, options: { ...options, access: 'public' } }, { name: null }] }
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
 * Rejects with ERR_TABLE_ACCESS for anybody else, with ERR_NOT_ALIVE when the other is dead, with ERR_BAD_ARGUMENT when it is the owner. `ets:give_away/3`.
 */
export async function giveAway(table: AnyTable<any, any>, to: Address, data?: unknown): Promise<void> {
  await ask({ ask: 'giveAway', table, to: processOf(to), data })
}

/** Names the heir anew, or with `undefined` none. Only the owner can. `ets:setopts/2`. */
export async function setHeir(table: AnyTable<any, any>, heir: Address | undefined, data?: unknown): Promise<void> {
  await ask({ ask: 'setHeir', table, to: heir === undefined ? 0 : processOf(heir), data })
}

/** Ends the table, with all its rows. Only the owner can. `ets:delete/1`. */
export async function deleteTable(table: AnyTable<any, any>): Promise<void> {
  await ask({ ask: 'delete', table })
}

/** What is known of a table; undefined when there is none. Anybody may ask, whatever its access. `ets:info/1`. */
export function info(table: AnyTable<any, any>): TableInfo | undefined {
  const tables = here.openTables()
  const found = tables.find(table)
  return found && tables.reading(found, (root) => {
    if (root === undefined) return undefined
    const { slot, generation } = found
    const heir = tables.heir(slot)
    return {
      id: formatTable(slot, generation) as TableId, name: tables.name(slot) || undefined, type: TYPE_NAMES[tables.rows.typeOf(root)]!, access: ACCESS_NAMES[tables.word(found, Table.access)]!,
      owner: formatPid(tables.owner(slot)), heir: heir === 0 ? undefined : formatPid(heir),
      size: tables.rows.size(root), maxSize: tables.word(found, Table.maxSize) || undefined,
    }
  })
}

/** How many rows there are, of a bag values. `ets:info(Table, size)`. */
export function size(table: AnyTable<any, any>): number {
  return reading(table, (root, { rows }) => rows.size(root))
}

/** Removes all rows, at once. `ets:delete_all_objects/1`. */
export function clear(table: AnyTable<any, any>): void {
  writing(table, (root, tables, found) => tables.clear(found, root))
}

/**
 * Writes the rows of a table to a file, in place of what is there: until all of it is on the disk, the file of before stays. Returns how many
 * rows. What others change meanwhile may be in it or not, each row whole. What was left beside it by one that was killed is removed. `ets:tab2file/2`.
 * Rejects with ERR_STORE_FAILED when the disk refuses it.
 *
 * @example
 * await Table.toFile('visits', './visits.table')
 */
export async function toFile(table: AnyTable<any, any>, path: string): Promise<number> {
  checkPath(path)
  const known = info(table)
  if (known === undefined) throw noTable(table)
  const { name, type, access, maxSize } = known
  return writeTable(table, { name, type, access, maxSize }, path)
}

/** What a table gets that is not as it was when its file was written. `name: null`: no name. */
export interface FromFileOptions extends Omit<TableOptions, 'type'> {
  readonly name?: string | null
}

/**
 * Makes a table of what `toFile` wrote: of the same name, type, access and maxSize, unless told otherwise, and the calling process's. The file is
 * read through before anything is made. `ets:file2tab/1`.
 * Rejects with ERR_FILE_DAMAGED when it is not as it was written, with ERR_STORE_FAILED when it cannot be read, with
 * ERR_NAME_TAKEN when a table has the name, with ERR_TABLE_FULL when it has more rows than there is room for.
 *
 * @example
 * const visits = await Table.fromFile<string, number>('./visits.table')
 */
export async function fromFile<K extends Key = any, V = any>(path: string, options: FromFileOptions = {}): Promise<TableId<K, V>> {
  checkPath(path)
  checkKeys(options, ['name', 'access', 'heir', 'heirData', 'maxSize'], 'Table option')
  here.openTables() // where there are none, no file is read for nothing
  const { name: given, ...rest } = options
  const file = await TableFile.open(path)
  try {
    const { name, maxSize, ...head } = file.head
    const table = await create(given === undefined ? name : given ?? undefined, { ...head, ...(maxSize === undefined ? {} : { maxSize }), ...rest })
    try {
      await file.readInto(table)
      return table as TableId<K, V>
    } catch (error) {
      await deleteTable(table)
      throw error
    }
  } finally {
    await file.close()
  }
}
