// The rows of a table, whatever its type: each step takes effect at one atomic exchange of one word, the link to a new row or
// the value of one that is there. So it has happened or it has not, whenever a thread is killed.

import { StarfishError } from '../term/errors.js'
import type { Arena } from './arena.js'
import type { Buckets } from './buckets.js'
import type { Cells } from './cells.js'
import type { Counters } from './counters.js'
import type { Epochs } from './epochs.js'
import type { HashList } from './hash-list.js'
import type { Key } from './key.js'
import { ArrayCell, CellKind, CONTENTS, COUNTERS, Objects, RECORDS, Root, Row, Type, Value } from './layout.js'
import type { OrderedList } from './ordered-list.js'
import type { RowList } from './row-list.js'
import { goneBy, isGone } from './search.js'
import { isSmallWord, lengthOf, type Prepared, smallOf, smallWord, type Values } from './value.js'

const full = (why: string, instead: string): StarfishError => new StarfishError('ERR_TABLE_FULL', `expected room for another row, got ${why}; ${instead}`)
/** In words: how long a value is, its head says in 29 bits. */
const LARGEST_VALUE = 2 ** 27
const tooLarge = (words: number): StarfishError =>
  new StarfishError('ERR_TABLE_FULL', `expected a value of less than 512 MB, got one of ${Math.ceil(words / 2 ** 18)} MB; write it to a file, and the path of that into the table`)
export const outOfMemory = (): StarfishError => full('a program whose tables have no more memory: all together have 4 GB, or less if the machine gives less', 'delete rows, or keep large values in files or a Durable')

export class Rows {
  /** The list of the table that the last `at` was about. */
  list: RowList
  /** The row that `put` found in the way. */
  found = 0

  constructor(
    readonly arena: Arena, private readonly epochs: Epochs, readonly cells: Cells, readonly values: Values,
    private readonly counters: Counters, private readonly buckets: Buckets, readonly hashed: HashList, readonly ordered: OrderedList,
  ) {
    this.list = hashed
  }

  typeOf(root: number): number {
    return (root < this.arena.words.length ? this.arena.words : this.arena.look())[root + Root.type]!
  }

  listOf(root: number): RowList {
    return this.typeOf(root) === Type.ordered_set ? this.ordered : this.hashed
  }

  /** Sets the key that the next steps are about. Throws ERR_BAD_ARGUMENT. */
  at(root: number, key: Key): void {
    this.list = this.listOf(root)
    this.list.at(key)
  }

  /** The row of the key, which may be gone, or 0. */
  seek(root: number): number {
    return this.list.seek(root)
  }

  has(root: number): boolean {
    const row = this.list.seek(root)
    return row !== 0 && !isGone(this.word(row))
  }

  /** The word of a row that stands for its value. */
  word(row: number): number {
    return Atomics.load(this.arena.words, row + Row.value)
  }

  /** What a word of a `set` or an `ordered_set` stands for. */
  valueOf(word: number): unknown {
    return isSmallWord(word) ? smallOf(word) : this.values.read(word + Value.head)
  }

  size(root: number): number {
    return this.counters.size(root)
  }

  // ---- words, before a row has them

  /** A word for a value. Throws ERR_TABLE_FULL. */
  make(root: number, value: Prepared): number {
    if (typeof value === 'number') return smallWord(value)
    const cell = this.makeCell(root, Value.head + lengthOf(value))
    this.values.write(cell + Value.head, value)
    return cell
  }

  makeCell(root: number, words: number): number {
    if (words > LARGEST_VALUE) throw tooLarge(words)
    const cell = this.cells.take(words, CellKind.value)
    if (cell === undefined) throw outOfMemory()
    this.arena.words[cell + CONTENTS] = this.arena.words[root + CONTENTS]!
    return cell
  }

  /** Nobody has ever seen it. */
  unmake(word: number): void {
    if (!isSmallWord(word)) this.cells.discard(word)
  }

  // ---- what happens

