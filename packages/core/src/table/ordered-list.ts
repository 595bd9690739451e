// The rows of an `ordered_set`: a skip list. A row belongs to it once it is in the lowest level; its thread then builds its tower.
// Its memory is given back when it is gone and its tower is done, by whoever comes second: after that nobody links to it.

import type { Arena } from './arena.js'
import type { Cells } from './cells.js'
import { keyWords } from './hash-list.js'
import type { Key } from './key.js'
import { Record, recordAt, Row } from './layout.js'
import { OrderedKeyWriter, readOrderedKey } from './ordered-key.js'
import type { Place, RowList } from './row-list.js'
import { isGone } from './search.js'
import { BUILDING, LEVELS, linkAt, type SkipList } from './skip-list.js'

export class OrderedList implements RowList {
  private readonly key = new OrderedKeyWriter()
  private readonly towerAt: number
  private levels = 1
  private random: number

  constructor(private readonly arena: Arena, private readonly cells: Cells, private readonly list: SkipList, record: number) {
    this.towerAt = recordAt(record) + Record.tower
    this.random = Math.imul(record + 1, 0x9e3779b9)
  }

  get link(): number {
    return this.list.links[0]!
  }

  get row(): number {
    return this.list.rows[0]!
  }

  at(key: Key): void {
    this.key.write(key)
  }

  /** Sets the place behind all arrays that begin with these items. */
  atEndOf(prefix: readonly Key[]): void {
    this.key.writeEndOf(prefix)
  }

  seek(root: number): number {
    this.list.look(root, this.key.words, 0, this.key.length)
    const row = this.list.after
    return row !== 0 && this.list.compare(row, this.key.words, 0, this.key.length) === 0 ? row : 0
  }

  find(root: number): boolean {
    return this.list.find(root, this.key.words, 0, this.key.length)
  }

  size(): number {
    this.levels = this.draw()
    return Row.key + this.key.length + this.levels - 1
  }

  fill(row: number): void {
    const { words } = this.arena
    words[row + Row.tower] = this.levels > 1 ? this.levels | BUILDING : 1
    words[row + Row.keyWords] = this.key.length
    for (let i = 0; i < this.key.length; i++) words[row + Row.key + i] = this.key.words[i]!
  }

  enters(row: number): void {
    if (isBuilding(this.arena.words[row + Row.tower]!)) Atomics.store(this.arena.words, this.towerAt, row)
  }

  entered(root: number, row: number): void {
    const { words } = this.arena
    const tower = words[row + Row.tower]!
    if (!isBuilding(tower)) return
    const levels = tower & ~BUILDING
    for (let level = 1; level < levels && this.raise(root, row, level); level++);
    Atomics.store(words, row + Row.tower, levels)
    // Gone meanwhile: who removed it has left the rest to us.
    if (isGone(Atomics.load(words, row + Row.value))) this.leaves(root, row)
    Atomics.store(words, this.towerAt, 0)
  }

  dropped(): void {
    Atomics.store(this.arena.words, this.towerAt, 0)
  }

  counted(): void {}

  leaves(root: number, row: number): void {
    if (isBuilding(Atomics.load(this.arena.words, row + Row.tower))) return
    this.find(root)
    this.cells.retire(row)
  }

  next(root: number, place: Place | undefined): number {
    const { key } = place ?? FRONT
    this.list.look(root, key, 0, key.length)
    const row = this.list.after
    return place === undefined || row === 0 || this.list.compare(row, place.key, 0, place.key.length) > 0 ? row : this.list.next(row)
  }

  following(row: number): number {
    return this.list.next(row)
  }

  /** The row that is at a place, or 0. */
  rowAt(root: number, { key }: Place): number {
    this.list.look(root, key, 0, key.length)
    const row = this.list.after
    return row !== 0 && this.list.compare(row, key, 0, key.length) === 0 ? row : 0
  }

  /** The last row before a place, or of all. */
  previous(root: number, place: Place | undefined): number {
    this.list.look(root, place?.key, 0, place?.key.length ?? 0)
    return this.list.before
  }

  /** Where a row stands to a place: below zero, before it. */
  compare(row: number, { key }: Place): number {
    return this.list.compare(row, key, 0, key.length)
  }

  placeOf(row: number): Place {
    return { order: 0, key: keyWords(this.arena.words, row) }
  }

  place(): Place {
    return { order: 0, key: this.key.words.slice(0, this.key.length) }
  }

  keyOf(row: number): Key {
    return readOrderedKey(keyWords(this.arena.words, row))
  }

  // Puts the row into one more level; false when it is gone.
  private raise(root: number, row: number, level: number): boolean {
    const { links, rows } = this.list
    for (;;) {
      // `find` may have seen more of the arena.
      const { words } = this.arena
      if (isGone(Atomics.load(words, row + Row.value))) return false
      const after = rows[level]!
      // Another row of this key: ours is gone.
      if (after !== 0 && this.compareTo(after) === 0) return false
      Atomics.store(words, linkAt(words, root, row, level), after)
      if (Atomics.compareExchange(words, links[level]!, after, row) === after) return true
      if (!this.find(root) || rows[0] !== row) return false
    }
  }

  private compareTo(row: number): number {
    return this.list.compare(row, this.key.words, 0, this.key.length)
  }

  // A quarter of the rows of each level are on the next as well.
  private draw(): number {
    let x = this.random
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.random = x
    return Math.min(LEVELS, 1 + (Math.clz32(x | 1) >> 1))
  }
}

/** Before all rows: no key has no words. */
const FRONT: Place = { order: 0, key: new Int32Array(0) }

export const isBuilding = (tower: number): boolean => (tower & BUILDING) !== 0

/** Ends the tower that a dead thread was building: it stays as high as it is. Returns its row, which may be in no list, or 0. Main thread only. */
export function endTower(arena: Arena, record: number): number {
  const { words } = arena
  const at = recordAt(record) + Record.tower
  const row = words[at]!
  if (row !== 0) Atomics.store(words, row + Row.tower, words[row + Row.tower]! & ~BUILDING)
  words[at] = 0
  return row
}
