// Memory for rows, values and arrays. A cell is free, being built, live, or retired; whether a live one is garbage is
// read off the table it belongs to, so that nothing is lost with a thread that was killed between two steps.

import type { Arena } from './arena.js'
import { Epochs, isPast } from './epochs.js'
import { CellState, FIRST_PAGE, PAGE_WORDS, pageOf } from './layout.js'
import { LARGEST_SMALL, Pages, sizeFor, SIZES } from './pages.js'

const STATE = 3
const KIND = 12

/** How much of a used page has to be garbage for it to be filled again, and how many may turn out to have no room before a new one is taken. */
const ENOUGH = 0.25
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
  /** What was refused for want of memory since `makeRoom`: the index of a size, or -1 for a large cell, and how many pages that takes. */
  private refused: { readonly size: number; readonly pages: number } | undefined
  /** Full pages; they are left when no cell in them is being built. */
  private readonly full: Pick<Filling, 'page' | 'upheavals'>[] = []

  /** `isReachable` tells of a live cell whether a table has it. */
  constructor(private readonly arena: Arena, private readonly epochs: Epochs, private readonly isReachable: (cell: number) => boolean) {
    this.pages = new Pages(arena, epochs, (page, words) => this.sweep(page, words))
  }

  /** A cell of at least so many words, being built. Undefined when memory is out; there is some left for a small one that is vital. While pinned only. */
  take(words: number, kind: number, isVital = false): number | undefined {
    return words > LARGEST_SMALL ? this.takeLarge(words, kind) : this.takeSmall(sizeFor(words), kind, isVital)
  }

  /** What has been built can be found from here on. */
  publish(cell: number): void {
    const { words } = this.arena
    Atomics.store(words, cell, kindOf(words[cell]!) | CellState.live)
  }

  /** Gives back a cell that nobody has ever seen. */
  discard(cell: number): void {
    Atomics.store(this.arena.words, cell, CellState.free)
    for (const filling of this.filling) {
      if (filling === undefined || filling.next - filling.words !== cell) continue
      filling.next = cell // the last one taken is the next one
      return
    }
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

  /**
   * Whether there is room after all for what was refused: looks for garbage everywhere, a few pages at a time, and at those twice,
   * since what is found to be garbage is free two epochs later. Does nothing while pinned, when nothing gets free.
   */
  makeRoom(): boolean {
    const { refused, epochs, pages } = this
    this.refused = undefined
    if (refused === undefined || epochs.isPinned) return false
    let page = FIRST_PAGE
    do {
      const start = page
      for (let round = 0; round < 2; round++) {
        epochs.pin()
        page = pages.sweepSome(start, refused.size)
        epochs.unpin()
        epochs.advance()
        epochs.advance()
        if (pages.hasRoom(refused.size, refused.pages)) return this.holdRoom(refused.size)
      }
    } while (page < this.arena.pages)
    return false
  }

  // What one step of an operation was refused is not for another step of it.
  private holdRoom(size: number): boolean {
    if (size < 0) return true
    this.epochs.pin()
    const page = this.pages.take(size, 0, false)
    if (page !== undefined) this.fill(size, page)
    this.epochs.unpin()
    return page !== undefined
  }

  /** Leaves the pages that are full. While nothing is being built. */
  leave(): void {
    for (let filled = this.full.pop(); filled !== undefined; filled = this.full.pop()) this.pages.leave(filled.page, filled.upheavals)
  }

  private takeSmall(size: number, kind: number, isVital: boolean): number | undefined {
    for (let tries = 0; ; tries++) {
      let filling = this.filling[size]
      if (filling === undefined) {
        const page = this.pages.take(size, tries <= TRIES ? ENOUGH : undefined, isVital)
        if (page === undefined) return this.refuse(size, 1)
        filling = this.fill(size, page)
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

  private fill(size: number, page: number): Filling {
    const words = SIZES[size]!
    const start = page * PAGE_WORDS
    return (this.filling[size] = { page, words, upheavals: this.upheavals, next: start, end: start + Math.floor(PAGE_WORDS / words) * words })
  }

  private takeLarge(words: number, kind: number): number | undefined {
    const pages = Math.ceil(words / PAGE_WORDS)
    const page = this.pages.takeRow(pages)
    if (page === undefined) return this.refuse(-1, pages)
    this.full.push({ page, upheavals: this.upheavals })
    Atomics.store(this.arena.words, page * PAGE_WORDS, kind | CellState.building)
    return page * PAGE_WORDS
  }

  private refuse(size: number, pages: number): undefined {
    this.refused = { size, pages }
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
