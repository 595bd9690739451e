// Hands out pages. A page belongs to the thread that fills it, and to nobody afterwards: then whoever needs memory takes
// a page with garbage in it. One atomic exchange says whose it is; what a killed thread had, the main thread gives free.

import type { Arena } from './arena.js'
import { type Epochs, isPast } from './epochs.js'
import { FIRST_PAGE, LOOKED_AT, Page, PAGE_WORDS, pageEntryAt, UPHEAVALS } from './layout.js'

/** What a page is for. The rest of the word is its owner and its size, or, of a tail, the page of its head. */
const Use = { fresh: 0, free: 1, claimed: 2, small: 3, large: 4, tail: 5 } as const
const use = (state: number): number => state & 7
const ownerOf = (state: number): number => (state >>> 3) & 0x1fff
const sizeOf = (state: number): number => state >>> 16
const stateOf = (to: number, owner: number, size = 0): number => to | (owner << 3) | (size << 16)
const tailOf = (head: number): number => Use.tail | (head << 3)

/** The sizes of cells, in words. */
export const SIZES = [8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 4096] as const
export const LARGEST_SMALL = 4096
/** How many pages of other sizes are looked through on the way to one of the size that is needed, and how long that way is at most. */
const PATIENCE = 4
const FARTHEST = 1024
/** How much of a page of another size than is needed has to be garbage for it to be worth a look. */
const OTHER = 0.9
/** How many pages are swept in a row when memory is out. */
const SOME = 64

/** The index of the smallest size that `words` fit in. */
export function sizeFor(words: number): number {
  let size = 0
  while (SIZES[size]! < words) size++
  return size
}

export class Pages {
  /** Zero is nobody. */
  private readonly me: number

  /** `sweep` frees what nobody can reach of a page's cells and says how many are not free yet; 0 words is a large cell. */
  constructor(private readonly arena: Arena, private readonly epochs: Epochs, private readonly sweep: (page: number, words: number) => number) {
    this.me = epochs.record + 1
  }

  /**
   * A page for cells of a size, this thread's: a used one of which such a share may be garbage, or an empty one. Undefined when memory
   * is out; what is vital has some more.
   */
  take(size: number, garbage: number | undefined, isVital: boolean): number | undefined {
    this.epochs.advance()
    return (garbage === undefined ? undefined : this.reuse(size, garbage)) ?? this.takeFree(1, isVital, (page) => this.open(page, size))
  }

  /** Pages in a row for one large cell of this thread: the first of them. */
  takeRow(pages: number): number | undefined {
    this.epochs.advance()
    this.reuse(-1, 1)
    return this.takeFree(pages, false, (page) => this.openRow(page, pages))
  }

  /** Gives the page to whoever needs it: its thread has no use for it any more. */
  leave(page: number, upheavals: number): void {
    const { words } = this.arena
    const at = pageEntryAt(page)
    const state = Atomics.load(words, at)
    words[at + Page.seen] = upheavals
    if (use(state) === Use.small) words[at + Page.epoch] = this.epochs.now
    Atomics.store(words, at, stateOf(use(state), 0, sizeOf(state)))
  }

  /** A cell of the page has become garbage. */
  addGarbage(page: number, cells: number): void {
    Atomics.add(this.arena.words, pageEntryAt(page) + Page.garbage, cells)
  }

  /** All that a dead thread had belongs to nobody. Main thread only. */
  inherit(record: number): void {
    const words = this.arena.look()
    const owned = (state: number): boolean => ownerOf(state) === record + 1
    for (let page = FIRST_PAGE; page < this.arena.pages; page++) {
      const state = Atomics.load(words, pageEntryAt(page))
      if (use(state) !== Use.tail) continue
      const head = Atomics.load(words, pageEntryAt(state >>> 3))
      if (use(head) === Use.claimed && owned(head)) Atomics.store(words, pageEntryAt(page), Use.free)
    }
    for (let page = FIRST_PAGE; page < this.arena.pages; page++) {
      const at = pageEntryAt(page)
      const state = Atomics.load(words, at)
      if (use(state) === Use.tail || !owned(state)) continue
      // How much of it was garbage, nobody knows.
      words[at + Page.garbage] = PAGE_WORDS
      Atomics.store(words, at, use(state) === Use.claimed ? Use.free : stateOf(use(state), 0, sizeOf(state)))
    }
  }

  /** How many bytes of pages are in use. */
  get bytes(): number {
    this.arena.look()
    let pages = 0
    for (let page = FIRST_PAGE; page < this.arena.pages; page++) if (use(Atomics.load(this.arena.words, pageEntryAt(page))) > Use.free) pages++
    return pages * PAGE_WORDS * 4
  }

  /** When memory is out: sweeps the next pages behind `start` that are worth it. Returns the page to go on at. While pinned only. */
  sweepSome(start: number, size: number): number {
    const { pages } = this.arena
    const upheavals = Atomics.load(this.arena.words, UPHEAVALS)
    let page = start
    for (let left = SOME; page < pages && left > 0; page++) {
      const state = this.ownIf(page, upheavals, this.isOf(page, size) ? 0 : OTHER)
      if (state === undefined) continue
      this.empty(page, state, upheavals)
      left--
    }
    return page
  }

