// Hands out pages. A page belongs to the thread that fills it, and to nobody afterwards: then whoever needs memory takes
// a page with garbage in it. One atomic exchange says whose it is; what a killed thread had, the main thread gives free.

import type { Arena } from './arena.js'
import { type Epochs, isPast } from './epochs.js'
import { FIRST_PAGE, LOOKED_AT, MAX_PAGES, Page, PAGE_WORDS, pageEntryAt, UPHEAVALS } from './layout.js'

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

  /** A page for cells of a size, this thread's: a used one in which some may be free, or an empty one. Undefined when memory is out. */
  take(size: number, mayBeUsed: boolean): number | undefined {
    this.epochs.advance()
    return (mayBeUsed ? this.reuse(size) : undefined) ?? this.takeFree(1, (page) => this.open(page, size))
  }

  /** Pages in a row for one large cell of this thread: the first of them. */
  takeRow(pages: number): number | undefined {
    this.epochs.advance()
    this.reuse(-1)
    return this.takeFree(pages, (page) => this.openRow(page, pages))
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

  // A page in which it is worth to look for garbage. On its way it frees large cells, and pages of other sizes that are
  // all garbage.
  private reuse(size: number): number | undefined {
    const { words, pages } = this.arena
    const now = this.epochs.now
    const upheavals = Atomics.load(words, UPHEAVALS)
    let patience = PATIENCE
    const start = Atomics.load(words, LOOKED_AT)
    let page = Math.max(FIRST_PAGE, start)
    for (let step = FIRST_PAGE; step < pages && step < FARTHEST; step++) {
      if (++page >= pages) page = FIRST_PAGE
      const at = pageEntryAt(page)
      const state = words[at]!
      if (use(state) < Use.small || use(state) === Use.tail || ownerOf(state) !== 0) continue
      const isLarge = use(state) === Use.large
      if (!isLarge && !isPast(words[at + Page.epoch]!, now)) continue
      const isWanted = !isLarge && sizeOf(state) === size
      if (!isWanted && patience === 0) continue
      const garbage = words[at + Page.garbage]!
      const enough = isLarge ? 1 : Math.floor((PAGE_WORDS / SIZES[sizeOf(state)]!) * (isWanted ? 0.25 : 0.9))
      if (garbage < enough && words[at + Page.seen] === upheavals) continue
      if (!isWanted) patience--
      Atomics.store(words, LOOKED_AT, page)
      if (Atomics.compareExchange(words, at, state, stateOf(use(state), this.me, sizeOf(state))) !== state) continue
      Atomics.store(words, at + Page.garbage, 0)
      if (isWanted) return page
      if (this.sweep(page, isLarge ? 0 : SIZES[sizeOf(state)]!) > 0) this.leave(page, upheavals)
      else this.free(page, isLarge)
    }
    // Nothing here that is worth it: the next one goes on behind.
    if (patience === PATIENCE) Atomics.compareExchange(words, LOOKED_AT, start, page)
    return undefined
  }

  private free(page: number, isLarge: boolean): void {
    const { words } = this.arena
    const at = pageEntryAt(page)
    // The head last: if this is cut short, the next one who looks does it again.
    if (isLarge) for (let tail = page + words[at + Page.epoch]! - 1; tail > page; tail--) Atomics.compareExchange(words, pageEntryAt(tail), tailOf(page), Use.free)
    Atomics.store(words, at, Use.free)
  }

  private takeFree(count: number, open: (page: number) => void): number | undefined {
    for (;;) {
      const page = this.claim(count)
      if (page !== undefined) {
        open(page)
        return page
      }
      if (!this.arena.grow(count)) return undefined
    }
  }

  private claim(count: number): number | undefined {
    const { words, pages } = this.arena
    const claimed = stateOf(Use.claimed, this.me)
    let run = 0
    for (let page = FIRST_PAGE; page < pages && page < MAX_PAGES; page++) {
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
    const end = Math.min(pages, MAX_PAGES)
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
