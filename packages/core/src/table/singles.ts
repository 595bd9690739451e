// What can be done to tables of type `set` and `ordered_set`, in which a key has one row and a row one value.

import { misuse } from '../term/errors.js'
import { sameWords } from './bags.js'
import type { Key } from './key.js'
import type { Rows } from './rows.js'
import { isGone } from './search.js'
import { type Prepared, prepare } from './value.js'

/** What is found when there is no such row. */
export const NONE = Symbol('none')

export class Singles {
  constructor(private readonly rows: Rows) {}

  /** The value of the key, or NONE. */
  read(root: number): unknown {
    const row = this.rows.seek(root)
    const word = row === 0 ? 0 : this.rows.word(row)
    return isGone(word) ? NONE : this.rows.valueOf(word)
  }

  /** Puts a value under the key; when it has one, replaces it or, for `onlyNew`, returns false. */
  write(root: number, value: Prepared, onlyNew: boolean, maxSize: number): boolean {
    const { rows } = this
    // Where a search is dear, `put` finds what is there.
    const row = onlyNew || rows.list === rows.hashed ? rows.seek(root) : 0
    if (row !== 0 && onlyNew && !isGone(rows.word(row))) return false
    const word = rows.make(root, value)
    if (row !== 0 && !onlyNew && this.replaceAny(row, word)) return true
    try {
      for (;;) {
        if (rows.put(root, word, maxSize)) return true
        if (onlyNew) break
        if (this.replaceAny(rows.found, word)) return true
      }
    } catch (error) {
      rows.unmake(word)
      throw error
    }
    rows.unmake(word)
    return false
  }

  /** Removes the row; returns its value, or NONE. */
  take(root: number): unknown {
    for (;;) {
      const row = this.rows.seek(root)
      const word = row === 0 ? 0 : this.rows.word(row)
      if (isGone(word)) return NONE
      const value = this.rows.valueOf(word)
      if (this.rows.remove(root, row, word)) return value
    }
  }

  delete(root: number): boolean {
    for (;;) {
      const row = this.rows.seek(root)
      const word = row === 0 ? 0 : this.rows.word(row)
      if (isGone(word)) return false
      if (this.rows.remove(root, row, word)) return true
    }
  }

  /** Removes the row if it has this value. */
  deleteObject(root: number, value: Prepared): boolean {
    const { rows } = this
    const wanted = rows.make(root, value)
    try {
      for (;;) {
        const row = rows.seek(root)
        const word = row === 0 ? 0 : rows.word(row)
        if (isGone(word) || !sameWords(rows.arena, word, wanted)) return false
        if (rows.remove(root, row, word)) return true
      }
    } finally {
      rows.unmake(wanted)
    }
  }

  /** Changes the value to what `change` makes of it, at one moment; false when there is no row. */
  update(root: number, change: (value: unknown) => unknown): boolean {
    const { rows } = this
    const row = rows.seek(root)
    if (row === 0) return false
    for (;;) {
      const word = rows.word(row)
      if (isGone(word)) return false
      const next = rows.make(root, prepare(change(rows.valueOf(word))))
      if (rows.replace(row, word, next)) return true
      rows.unmake(next)
    }
  }

  /** Adds to the integer of the key; returns the sum, or NONE when there is no row. Throws ERR_BAD_ARGUMENT when it or the sum is no integer. */
  add(root: number, by: number, key: Key): number | typeof NONE {
    const { rows } = this
    const row = rows.seek(root)
    if (row === 0) return NONE
    for (;;) {
      const word = rows.word(row)
      if (isGone(word)) return NONE
      const value = rows.valueOf(word)
      const sum = Number.isSafeInteger(value) ? (value as number) + by : NaN
      if (!Number.isSafeInteger(sum)) misuse('ERR_BAD_ARGUMENT', `an integer, and a sum that is one, under ${String(key)}`, Number.isSafeInteger(value) ? sum : value, 'Table.insert(table, key, 0) before')
      const next = rows.make(root, prepare(sum))
      if (rows.replace(row, word, next)) return sum
      rows.unmake(next)
    }
  }

  private replaceAny(row: number, word: number): boolean {
    for (;;) {
      const old = this.rows.word(row)
      if (isGone(old)) return false
      if (this.rows.replace(row, old, word)) return true
    }
  }
}
