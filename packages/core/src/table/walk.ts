// Walks over a table, some rows at a time: between two steps nothing is held, so that others may write, and a row that is
// there all the time comes once. Ordered tables are walked from any key to any other, in both directions.

import { misuse } from '../term/errors.js'
import type { Bags } from './bags.js'
import type { Key } from './key.js'
import { Type } from './layout.js'
import type { Place } from './row-list.js'
import type { Rows } from './rows.js'
import { isGone } from './search.js'

/** A part of an ordered table. Without any bound, all of it. */
export interface RangeOptions<K extends Key = Key> {
  /** The first key, itself included; or, with `after`, without it. */
  readonly from?: K
  readonly after?: K
  /** The last key, itself included; or, with `before`, without it. */
  readonly to?: K
  readonly before?: K
  /** Only keys that are arrays and begin with these items. Instead of the others. */
  readonly prefix?: readonly Key[]
  /** From the last key to the first. */
  readonly reverse?: boolean
  /** Rows at most. */
  readonly limit?: number
}

/** A range with its keys as places. */
export interface Span {
  readonly low: Place | undefined
  readonly high: Place | undefined
  readonly withLow: boolean
  readonly withHigh: boolean
  readonly reverse: boolean
}

export class Walk {
  constructor(private readonly rows: Rows, private readonly bags: Bags) {}

  /** What is asked for, of an ordered table. */
  span(root: number, { from, after, to, before, prefix, reverse = false }: RangeOptions): Span {
    if (this.rows.typeOf(root) !== Type.ordered_set) misuse('ERR_BAD_ARGUMENT', 'a table with an order', "one of type 'set' or 'bag'", "Table.new({ type: 'ordered_set' }), or a walk over all rows")
    const { ordered } = this.rows
    const place = (key: Key): Place => {
      ordered.at(key)
      return ordered.place()
    }
    if (prefix !== undefined) {
      const low = place(prefix)
      ordered.atEndOf(prefix)
      return { low, high: ordered.place(), withLow: true, withHigh: false, reverse }
    }
    const [low, high] = [from ?? after, to ?? before]
    return { low: low === undefined ? undefined : place(low), high: high === undefined ? undefined : place(high), withLow: from !== undefined, withHigh: to !== undefined, reverse }
  }

  /** The rows after a place, at least so many if there are, and the place to go on from; none at the end. */
  step(root: number, from: Place | undefined, span: Span | undefined, limit: number): { rows: [Key, unknown][]; place: Place | undefined } {
    const rows: [Key, unknown][] = []
    const list = this.rows.listOf(root)
    let place = from
    let row = 0
    while (rows.length < limit) {
      // From row to row, also from one that is gone: nothing is used anew meanwhile.
      if (row !== 0 && span?.reverse !== true) row = list.following(row)
      else row = span === undefined ? list.next(root, place) : this.firstIn(root, place, span)
      if (row === 0 || (span !== undefined && this.isBehind(row, span))) return { rows, place: undefined }
      place = list.placeOf(row)
      const word = this.rows.word(row)
      if (isGone(word)) continue
      const key = list.keyOf(row)
      if (this.rows.typeOf(root) !== Type.bag) rows.push([key, this.rows.valueOf(word)])
      else for (const value of this.bags.objectsOf(word)) rows.push([key, value])
    }
    return { rows, place }
  }

  /** The key next to the one that is set, or the first or last of all; undefined when there is none. */
  neighbour(root: number, towards: 'first' | 'last' | 'next' | 'prev', key: Key | undefined): Key | undefined {
    const list = this.rows.listOf(root)
    let place: Place | undefined
    if (key !== undefined) {
      list.at(key)
      place = list.place()
    }
    const isBack = (towards === 'last' || towards === 'prev') && list === this.rows.ordered
    for (;;) {
      const row = isBack ? this.rows.ordered.previous(root, place) : list.next(root, place)
      if (row === 0) return undefined
      if (!isGone(this.rows.word(row))) return list.keyOf(row)
      place = list.placeOf(row)
    }
  }

  // The first row behind a place, or of the span; it may be behind its end.
  private firstIn(root: number, place: Place | undefined, { low, high, withLow, withHigh, reverse }: Span): number {
    const { ordered } = this.rows
    const [first, withFirst] = reverse ? [high, withHigh] : [low, withLow]
    if (place === undefined && first !== undefined && withFirst) {
      const row = ordered.rowAt(root, first)
      if (row !== 0) return row
    }
    return reverse ? ordered.previous(root, place ?? first) : ordered.next(root, place ?? first)
  }

  private isBehind(row: number, { low, high, withLow, withHigh, reverse }: Span): boolean {
    const [last, withLast] = reverse ? [low, withLow] : [high, withHigh]
    if (last === undefined) return false
    const difference = this.rows.ordered.compare(row, last) * (reverse ? -1 : 1)
    return difference > 0 || (difference === 0 && !withLast)
  }
}
