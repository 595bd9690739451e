// The shared memory that all tables of the program lie in, as one thread sees it. Any thread makes it grow, without
// asking: a growable SharedArrayBuffer is a range of addresses, and growing gives it more of them.

import { FIRST_CELL, FIRST_PAGE, MAX_PAGES, PAGE_WORDS, RECORDS_USED } from './layout.js'

const PAGE_BYTES = PAGE_WORDS * 4
/** In pages. */
const RESERVE = 16

/** Reserves the addresses. Costs no memory until something is written there. */
export function reserveArena(): SharedArrayBuffer {
  for (let pages = MAX_PAGES; ; pages = Math.floor(pages / 2)) {
    try {
      return new SharedArrayBuffer(FIRST_CELL * 4, { maxByteLength: pages * PAGE_BYTES })
    } catch (error) {
      if (pages < FIRST_PAGE * 4) throw error // the program is not given some MB of addresses
    }
  }
}

/** Whether any thread has ever looked at a table. */
export const isArenaUsed = (memory: SharedArrayBuffer): boolean => new Int32Array(memory, 0, RECORDS_USED + 1)[RECORDS_USED]! > 0

export class Arena {
  /** All there is as of the last look. A view of fixed length: one that follows the buffer costs twice as much to read. */
  words: Int32Array

  constructor(readonly memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory)
    this.look()
  }

  get pages(): number {
    return this.words.length / PAGE_WORDS
  }

  /** Sees what others have made it grow by. */
  look(): Int32Array {
    return (this.words = new Int32Array(this.memory, 0, this.memory.byteLength / 4))
  }

  /** How many pages there can be. Some are for what is vital: to take rows out has to be possible when nothing can be put in. */
  limit(isVital: boolean): number {
    return Math.min(this.memory.maxByteLength / PAGE_BYTES, MAX_PAGES) - (isVital ? 0 : RESERVE)
  }

  /** Adds at least `pages`, or what is left. False when there are no more addresses, or no more memory. */
  grow(pages: number, isVital: boolean): boolean {
    const before = this.memory.byteLength
    const step = Math.max(pages, 16, Math.floor(before / PAGE_BYTES / 8)) * PAGE_BYTES
    try {
      this.memory.grow(Math.min(before + step, this.limit(isVital) * PAGE_BYTES))
    } catch {
      // Another thread was faster, or there is no more memory: the length tells.
    }
    this.look()
    return this.memory.byteLength > before
  }
}
