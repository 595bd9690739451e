// The rows of a table: one list, ordered by the bits of the hash from the lowest up, with an entry point for each bucket.
// So the number of buckets doubles without a row being moved (split-ordered lists, Shalev and Shavit), and a walk that
// is interrupted goes on where it was. Rows are taken out in two steps, of which anybody does the second (Harris, Michael).

import type { Arena } from './arena.js'
import { ArrayCell, FIRST_CELL, INLINE_BUCKETS_LOG2, Root, Row } from './layout.js'

/** A value's word that says: this row is no more. It names the record of the thread that took it out. */
export const goneBy = (record: number): number => (record + 1) * 2
export const isGone = (word: number): boolean => (word & 1) === 0 && word < FIRST_CELL

/** What rows are ordered by, to be compared as signed numbers. The order of a bucket's entry is even, of a row odd. */
export const orderOf = (hash: number): number => (reverse(hash) | 1) ^ 0x80000000
export const orderOfBucket = (bucket: number): number => reverse(bucket) ^ 0x80000000
export const hashOf = (order: number): number => reverse(order ^ 0x80000000)
export const isRow = (order: number): boolean => (order & 1) === 1

function reverse(bits: number): number {
  let x = bits
  x = ((x >>> 1) & 0x55555555) | ((x & 0x55555555) << 1)
  x = ((x >>> 2) & 0x33333333) | ((x & 0x33333333) << 2)
  x = ((x >>> 4) & 0x0f0f0f0f) | ((x & 0x0f0f0f0f) << 4)
  x = ((x >>> 8) & 0x00ff00ff) | ((x & 0x00ff00ff) << 8)
  return (x >>> 16) | (x << 16)
}

/** Where the entry of a bucket stands, or undefined when nobody has made the array it would be in. */
export function bucketAt(words: Int32Array, root: number, bucket: number): number | undefined {
  if (bucket < 1 << INLINE_BUCKETS_LOG2) return root + Root.buckets + bucket
  const half = 31 - Math.clz32(bucket)
  const segment = Atomics.load(words, root + Root.segments + half)
  return segment === 0 ? undefined : segment + ArrayCell.items + bucket - (1 << half)
}

/** A bucket's nearest ancestor: the bucket it was split off. */
export const parentOf = (bucket: number): number => bucket & ~(1 << (31 - Math.clz32(bucket)))

export class Search {
  /** The link that leads to `row`, and the first row that is not before what was looked for: 0 is the end. */
  link = 0
  row = 0

  /** `retire` is told of rows that this search has taken out of the list. */
  constructor(private readonly arena: Arena, private readonly retire: (row: number) => void) {}

  /** Looks without changing anything. Returns the row, which may be gone, or 0. While pinned only. */
  seek(root: number, order: number, key: Int32Array, keyAt: number, length: number): number {
    const start = this.start(root, hashOf(order))
    let { words } = this.arena
    let row = Atomics.load(words, start + Row.next) & ~1
    while (row !== 0) {
      if (row >= words.length) words = this.arena.look()
      const its = words[row + Row.order]!
      if (its > order) return 0
      if (its === order) {
        const difference = this.compare(row, key, keyAt, length)
        if (difference === 0) return row
        if (difference > 0) return 0
      }
      row = Atomics.load(words, row + Row.next) & ~1
    }
    return 0
  }

  /** Finds the place of a key, and takes out the rows it meets that are no more. True when `row` has the key. */
  find(start: number, order: number, key: Int32Array, keyAt: number, length: number): boolean {
    for (;;) {
      const found = this.walk(start, order, key, keyAt, length)
      if (found !== undefined) return found
    }
  }

  /** The row after a place in the order: of the first place when there is no key. May be gone. 0 at the end. */
  after(root: number, order: number, key: Int32Array | undefined): number {
    const start = this.start(root, hashOf(order))
    let { words } = this.arena
    let row = Atomics.load(words, start + Row.next) & ~1
    for (; row !== 0; row = Atomics.load(words, row + Row.next) & ~1) {
      if (row >= words.length) words = this.arena.look()
      const its = words[row + Row.order]!
      if (its < order || !isRow(its)) continue
      if (its > order || key === undefined || this.compare(row, key, 0, key.length) > 0) return row
    }
    return 0
  }

  /** The row after another, which may be gone, as may this one. 0 at the end. */
  following(row: number): number {
    let { words } = this.arena
    for (let next = Atomics.load(words, row + Row.next) & ~1; next !== 0; next = Atomics.load(words, next + Row.next) & ~1) {
      if (next >= words.length) words = this.arena.look()
      if (isRow(words[next + Row.order]!)) return next
    }
    return 0
  }

  /** The entry to begin at for a hash: of its bucket, or of the nearest that has one. */
  start(root: number, hash: number): number {
    let words = root >= this.arena.words.length ? this.arena.look() : this.arena.words
    for (let bucket = hash & ((1 << Atomics.load(words, root + Root.log2)) - 1); ; bucket = parentOf(bucket)) {
      const at = bucketAt(words, root, bucket)
      if (at === undefined) continue
      if (at >= words.length) words = this.arena.look()
      const entry = Atomics.load(words, at)
      if (entry === 0) continue
      if (entry >= words.length) this.arena.look()
      return entry
    }
  }

  // Undefined when another thread changed the list under it: begin again.
  private walk(start: number, order: number, key: Int32Array, keyAt: number, length: number): boolean | undefined {
    let { words } = this.arena
    let link = start + Row.next
    let row = Atomics.load(words, link) & ~1
    while (row !== 0) {
      if (row >= words.length) words = this.arena.look()
      let next = Atomics.load(words, row + Row.next)
      if ((next & 1) === 0 && isGone(Atomics.load(words, row + Row.value))) next = this.mark(row)
      if ((next & 1) === 1) {
        if (Atomics.compareExchange(words, link, row, next & ~1) !== row) return undefined
        this.retire(row)
        row = next & ~1
        continue
      }
      const its = words[row + Row.order]!
      const difference = its === order ? this.compare(row, key, keyAt, length) : its - order
      if (difference >= 0) {
        this.link = link
        this.row = row
        return difference === 0
      }
      link = row + Row.next
      row = next
    }
    this.link = link
    this.row = 0
    return false
  }

  // Nothing is put behind a marked row.
  private mark(row: number): number {
    const { words } = this.arena
    for (let next = Atomics.load(words, row + Row.next); ; ) {
      if ((next & 1) === 1) return next
      const before = Atomics.compareExchange(words, row + Row.next, next, next | 1)
      if (before === next) return next | 1
      next = before
    }
  }

  private compare(row: number, key: Int32Array, keyAt: number, length: number): number {
    const { words } = this.arena
    const its = words[row + Row.keyWords]!
    if (its !== length) return its - length
    for (let i = 0; i < length; i++) {
      const a = words[row + Row.key + i]!
      const b = key[keyAt + i]!
      if (a !== b) return a < b ? -1 : 1
    }
    return 0
  }
}
