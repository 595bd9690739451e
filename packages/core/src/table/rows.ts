// What can be done to the rows of a table: each operation takes effect at one atomic exchange of one word, the link to a
// new row or the value of one that is there. So it has happened or it has not, whenever a thread is killed.

import { StarfishError } from '../term/errors.js'
import type { Arena } from './arena.js'
import type { Buckets } from './buckets.js'
import type { Cells } from './cells.js'
import type { Counters } from './counters.js'
import type { Epochs } from './epochs.js'
import { type Key, KeyWriter, readKey } from './key.js'
import { ArrayCell, CellKind, CONTENTS, COUNTERS, RECORDS, Root, Row, Value } from './layout.js'
import { goneBy, hashOf, isGone, orderOf, type Search } from './search.js'
import { type Draft, draftOf, isSmall, isSmallWord, smallOf, smallWord, type Values, wordsOf } from './value.js'

/** What `take` gives when there is no such row. */
export const NONE = Symbol('none')

/** Where a walk over a table stands. */
export interface Place {
  readonly order: number
  readonly key: Int32Array
}

export const full = (why: string): StarfishError => new StarfishError('ERR_TABLE_FULL', `expected room for another row, got ${why}; write a larger maxSize, or delete rows`)

export class Rows {
  private readonly key = new KeyWriter()
  private order = 0

  constructor(
    private readonly arena: Arena, private readonly epochs: Epochs, private readonly cells: Cells,
    private readonly search: Search, private readonly buckets: Buckets, private readonly values: Values, private readonly counters: Counters,
  ) {}

  /** Sets the key that the next operation is about. Throws ERR_BAD_ARGUMENT. */
  at(key: Key): this {
    this.order = orderOf(this.key.write(key))
    return this
  }

  /** The value, or NONE. */
  read(root: number): unknown {
    const row = this.seek(root)
    const word = row === 0 ? 0 : Atomics.load(this.arena.words, row + Row.value)
    return isGone(word) ? NONE : this.valueOf(word)
  }

  has(root: number): boolean {
    const row = this.seek(root)
    return row !== 0 && !isGone(Atomics.load(this.arena.words, row + Row.value))
  }

  /** Puts a value under the key; when it has one, replaces it or, for `onlyNew`, returns false. */
  write(root: number, value: unknown, onlyNew: boolean, maxSize: number): boolean {
    let row = this.seek(root)
    if (row !== 0 && onlyNew && !isGone(Atomics.load(this.arena.words, row + Row.value))) return false
    const word = this.make(root, value)
    if (row !== 0 && !onlyNew && this.replaceAny(row, word)) return true
    row = 0
    try {
      for (;;) {
        if (this.findToWrite(root)) {
          if (row !== 0) this.drop(row)
          row = 0
          if (onlyNew) {
            this.unmake(word)
            return false
          }
          if (this.replaceAny(this.search.row, word)) return true
        } else {
          if (row === 0) row = this.makeRow(root, word, maxSize)
          // What making it took may have changed the list.
          if (this.insert(root, row, word)) return true
        }
      }
    } catch (error) {
      this.unmake(word)
      throw error
    }
  }

  /** Removes the row; returns its value, or NONE. */
  take(root: number): unknown {
    for (;;) {
      const row = this.seek(root)
      if (row === 0) return NONE
      const { words } = this.arena
      const word = Atomics.load(words, row + Row.value)
      if (isGone(word)) return NONE
      const value = this.valueOf(word)
      if (this.remove(root, row, word)) return value
    }
  }

  delete(root: number): boolean {
    for (;;) {
      const row = this.seek(root)
      const word = row === 0 ? 0 : Atomics.load(this.arena.words, row + Row.value)
      if (isGone(word)) return false
      if (this.remove(root, row, word)) return true
    }
  }

  /** Adds to an integer; returns the sum, or NONE when there is no such row, or what stands there when it is no integer. */
  add(root: number, by: number): { readonly sum: number } | { readonly found: unknown } | typeof NONE {
    const row = this.seek(root)
    if (row === 0) return NONE
    for (;;) {
      const { words } = this.arena
      const word = Atomics.load(words, row + Row.value)
      if (isGone(word)) return NONE
      const value = isSmallWord(word) ? smallOf(word) : this.values.read(word)
      if (!Number.isSafeInteger(value)) return { found: value }
      const sum = (value as number) + by
      if (!Number.isSafeInteger(sum)) return { found: sum }
      const next = this.make(root, sum)
      if (this.replace(row, word, next)) return { sum }
      this.unmake(next)
    }
  }

