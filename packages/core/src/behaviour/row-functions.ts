// What tables in memory and tables on disk have in common, so that code can be written for either.

import type { Key } from '../table/key.js'
import type { RangeOptions } from '../table/walk.js'

/** A table in memory answers at once, a durable one later: `await` does for both. */
type Answer<T> = T | Promise<T>

/**
 * The functions of `Table` that `Durable` of `@starfish/store` has as well, of the same meaning.
 *
 * @example
 * async function count(rows: RowFunctions, table: string): Promise<number> {
 *   return await rows.updateCounter(table, 'visits', 1, 0)
 * }
 * await count(Table, 'memory')
 * await count(Durable, 'disk')
 */
export interface RowFunctions {
  insert(table: string, key: Key, value: unknown): Answer<void>
  insertNew(table: string, key: Key, value: unknown): Answer<boolean>
  lookup(table: string, key: Key): Answer<any>
  member(table: string, key: Key): Answer<boolean>
  take(table: string, key: Key): Answer<any>
  delete(table: string, key: Key): Answer<boolean>
  updateCounter(table: string, key: Key, by?: number, initial?: number): Answer<number>
  size(table: string): Answer<number>
  clear(table: string): Answer<void>
  entries(table: string, range?: Pick<RangeOptions, 'from' | 'to' | 'prefix' | 'reverse' | 'limit'>): Iterable<[any, any]> | AsyncIterable<[any, any]>
  keys(table: string, range?: Pick<RangeOptions, 'from' | 'to' | 'prefix' | 'reverse' | 'limit'>): Iterable<any> | AsyncIterable<any>
  select(table: string, predicate?: (key: any, value: any) => boolean, limit?: number): Answer<[any, any][]>
}
