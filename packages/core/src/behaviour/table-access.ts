// How a function of Table comes to the rows: finds the table, and sees whether the process may.

import { type Address, resolve } from '../process/address.js'
import { here } from '../process/here.js'
import type { Key } from '../table/key.js'
import { noTable, type TableRequest } from '../table/keeper.js'
import { Table, Type } from '../table/layout.js'
import { Access, type Found, type Tables } from '../table/tables.js'
import { misuse, UsageError } from '../term/errors.js'
import type { ProcessId } from '../term/pid.js'

declare const rowBrand: unique symbol
declare const bagBrand: unique symbol

/** A table's handle. Text such as `#Table<0.1>`: comparable with `===`, sendable in any message, good in every thread. */
export type TableId<K extends Key = Key, V = unknown> = string & { readonly [rowBrand]: (key: K, value: V) => [K, V] }

/** The handle of a table of type `bag`: `lookup` and `take` give a list. */
export type BagId<K extends Key = Key, V = unknown> = TableId<K, V> & { readonly [bagBrand]: true }

/** A table's handle, or its name. */
export type AnyTable<K extends Key, V> = TableId<K, V> | string

export function reading<T>(table: string, use: (root: number, tables: Tables, found: Found) => T): T {
  const tables = here.openTables()
  const found = find(tables, table)
  tables.epochs.pin()
  try {
    const root = rootOf(tables, found, table)
    if (tables.word(found, Table.access) === Access.private) checkOwner(tables, table, found, 'read')
    return use(root, tables, found)
  } finally {
    tables.epochs.unpin()
  }
}

export function writing<T>(table: string, use: (root: number, tables: Tables, found: Found) => T): T {
  const tables = here.openTables()
  const found = find(tables, table)
  for (let parts = 0; ; parts++) {
    try {
      return write(tables, found, table, use)
    } catch (error) {
      // What finds no memory, for one of its parts, has done nothing.
      if (parts === MOST_PARTS || !tables.cells.makeRoom()) throw error
    }
  }
}

/** A value, a row, a place to count. */
const MOST_PARTS = 3

function write<T>(tables: Tables, found: Found, table: string, use: (root: number, tables: Tables, found: Found) => T): T {
  tables.begin()
  try {
    const root = rootOf(tables, found, table)
    if (tables.word(found, Table.access) !== Access.public) checkOwner(tables, table, found, 'write')
    return use(root, tables, found)
  } finally {
    tables.end()
  }
}

function find(tables: Tables, table: string): Found {
  if (typeof table !== 'string') misuse('ERR_BAD_ARGUMENT', 'a table', table, 'its name, or what Table.new gave')
  const found = tables.find(table)
  if (found === undefined) throw noTable(table)
  return found
}

function rootOf(tables: Tables, found: Found, table: string): number {
  const root = tables.root(found)
  if (root === undefined) throw noTable(table)
  return root
}

function checkOwner(tables: Tables, table: string, found: Found, what: 'read' | 'write'): void {
  if (tables.isOwner(found, here.self.id)) return
  throw new UsageError('ERR_TABLE_ACCESS', `expected the owner of ${table} to ${what} it, got ${here.self.pid}; write access: '${what === 'read' ? 'protected' : 'public'}' where the table is made, or ask the process that owns it`)
}

export const isBag = (tables: Tables, root: number): boolean => tables.rows.typeOf(root) === Type.bag

/** Refuses what a bag cannot do, where a key has many objects. */
export function checkSingle(tables: Tables, root: number, what: string): void {
  if (isBag(tables, root)) misuse('ERR_BAD_ARGUMENT', `a table of type 'set' or 'ordered_set' for ${what}`, "one of type 'bag'", 'deleteObject and insert, to put one object in place of another')
}

/** Asks the main thread, which keeps the tables. */
export async function ask(request: TableRequest): Promise<unknown> {
  here.openTables()
  return here.role.table(here.self.id, request)
}

export function processOf(address: Address): ProcessId {
  const id = resolve(address)
  if (id === undefined || id < 0) misuse('ERR_NOT_ALIVE', 'a living process', address, 'its pid, or the name it is registered under')
  return id
}
