// Walks over tables: all rows or a range, key by key, or those that a function chooses. Others may write meanwhile.

import { misuse } from '../term/errors.js'
import { checkKeys } from '../process/keys.js'
import type { Key } from '../table/key.js'
import type { Place } from '../table/row-list.js'
import type { RangeOptions, Span } from '../table/walk.js'
import { type AnyTable, reading } from './table-access.js'

/** How many rows a walk reads at a time: other threads wait for none of it, but memory is not reused meanwhile. */
const STEP = 64

/**
 * The rows, one after another: of an `ordered_set` in the order of keys, and on request only a range; of others in no order. Others
 * may write meanwhile: a row that is there all the time comes once, one that comes or goes meanwhile may be seen or not.
 * `ets:next/2` with `ets:safe_fixtable/2`.
 * Throws ERR_BAD_ARGUMENT for a range of a table that has no order.
 *
 * @example
 * for (const [key, value] of Table.entries(counts)) console.log(key, value)
 * for (const [time, text] of Table.entries(log, { from: yesterday, reverse: true, limit: 10 })) console.log(text)
 */
export function* entries<K extends Key, V>(table: AnyTable<K, V>, range: RangeOptions<K> = {}): Generator<[K, V], void, undefined> {
  checkRange(range)
  const { limit = Infinity } = range
  const isPart = Object.keys(range).some((key) => key !== 'limit')
  let span: Span | undefined
  let left = limit
  for (let place: Place | undefined, isFirst = true; left > 0 && (isFirst || place !== undefined); isFirst = false) {
    const step = reading(table, (root, { walk }) => {
      if (isPart) span ??= walk.span(root, range)
      return walk.step(root, place, span, Math.min(left, STEP))
    })
    for (const row of step.rows as [K, V][]) {
      if (left-- === 0) return
      yield row
    }
    place = step.place
  }
}

function checkRange(range: RangeOptions): void {
  checkKeys(range, ['from', 'after', 'to', 'before', 'prefix', 'reverse', 'limit'], 'range option')
  const { from, after, to, before, prefix, reverse, limit } = range
  if (from !== undefined && after !== undefined) misuse('ERR_BAD_ARGUMENT', 'from or after', 'both', 'from: key, to begin with it, or after: key, to begin behind it')
  if (to !== undefined && before !== undefined) misuse('ERR_BAD_ARGUMENT', 'to or before', 'both', 'to: key, to end with it, or before: key, to end in front of it')
  if (prefix !== undefined && !(Array.isArray(prefix) && (from ?? after ?? to ?? before) === undefined)) misuse('ERR_BAD_ARGUMENT', 'a prefix alone, that is an array', prefix, "prefix: ['lobby']")
  if (reverse !== undefined && typeof reverse !== 'boolean') misuse('ERR_BAD_ARGUMENT', 'whether to go backwards', reverse, 'reverse: true')
  if (limit !== undefined) checkLimit(limit)
}

function checkLimit(limit: number): void {
  if (limit !== Infinity && !(Number.isInteger(limit) && limit > 0)) misuse('ERR_BAD_ARGUMENT', 'a number of rows', limit, 'a limit of 100, or nothing for all rows')
}

/** The keys, as `entries` finds the rows; a key of a bag comes once for each of its values. */
export function* keys<K extends Key>(table: AnyTable<K, any>, range: RangeOptions<K> = {}): Generator<K, void, undefined> {
  for (const [key] of entries(table, range)) yield key as K
}

/** The rows that a function says yes to, at most `limit`: `[key, value]`. `ets:select/2,3`. */
export function select<K extends Key, V>(table: AnyTable<K, V>, predicate: (key: K, value: V) => boolean = () => true, limit = Infinity): [K, V][] {
  if (typeof predicate !== 'function') misuse('ERR_BAD_ARGUMENT', 'a function of key and value', predicate, '(key, value) => value > 1')
  checkLimit(limit)
  const chosen: [K, V][] = []
  for (const row of entries(table)) {
    if (!predicate(...row)) continue
    chosen.push(row)
    if (chosen.length === limit) break
  }
  return chosen
}

/** The first key, or undefined: of an `ordered_set` the lowest, of others any. `ets:first/1`. */
export function first<K extends Key>(table: AnyTable<K, any>): K | undefined {
  return reading(table, (root, { walk }) => walk.neighbour(root, 'first', undefined)) as K | undefined
}

/** The last key, or undefined. In a table without order it is the first one. `ets:last/1`. */
export function last<K extends Key>(table: AnyTable<K, any>): K | undefined {
  return reading(table, (root, { walk }) => walk.neighbour(root, 'last', undefined)) as K | undefined
}

/** The key after another, or undefined at the end. The other need not be there, or not any more. `ets:next/2`. */
export function next<K extends Key>(table: AnyTable<K, any>, key: K): K | undefined {
  return reading(table, (root, { walk }) => walk.neighbour(root, 'next', key)) as K | undefined
}

/** The key before another, or undefined at the beginning. In a table without order the same as `next`. `ets:prev/2`. */
export function prev<K extends Key>(table: AnyTable<K, any>, key: K): K | undefined {
  return reading(table, (root, { walk }) => walk.neighbour(root, 'prev', key)) as K | undefined
}
