// Memory for rows, values and arrays. A cell is free, being built, live, or retired; whether a live one is garbage is
// read off the table it belongs to, so that nothing is lost with a thread that was killed between two steps.

import type { Arena } from './arena.js'
import { Epochs, isPast } from './epochs.js'
import { CellState, PAGE_WORDS, pageOf } from './layout.js'
import { LARGEST_SMALL, Pages, sizeFor, SIZES } from './pages.js'

const STATE = 3
const KIND = 12

/** How many used pages may turn out to have no room before a new one is taken. */
const TRIES = 2

/** The cells of one size that this thread fills: one page, from `next` to its end. */
interface Filling {
  readonly page: number
  readonly words: number
  /** The upheavals when its first cell was looked at. */
  readonly upheavals: number
  readonly end: number
  next: number
}

export const kindOf = (state: number): number => state & KIND

export class Cells {
  readonly pages: Pages
  /** Upheavals as of the last time this thread began to write: what it writes may be part of what came after. */
  upheavals = 0
  private readonly filling: (Filling | undefined)[] = SIZES.map(() => undefined)
  /** Full pages; they are left when no cell in them is being built. */
  private readonly full: Pick<Filling, 'page' | 'upheavals'>[] = []

  /** `isReachable` tells of a live cell whether a table has it. */
  constructor(private readonly arena: Arena, private readonly epochs: Epochs, private readonly isReachable: (cell: number) => boolean) {
    this.pages = new Pages(arena, epochs, (page, words) => this.sweep(page, words))
  }

  /** A cell of at least so many words, being built. Undefined when memory is out. While pinned only. */
  take(words: number, kind: number): number | undefined {
    return words > LARGEST_SMALL ? this.takeLarge(words, kind) : this.takeSmall(sizeFor(words), kind)
  }

  /** What has been built can be found from here on. */
  publish(cell: number): void {
    const { words } = this.arena
    Atomics.store(words, cell, kindOf(words[cell]!) | CellState.live)
  }

  /** Gives back a cell that nobody has ever seen. */
  discard(cell: number): void {
    Atomics.store(this.arena.words, cell, CellState.free)
    this.pages.addGarbage(pageOf(cell), 1)
  }

  /** A cell has been taken out of its table. Whoever comes second has nothing to do. */
  retire(cell: number): void {
    const words = cell < this.arena.words.length ? this.arena.words : this.arena.look()
    const state = Atomics.load(words, cell)
    if ((state & STATE) !== CellState.live) return
    const retired = (this.epochs.now << 4) | kindOf(state) | CellState.retired
    if (Atomics.compareExchange(words, cell, state, retired) === state) this.pages.addGarbage(pageOf(cell), 1)
  }

  /** Leaves the pages that are full. While nothing is being built. */
  leave(): void {
    for (let filled = this.full.pop(); filled !== undefined; filled = this.full.pop()) this.pages.leave(filled.page, filled.upheavals)
  }

  private takeSmall(size: number, kind: number): number | undefined {
    for (let tries = 0; ; tries++) {
      let filling = this.filling[size]
      if (filling === undefined) {
        const page = this.pages.take(size, tries <= TRIES)
        if (page === undefined) return undefined
        const words = SIZES[size]!
        const start = page * PAGE_WORDS
        filling = this.filling[size] = { page, words, upheavals: this.upheavals, next: start, end: start + Math.floor(PAGE_WORDS / words) * words }
      }
      while (filling.next < filling.end) {
        const cell = filling.next
        filling.next += filling.words
        if (this.isFree(cell)) {
          Atomics.store(this.arena.words, cell, kind | CellState.building)
          return cell
        }
      }
      this.full.push(filling)
      this.filling[size] = undefined
    }
  }

  private takeLarge(words: number, kind: number): number | undefined {
    const page = this.pages.takeRow(Math.ceil(words / PAGE_WORDS))
    if (page === undefined) return undefined
    this.full.push({ page, upheavals: this.upheavals })
    Atomics.store(this.arena.words, page * PAGE_WORDS, kind | CellState.building)
    return page * PAGE_WORDS
  }

  private sweep(page: number, size: number): number {
    const start = page * PAGE_WORDS
    const end = start + (size === 0 ? 1 : Math.floor(PAGE_WORDS / size) * size)
    let used = 0
    for (let cell = start; cell < end; cell += size || 1) {
      if (!this.isFree(cell)) used++
      else this.pages.addGarbage(page, 1)
    }
    return used
  }

  // Of a page of this thread. What is being built there was left so by a thread that is no more.
  private isFree(cell: number): boolean {
    const { words } = this.arena
    const state = Atomics.load(words, cell)
    switch (state & STATE) {
      case CellState.live:
        if (!this.isReachable(cell)) this.retire(cell)
        return false
      case CellState.retired:
        if (!isPast(state >> 4, this.epochs.now)) {
          this.pages.addGarbage(pageOf(cell), 1)
          return false
        }
    }
    if (state !== CellState.free) Atomics.store(words, cell, CellState.free)
    return true
  }
}