  /** The rows after a place, at most so many, and where the walk then stands; no place at the end. */
  walk(root: number, from: Place | undefined, limit: number): { rows: [Key, unknown][]; place: Place | undefined } {
    const rows: [Key, unknown][] = []
    let order = from?.order ?? -0x80000000
    let key = from?.key
    while (rows.length < limit) {
      const row = this.search.after(root, order, key)
      if (row === 0) return { rows, place: undefined }
      const { words } = this.arena
      order = words[row + Row.order]!
      key = words.slice(row + Row.key, row + Row.key + words[row + Row.keyWords]!)
      const word = Atomics.load(words, row + Row.value)
      if (!isGone(word)) rows.push([readKey(key), this.valueOf(word)])
    }
    return { rows, place: { order, key: key! } }
  }

  size(root: number): number {
    return this.counters.size(root)
  }

  private seek(root: number): number {
    return this.search.seek(root, this.order, this.key.words, 0, this.key.length)
  }

  private findToWrite(root: number): boolean {
    return this.search.find(this.buckets.entry(root, hashOf(this.order)), this.order, this.key.words, 0, this.key.length)
  }

  private valueOf(word: number): unknown {
    return isSmallWord(word) ? smallOf(word) : this.values.read(word)
  }

  // ---- what is put in

  private make(root: number, value: unknown): number {
    if (isSmall(value)) return smallWord(value)
    const draft: Draft = draftOf(value)
    const cell = this.cells.take(wordsOf(draft), CellKind.value)
    if (cell === undefined) throw full('a program whose tables have no more memory')
    this.arena.words[cell + CONTENTS] = this.arena.words[root + CONTENTS]!
    this.values.write(cell, draft)
    return cell
  }

  private unmake(word: number): void {
    if (!isSmallWord(word)) this.cells.discard(word)
  }

  private makeRow(root: number, word: number, maxSize: number): number {
    if (maxSize > 0 && this.counters.size(root) >= maxSize) throw full(`a table of ${maxSize} rows, which is its maxSize`)
    if (this.counters.place(root) === undefined) this.makeCounters(root)
    const row = this.cells.take(Row.key + this.key.length, CellKind.row)
    if (row === undefined) throw full('a program whose tables have no more memory')
    const { words } = this.arena
    words[row + CONTENTS] = words[root + CONTENTS]!
    words[row + Row.order] = this.order
    words[row + Row.value] = word
    words[row + Row.keyWords] = this.key.length
    words.set(this.key.words.subarray(0, this.key.length), row + Row.key)
    return row
  }

  private makeCounters(root: number): void {
    const { block } = this.counters
    const cell = this.buckets.makeArray(this.arena.words[root + CONTENTS]!, RECORDS + block, ArrayCell.items + COUNTERS)
    if (cell === undefined) throw full('a program whose tables have no more memory')
    this.cells.publish(cell)
    if (Atomics.compareExchange(this.arena.words, root + Root.counterBlocks + block, 0, cell) !== 0) this.cells.retire(cell)
  }

  private insert(root: number, row: number, word: number): boolean {
    const { words } = this.arena
    const { link, row: after } = this.search
    if (!isSmallWord(word)) this.attach(word, row)
    words[row + Row.next] = after
    this.cells.publish(row)
    const counter = this.counters.place(root)!
    this.counters.announce(row, counter, 1)
    if (Atomics.compareExchange(words, link, after, row) !== after) return false
    if ((this.counters.count(counter, 1) & 15) === 0) this.buckets.grow(root, this.counters.size(root))
    return true
  }

  private drop(row: number): void {
    this.counters.withdraw()
    this.cells.discard(row)
  }

  private replaceAny(row: number, word: number): boolean {
    for (;;) {
      const old = Atomics.load(this.arena.words, row + Row.value)
      if (isGone(old)) return false
      if (this.replace(row, old, word)) return true
    }
  }

  private replace(row: number, old: number, word: number): boolean {
    if (!isSmallWord(word)) this.attach(word, row)
    if (Atomics.compareExchange(this.arena.words, row + Row.value, old, word) !== old) return false
    if (!isSmallWord(old)) this.cells.retire(old)
    return true
  }

  private attach(value: number, row: number): void {
    this.arena.words[value + Value.row] = row
    this.cells.publish(value)
  }

  // ---- what is taken out

  private remove(root: number, row: number, word: number): boolean {
    if (this.counters.place(root) === undefined) this.makeCounters(root)
    const counter = this.counters.place(root)!
    this.counters.announce(row, counter, -1)
    if (Atomics.compareExchange(this.arena.words, row + Row.value, word, goneBy(this.epochs.record)) !== word) {
      this.counters.withdraw()
      return false
    }
    this.counters.count(counter, -1)
    if (!isSmallWord(word)) this.cells.retire(word)
    this.search.find(this.search.start(root, hashOf(this.order)), this.order, this.key.words, 0, this.key.length)
    return true
  }
}
