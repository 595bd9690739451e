// The rows of a `set` and of a `bag`: a list by hash.

import type { Arena } from './arena.js'
import type { Buckets } from './buckets.js'
import type { Counters } from './counters.js'
import { type Key, KeyWriter, readKey } from './key.js'
import { Row } from './layout.js'
import type { Place, RowList } from './row-list.js'
import { hashOf, orderOf, type Search } from './search.js'

export class HashList implements RowList {
  private readonly key = new KeyWriter()
  private order = 0

  constructor(private readonly arena: Arena, private readonly search: Search, private readonly buckets: Buckets, private readonly counters: Counters) {}

  get link(): number {
    return this.search.link
  }

  get row(): number {
    return this.search.row
  }

  at(key: Key): void {
    this.order = orderOf(this.key.write(key))
  }

  seek(root: number): number {
    return this.search.seek(root, this.order, this.key.words, 0, this.key.length)
  }

  find(root: number): boolean {
    return this.search.find(this.buckets.entry(root, hashOf(this.order)), this.order, this.key.words, 0, this.key.length)
  }

  size(): number {
    return Row.key + this.key.length
  }

  fill(row: number): void {
    const { words } = this.arena
    words[row + Row.order] = this.order
    words[row + Row.keyWords] = this.key.length
    for (let i = 0; i < this.key.length; i++) words[row + Row.key + i] = this.key.words[i]!
  }

  enters(): void {}

  entered(): void {}

  dropped(): void {}

  // More buckets in time: not for every row, as the sum of all counters is to be looked at.
  counted(root: number, count: number): void {
    if ((count & 15) === 0) this.buckets.grow(root, this.counters.size(root))
  }

  // Whoever takes it out of the list gives its memory back.
  leaves(root: number): void {
    this.search.find(this.search.start(root, hashOf(this.order)), this.order, this.key.words, 0, this.key.length)
  }

  next(root: number, place: Place | undefined): number {
    return this.search.after(root, place?.order ?? -0x80000000, place?.key)
  }

  following(row: number): number {
    return this.search.following(row)
  }

  placeOf(row: number): Place {
    const { words } = this.arena
    return { order: words[row + Row.order]!, key: keyWords(words, row) }
  }

  place(): Place {
    return { order: this.order, key: this.key.words.slice(0, this.key.length) }
  }

  keyOf(row: number): Key {
    return readKey(keyWords(this.arena.words, row))
  }
}

/** A copy of a row's key. */
export const keyWords = (words: Int32Array, row: number): Int32Array => new Int32Array(words.subarray(row + Row.key, row + Row.key + words[row + Row.keyWords]!))