  /** Puts a row of the key in that has this word and counts as one; false when there is a row already: `found`. */
  put(root: number, word: number, maxSize: number): boolean {
    let row = 0
    for (;;) {
      if (this.list.find(root)) {
        if (row !== 0) this.drop(row)
        this.found = this.list.row
        return false
      }
      row ||= this.makeRow(root, word, maxSize)
      // What making it took may have changed the list: then it does not get in, and is tried again.
      if (this.insert(root, row, word)) return true
    }
  }

  replace(row: number, old: number, word: number): boolean {
    if (!isSmallWord(word)) this.attach(word, row)
    if (Atomics.compareExchange(this.arena.words, row + Row.value, old, word) !== old) return false
    if (!isSmallWord(old)) this.cells.retire(old)
    return true
  }

  /** Replaces the objects of a bag's row by others, so many more. */
  replaceObjects(root: number, row: number, old: number, word: number, change: number): boolean {
    const counter = this.counter(root)
    this.attach(word, row)
    this.counters.announce(word, counter, change)
    Atomics.store(this.arena.words, old + Objects.wasSeen, 1)
    if (Atomics.compareExchange(this.arena.words, row + Row.value, old, word) !== old) {
      this.counters.withdraw()
      return false
    }
    this.counters.count(counter, change)
    this.cells.retire(old)
    return true
  }

  /** Removes the row of the key if it still has this word, which counts for so many. */
  remove(root: number, row: number, word: number, objects = 1): boolean {
    const counter = this.counter(root)
    this.counters.announce(-row, counter, -objects)
    if (Atomics.compareExchange(this.arena.words, row + Row.value, word, goneBy(this.epochs.record)) !== word) {
      this.counters.withdraw()
      return false
    }
    this.counters.count(counter, -objects)
    if (!isSmallWord(word)) this.cells.retire(word)
    this.list.leaves(root, row)
    return true
  }

  /** Throws ERR_TABLE_FULL when a table of limited size has no room for one more. */
  checkSize(root: number, maxSize: number): void {
    if (maxSize > 0 && this.counters.size(root) >= maxSize) throw full(`a table of ${maxSize} rows, which is its maxSize`, 'write a larger one, or delete rows')
  }

  private insert(root: number, row: number, word: number): boolean {
    const { words } = this.arena
    const { link, row: after } = this.list
    if (!isSmallWord(word)) this.attach(word, row)
    words[row + Row.next] = after
    this.list.enters(row)
    this.cells.publish(row)
    const counter = this.counter(root)
    this.counters.announce(row, counter, 1)
    if (Atomics.compareExchange(words, link, after, row) !== after) return false
    const count = this.counters.count(counter, 1)
    this.list.entered(root, row)
    this.list.counted(root, count)
    return true
  }

  private makeRow(root: number, word: number, maxSize: number): number {
    this.checkSize(root, maxSize)
    this.counter(root)
    const row = this.cells.take(this.list.size(), CellKind.row)
    if (row === undefined) throw outOfMemory()
    const { words } = this.arena
    words[row + CONTENTS] = words[root + CONTENTS]!
    words[row + Row.value] = word
    this.list.fill(row)
    return row
  }

  private drop(row: number): void {
    this.counters.withdraw()
    this.list.dropped()
    this.cells.discard(row)
  }

  private attach(value: number, row: number): void {
    this.arena.words[value + Value.row] = row
    this.cells.publish(value)
  }

  // Where this thread counts: made if it is missing.
  private counter(root: number): number {
    const place = this.counters.place(root)
    if (place !== undefined) return place
    const { block } = this.counters
    const cell = this.buckets.makeArray(this.arena.words[root + CONTENTS]!, RECORDS + block, ArrayCell.items + COUNTERS, true)
    if (cell === undefined) throw outOfMemory()
    this.cells.publish(cell)
    if (Atomics.compareExchange(this.arena.words, root + Root.counterBlocks + block, 0, cell) !== 0) this.cells.retire(cell)
    return this.counters.place(root)!
  }
}

