// The entry points into a table's list of rows: their number doubles as the table grows. A new bucket gets its entry when
// it is first written through.

import type { Arena } from './arena.js'
import type { Cells } from './cells.js'
import { ArrayCell, CellKind, CONTENTS, INLINE_BUCKETS_LOG2, MAX_BUCKETS_LOG2, Root, Row, Type } from './layout.js'
import { bucketAt, orderOfBucket, parentOf, type Search } from './search.js'

const NO_KEY = new Int32Array(0)
/** Rows to a bucket when their number is doubled. */
const CROWD = 2

export class Buckets {
  constructor(private readonly arena: Arena, private readonly cells: Cells, private readonly search: Search) {}

  /** The root of an empty table. Undefined when memory is out. `isVital`: in place of one that is full. */
  makeRoot(contents: number, type: number, isVital = false): number | undefined {
    const root = this.makeArray(contents, -1, Root.words, isVital)
    if (root === undefined) return undefined
    this.arena.words[root + Root.type] = type
    if (type === Type.ordered_set) {
      this.cells.publish(root)
      return root
    }
    const entry = this.makeEntry(contents, 0, isVital)
    if (entry === undefined) {
      this.cells.discard(root)
      return undefined
    }
    const { words } = this.arena
    words[root + Root.log2] = INLINE_BUCKETS_LOG2
    words[root + Root.buckets] = entry
    this.cells.publish(entry)
    this.cells.publish(root)
    return root
  }

  /** An array of zeros. Its index says what it is of its root. */
  makeArray(contents: number, index: number, size: number, isVital = false): number | undefined {
    const cell = this.cells.take(size, CellKind.array, isVital)
    if (cell === undefined) return undefined
    const { words } = this.arena
    words[cell + CONTENTS] = contents
    words[cell + ArrayCell.index] = index
    words.fill(0, cell + ArrayCell.index + 1, cell + size)
    return cell
  }

  /** The entry to write at for a hash, made if it is missing; when memory is out, an earlier one does as well. */
  entry(root: number, hash: number): number {
    const { words } = this.arena
    return this.entryOf(root, hash & ((1 << Atomics.load(words, root + Root.log2)) - 1))
  }

  /** The table has so many rows: more buckets if they are crowded. When memory is out, it works on with what there is. */
  grow(root: number, rows: number): void {
    const { words } = this.arena
    const log2 = Atomics.load(words, root + Root.log2)
    if (rows <= CROWD << log2 || log2 === MAX_BUCKETS_LOG2) return
    const at = root + Root.segments + log2
    if (Atomics.load(words, at) === 0) {
      const segment = this.makeArray(words[root + CONTENTS]!, log2, ArrayCell.items + (1 << log2))
      if (segment === undefined) return
      this.cells.publish(segment)
      // `words` may be an earlier view; the root is in it all the same.
      if (Atomics.compareExchange(words, at, 0, segment) !== 0) this.cells.retire(segment)
    }
    Atomics.compareExchange(words, root + Root.log2, log2, log2 + 1)
  }

  private entryOf(root: number, bucket: number): number {
    const at = bucketAt(this.arena.words, root, bucket)!
    if (at >= this.arena.words.length) this.arena.look()
    const there = Atomics.load(this.arena.words, at)
    if (there !== 0) {
      if (there >= this.arena.words.length) this.arena.look()
      return there
    }
    const start = this.entryOf(root, parentOf(bucket))
    const entry = this.makeEntry(this.arena.words[root + CONTENTS]!, bucket)
    if (entry === undefined) return start
    const order = orderOfBucket(bucket)
    this.cells.publish(entry)
    for (;;) {
      if (this.search.find(start, order, NO_KEY, 0, 0)) {
        this.cells.retire(entry) // another thread was faster
        break
      }
      const { words } = this.arena
      Atomics.store(words, entry + Row.next, this.search.row)
      if (Atomics.compareExchange(words, this.search.link, this.search.row, entry) === this.search.row) {
        Atomics.store(words, at, entry)
        return entry
      }
    }
    Atomics.store(this.arena.words, at, this.search.row)
    return this.search.row
  }

  private makeEntry(contents: number, bucket: number, isVital = false): number | undefined {
    const entry = this.cells.take(Row.key, CellKind.row, isVital)
    if (entry === undefined) return undefined
    const { words } = this.arena
    words[entry + CONTENTS] = contents
    words[entry + Row.next] = 0
    words[entry + Row.order] = orderOfBucket(bucket)
    words[entry + Row.value] = 1 // whatever is not gone
    words[entry + Row.keyWords] = 0
    return entry
  }
}
