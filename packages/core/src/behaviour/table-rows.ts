// What is done to the rows of a table, by key. Each of these happens at one moment, whatever other threads do.

import { misuse } from '../term/errors.js'
import type { Key } from '../table/key.js'
import { Table } from '../table/layout.js'
import { NONE } from '../table/singles.js'
import { prepare } from '../table/value.js'
import { type AnyTable, type BagId, checkSingle, isBag, reading, writing } from './table-access.js'

/**
 * Puts a value under a key, in place of what is there. Into a bag, adds it to the values of the key, unless it is one of
 * them: the same when copied, field by field. `ets:insert/2`.
 * Throws ERR_NOT_CLONEABLE with the path of what cannot be stored, ERR_TABLE_FULL, ERR_BAD_ARGUMENT for what is no key,
 * ERR_NO_TABLE when the table has ended, ERR_TABLE_ACCESS when the process may not write.
 */
export function insert<K extends Key, V>(table: AnyTable<K, V>, key: K, value: V): void {
  write(table, key, value, false)
}

/** The same, only if the key has no row: returns whether it was put in. `ets:insert_new/2`. */
export function insertNew<K extends Key, V>(table: AnyTable<K, V>, key: K, value: V): boolean {
  return write(table, key, value, true)
}

function write(table: string, key: Key, value: unknown, onlyNew: boolean): boolean {
  const prepared = prepare(value)
  return writing(table, (root, tables, found) => {
    tables.rows.at(root, key)
    return (isBag(tables, root) ? tables.bags : tables.singles).write(root, prepared, onlyNew, tables.word(found, Table.maxSize))
  })
}

/**
 * A copy of the value under a key, or undefined; of a bag, of all values of the key, the oldest first. Throws as `insert`
 * does. `ets:lookup/2`.
 */
export function lookup<K extends Key, V>(table: BagId<K, V>, key: K): V[]
export function lookup<K extends Key, V>(table: AnyTable<K, V>, key: K): V | undefined
export function lookup(table: string, key: Key): unknown {
  return reading(table, (root, tables) => {
    tables.rows.at(root, key)
    if (isBag(tables, root)) return tables.bags.read(root)
    const value = tables.singles.read(root)
    return value === NONE ? undefined : value
  })
}

/** Whether the key has a row. `ets:member/2`. */
export function member<K extends Key>(table: AnyTable<K, any>, key: K): boolean {
  return reading(table, (root, tables) => {
    tables.rows.at(root, key)
    return tables.rows.has(root)
  })
}

/**
 * Removes the row and returns its value, or undefined; of a bag, all values of the key. Of several that take it, one gets it.
 * `ets:take/2`.
 */
export function take<K extends Key, V>(table: BagId<K, V>, key: K): V[]
export function take<K extends Key, V>(table: AnyTable<K, V>, key: K): V | undefined
export function take(table: string, key: Key): unknown {
  return writing(table, (root, tables) => {
    tables.rows.at(root, key)
    if (isBag(tables, root)) return tables.bags.take(root)
    const value = tables.singles.take(root)
    return value === NONE ? undefined : value
  })
}

// An exported function cannot be called delete.
function remove<K extends Key>(table: AnyTable<K, any>, key: K): boolean {
  return writing(table, (root, tables) => {
    tables.rows.at(root, key)
    return (isBag(tables, root) ? tables.bags : tables.singles).delete(root)
  })
}

export {
  /** Removes the row of a key, of a bag all it has; returns whether there was any. `ets:delete/2`. */
  remove as delete,
}

/**
 * Removes the row of a key if it has exactly this value, of a bag this one of its values; returns whether it was there. Values
 * are the same when their copies are, field by field in the same order. `ets:delete_object/2`.
 */
export function deleteObject<K extends Key, V>(table: AnyTable<K, V>, key: K, value: V): boolean {
  const prepared = prepare(value)
  return writing(table, (root, tables) => {
    tables.rows.at(root, key)
    return (isBag(tables, root) ? tables.bags : tables.singles).deleteObject(root, prepared)
  })
}

/**
 * Adds to the integer under a key, and returns the sum: of many threads that add, nothing is lost. `ets:update_counter/4`.
 * Without a row it begins at `initial`; without that it throws ERR_BAD_ARGUMENT, as it does for what is no integer, for
 * sums beyond Number.MAX_SAFE_INTEGER, and for bags.
 */
export function updateCounter<K extends Key>(table: AnyTable<K, number>, key: K, by = 1, initial?: number): number {
  if (!Number.isSafeInteger(by)) misuse('ERR_BAD_ARGUMENT', 'an integer to add', by, '1')
  if (initial !== undefined && !Number.isSafeInteger(initial)) misuse('ERR_BAD_ARGUMENT', 'an integer to begin at', initial, '0')
  return writing(table, (root, tables, found) => {
    checkSingle(tables, root, 'updateCounter')
    tables.rows.at(root, key)
    for (;;) {
      const sum = tables.singles.add(root, by, key)
      if (typeof sum === 'number') return sum
      if (initial === undefined) misuse('ERR_BAD_ARGUMENT', 'a key that has a row', key, 'what to begin at as well: updateCounter(table, key, 1, 0)')
      if (!Number.isSafeInteger(initial + by)) misuse('ERR_BAD_ARGUMENT', 'a sum that is an integer', initial + by, 'less to begin at, or less to add')
      if (tables.singles.write(root, prepare(initial + by), true, tables.word(found, Table.maxSize))) return initial + by
    }
  })
}

/**
 * Puts another value in the place of one field of an object, or of one item of an array, and leaves the rest: of several threads that
 * update different fields, nothing is lost. Returns whether the key has a row. `ets:update_element/3`.
 * Throws ERR_BAD_ARGUMENT when what is there is no plain object and no array with that item, and for bags.
 *
 * @example
 * Table.insert(jobs, 7, { state: 'waiting', tries: 0 })
 * Table.updateElement(jobs, 7, 'state', 'done') // true: { state: 'done', tries: 0 }
 */
export function updateElement<K extends Key, V, E extends keyof V & (string | number)>(table: AnyTable<K, V>, key: K, element: E, value: V[E]): boolean {
  return writing(table, (root, tables) => {
    checkSingle(tables, root, 'updateElement')
    tables.rows.at(root, key)
    return tables.singles.update(root, (old) => withElement(old, element, value))
  })
}

// As text, an index is written in one way: '' and '01' are none.
const INDEX = /^(0|[1-9]\d*)$/

function withElement(old: unknown, element: string | number, value: unknown): unknown {
  if (Array.isArray(old)) {
    if (!INDEX.test(String(element)) || !(element in old)) misuse('ERR_BAD_ARGUMENT', `an index of an array of ${old.length}`, element, 'one of an item that is there')
    return old.with(Number(element), value)
  }
  const prototype = typeof old === 'object' && old !== null ? Object.getPrototypeOf(old) as unknown : undefined
  if (prototype === undefined || (prototype !== null && Object.getPrototypeOf(prototype) !== null)) misuse('ERR_BAD_ARGUMENT', 'a row with a plain object or an array', old, 'Table.insert(table, key, value), to put another value in its place')
  return { ...(old as object), [element]: value }
}