  /** Whether `take` or, for so many pages in a row, `takeRow` will find something. */
  hasRoom(size: number, count: number): boolean {
    const { words, pages } = this.arena
    const end = this.arena.limit(false)
    let run = 0
    for (let page = FIRST_PAGE; page < pages; page++) {
      const state = Atomics.load(words, pageEntryAt(page))
      run = use(state) <= Use.free && page < end ? run + 1 : 0
      if (run === count) return true
      if (!this.isOf(page, size) || !this.isWorthIt(page, words[pageEntryAt(page) + Page.seen]!, 0)) continue
      Atomics.store(words, LOOKED_AT, page - 1)
      return true
    }
    return false
  }

  // A page in which it is worth to look for garbage. On its way it frees large cells, and pages of other sizes that are
  // all garbage.
  private reuse(size: number, garbage: number): number | undefined {
    const { words, pages } = this.arena
    const upheavals = Atomics.load(words, UPHEAVALS)
    let patience = PATIENCE
    const start = Atomics.load(words, LOOKED_AT)
    let page = Math.max(FIRST_PAGE, start)
    for (let step = FIRST_PAGE; step < pages && step < FARTHEST; step++) {
      if (++page >= pages) page = FIRST_PAGE
      const isWanted = this.isOf(page, size)
      if (!isWanted && patience === 0) continue
      const state = this.ownIf(page, upheavals, isWanted ? garbage : OTHER)
      if (state === undefined) continue
      Atomics.store(words, LOOKED_AT, page)
      if (isWanted) return page
      patience--
      this.empty(page, state, upheavals)
    }
    // Nothing here that is worth it: the next one goes on behind.
    if (patience === PATIENCE) Atomics.compareExchange(words, LOOKED_AT, start, page)
    return undefined
  }

  private isOf(page: number, size: number): boolean {
    const state = this.arena.words[pageEntryAt(page)]!
    return use(state) === Use.small && sizeOf(state) === size
  }

  // Whether a page of nobody may have so much garbage, as a share of its cells.
  private isWorthIt(page: number, upheavals: number, share: number): boolean {
    const { words } = this.arena
    const at = pageEntryAt(page)
    const state = words[at]!
    if ((use(state) !== Use.small && use(state) !== Use.large) || ownerOf(state) !== 0) return false
    const isLarge = use(state) === Use.large
    if (!isLarge && !isPast(words[at + Page.epoch]!, this.epochs.now)) return false
    const enough = isLarge ? 1 : Math.max(1, Math.floor((PAGE_WORDS / SIZES[sizeOf(state)]!) * share))
    return words[at + Page.garbage]! >= enough || words[at + Page.seen] !== upheavals
  }

  // Takes a page for this thread if it is worth it; returns its state before.
  private ownIf(page: number, upheavals: number, share: number): number | undefined {
    const { words } = this.arena
    const at = pageEntryAt(page)
    const state = words[at]!
    if (!this.isWorthIt(page, upheavals, share)) return undefined
    if (Atomics.compareExchange(words, at, state, stateOf(use(state), this.me, sizeOf(state))) !== state) return undefined
    Atomics.store(words, at + Page.garbage, 0)
    return state
  }

  // Frees what it can of a page of this thread, which then belongs to nobody.
  private empty(page: number, state: number, upheavals: number): void {
    const isLarge = use(state) === Use.large
    if (this.sweep(page, isLarge ? 0 : SIZES[sizeOf(state)]!) > 0) this.leave(page, upheavals)
    else this.free(page, isLarge)
  }

  private free(page: number, isLarge: boolean): void {
    const { words } = this.arena
    const at = pageEntryAt(page)
    // The head last: if this is cut short, the next one who looks does it again.
    if (isLarge) for (let tail = page + words[at + Page.epoch]! - 1; tail > page; tail--) Atomics.compareExchange(words, pageEntryAt(tail), tailOf(page), Use.free)
    Atomics.store(words, at, Use.free)
  }

  private takeFree(count: number, isVital: boolean, open: (page: number) => void): number | undefined {
    for (;;) {
      const page = this.claim(count, Math.min(this.arena.pages, this.arena.limit(isVital)))
      if (page !== undefined) {
        open(page)
        return page
      }
      if (!this.arena.grow(count, isVital)) return undefined
    }
  }

  private claim(count: number, end: number): number | undefined {
    const { words } = this.arena
    const claimed = stateOf(Use.claimed, this.me)
    let run = 0
    for (let page = FIRST_PAGE; page < end; page++) {
      const at = pageEntryAt(page)
      const state = words[at]!
      const isOurs = use(state) <= Use.free && Atomics.compareExchange(words, at, state, claimed) === state
      if (!isOurs) {
        for (; run > 0; run--) Atomics.store(words, pageEntryAt(page - run), Use.free)
        continue
      }
      if (state === Use.free) words.fill(0, page * PAGE_WORDS, (page + 1) * PAGE_WORDS)
      if (++run === count) return page - count + 1
    }
    for (; run > 0; run--) Atomics.store(words, pageEntryAt(end - run), Use.free)
    return undefined
  }

  private open(page: number, size: number): void {
    const { words } = this.arena
    const at = pageEntryAt(page)
    words[at + Page.garbage] = 0
    Atomics.store(words, at, stateOf(Use.small, this.me, size))
  }

  private openRow(page: number, count: number): void {
    const { words } = this.arena
    const at = pageEntryAt(page)
    words[at + Page.garbage] = 0
    words[at + Page.epoch] = count
    for (let tail = page + 1; tail < page + count; tail++) Atomics.store(words, pageEntryAt(tail), tailOf(page))
    Atomics.store(words, at, stateOf(Use.large, this.me))
  }
}
