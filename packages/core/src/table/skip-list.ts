// The rows of an ordered table: one list, ordered by key, and above it sparser ones, each a quarter of that below (skip lists,
// Pugh; without locks as by Fraser, Herlihy and Shavit). A row is gone when its value says so; then whoever passes takes
// it out of the level it walks on: marks its link there, and leads the link to it past it.

import type { Arena } from './arena.js'
import { Root, Row } from './layout.js'
import { isGone } from './search.js'

export const LEVELS = 16
/** In the tower's word, beside the number of levels: the row's thread still puts it into the upper ones. */
export const BUILDING = 0x100

/** Where a row's link of a level stands; 0 is the head of the table. */
export function linkAt(words: Int32Array, root: number, row: number, level: number): number {
  if (row === 0) return root + Root.buckets + level
  return level === 0 ? row + Row.next : row + Row.key + words[row + Row.keyWords]! + level - 1
}

export class SkipList {
  /** On each level the link that leads to the first row that is not before what was looked for, and that row: 0 is the end. */
  readonly links = new Int32Array(LEVELS)
  readonly rows = new Int32Array(LEVELS)
  /** The last row before what was looked at, and the first that is not before it; 0 is none. */
  before = 0
  after = 0

  constructor(private readonly arena: Arena) {}

  /** Finds where a key is or would be, on every level, and takes out what is gone on the way: afterwards no row of that key that was gone is left. While pinned only. */
  find(root: number, key: Int32Array, keyAt: number, length: number): boolean {
    while (!this.walk(root, key, keyAt, length));
    const row = this.rows[0]!
    return row !== 0 && this.compare(row, key, keyAt, length) === 0
  }

  /**
   * Looks without changing anything: sets `before` and `after`; no key is behind all rows. A row that is gone is passed, and never
   * a place to go down from: on a lower level it may have been taken out long ago, and not see what came since.
   */
  look(root: number, key: Int32Array | undefined, keyAt: number, length: number): void {
    let words = root >= this.arena.words.length ? this.arena.look() : this.arena.words
    let before = 0
    let after = 0
    for (let level = LEVELS - 1; level >= 0; level--) {
      let row = Atomics.load(words, linkAt(words, root, before, level)) & ~1
      while (row !== 0 && row !== after) {
        if (row >= words.length) words = this.arena.look()
        if (!isGone(Atomics.load(words, row + Row.value))) {
          if (key !== undefined && this.compare(row, key, keyAt, length) >= 0) break
          before = row
        }
        row = Atomics.load(words, linkAt(words, root, row, level)) & ~1
      }
      after = row
    }
    this.before = before
    this.after = after
  }

  /** The next row on the lowest level that is not gone; 0 at the end. */
  next(row: number): number {
    let { words } = this.arena
    let next = Atomics.load(words, row + Row.next) & ~1
    for (; next !== 0; next = Atomics.load(words, next + Row.next) & ~1) {
      if (next >= words.length) words = this.arena.look()
      if (!isGone(Atomics.load(words, next + Row.value))) return next
    }
    return 0
  }

  compare(row: number, key: Int32Array, keyAt: number, length: number): number {
    const { words } = this.arena
    const its = words[row + Row.keyWords]!
    const shorter = its < length ? its : length
    for (let i = 0; i < shorter; i++) {
      const a = words[row + Row.key + i]!
      const b = key[keyAt + i]!
      if (a !== b) return a < b ? -1 : 1
    }
    return its - length
  }

  // False when another thread changed the list under it: begin again.
  private walk(root: number, key: Int32Array, keyAt: number, length: number): boolean {
    let words = root >= this.arena.words.length ? this.arena.look() : this.arena.words
    let before = 0
    for (let level = LEVELS - 1; level >= 0; level--) {
      let link = linkAt(words, root, before, level)
      let row = Atomics.load(words, link)
      if ((row & 1) === 1) return false // taken out of this level meanwhile
      while (row !== 0) {
        if (row >= words.length) words = this.arena.look()
        const its = linkAt(words, root, row, level)
        let next = Atomics.load(words, its)
        if ((next & 1) === 0 && isGone(Atomics.load(words, row + Row.value))) next = this.mark(its)
        if ((next & 1) === 1) {
          if (Atomics.compareExchange(words, link, row, next & ~1) !== row) return false
          row = next & ~1
          continue
        }
        if (this.compare(row, key, keyAt, length) >= 0) break
        before = row
        link = its
        row = next
      }
      this.links[level] = link
      this.rows[level] = row
    }
    return true
  }

  // Nothing is put behind a marked link.
  private mark(link: number): number {
    const { words } = this.arena
    for (let next = Atomics.load(words, link); ; ) {
      if ((next & 1) === 1) return next
      const before = Atomics.compareExchange(words, link, next, next | 1)
      if (before === next) return next | 1
      next = before
    }
  }
}
