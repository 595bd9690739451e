// Whether a live cell is part of a table: read off the table itself, since a thread may have been killed between taking a
// cell out and saying so.

import type { Arena } from './arena.js'
import { kindOf } from './cells.js'
import { ArrayCell, CellKind, CellState, CONTENTS, Objects, RECORDS, Root, Row, Table, tableAt, TABLES, Type, Value } from './layout.js'
import { isBuilding } from './ordered-list.js'
import { hashOf, isGone, isRow, parentOf, type Search } from './search.js'
import type { SkipList } from './skip-list.js'

/** The contents of a table, as its cells name them. */
export const contentsOf = (slot: number, number: number): number => slot | ((number & 0xfffff) << 12)
const slotOf = (contents: number): number => contents & (TABLES - 1)

export class Reach {
  constructor(private readonly arena: Arena, private readonly search: Search, private readonly skipList: SkipList) {}

  /** While pinned only. */
  isReachable(cell: number): boolean {
    const words = this.arena.look()
    const root = this.rootOf(cell)
    if (root === 0) return false
    switch (kindOf(words[cell]!)) {
      case CellKind.row:
        return this.hasRow(root, cell)
      case CellKind.value: {
        const row = words[cell + Value.row]!
        return words[row] === (CellKind.row | CellState.live) && Atomics.load(words, row + Row.value) === cell && this.rootOf(row) === root
      }
      default:
        return cell === root || words[cell + ArrayCell.index]! >= 0 && this.hasArray(root, cell, words[cell + ArrayCell.index]!)
    }
  }

  /** Whether a row was ever in the list of its table, or the objects of a bag in their row, seen by who keeps them from being used anew. */
  wasPutIn(cell: number): boolean {
    const words = this.arena.look()
    const root = this.rootOf(cell)
    if (root === 0) return false
    if (kindOf(words[cell]!) === CellKind.row) return isGone(Atomics.load(words, cell + Row.value)) || this.hasRow(root, cell)
    // In this order: it is seen before it is replaced.
    return Atomics.load(words, words[cell + Objects.row]! + Row.value) === cell || Atomics.load(words, cell + Objects.wasSeen) !== 0
  }

  // The root of the contents that the cell belongs to, if its table still has them.
  private rootOf(cell: number): number {
    const { words } = this.arena
    const contents = words[cell + CONTENTS]!
    const root = Atomics.load(words, tableAt(slotOf(contents)) + Table.root)
    return root !== 0 && words[root + CONTENTS] === contents ? root : 0
  }

  private hasRow(root: number, row: number): boolean {
    const { words } = this.arena
    if (words[root + Root.type] === Type.ordered_set) {
      if (isBuilding(Atomics.load(words, row + Row.tower))) return true
      return this.skipList.find(root, words, row + Row.key, words[row + Row.keyWords]!) && this.skipList.rows[0] === row
    }
    const order = words[row + Row.order]!
    const hash = hashOf(order)
    if (!isRow(order) && hash === 0) return words[root + Root.buckets] === row
    const start = this.search.start(root, isRow(order) ? hash : parentOf(hash))
    // Takes it out if it is gone.
    return this.search.find(start, order, words, row + Row.key, words[row + Row.keyWords]!) && this.search.row === row
  }

  private hasArray(root: number, cell: number, index: number): boolean {
    const at = index < RECORDS ? Root.segments + index : Root.counterBlocks + index - RECORDS
    return Atomics.load(this.arena.words, root + at) === cell
  }
}
