// How many rows a table has. Each thread counts what it adds and removes in a place of its own, so that nobody waits for
// another; the sum is the size. A thread says before what it is about to count: if it is killed between the row and
// the number, the main thread counts for it, once.

import type { Arena } from './arena.js'
import { ArrayCell, COUNTERS, Record, recordAt, RECORDS_USED, Root, Row } from './layout.js'
import { goneBy } from './search.js'

export class Counters {
  private readonly at: number

  constructor(private readonly arena: Arena, private readonly record: number) {
    this.at = recordAt(record)
  }

  /** Where this thread counts, or undefined while nobody has made the block it would be in. */
  place(root: number): number | undefined {
    if (this.record < COUNTERS) return root + Root.counters + this.record
    const block = Atomics.load(this.arena.words, root + Root.counterBlocks + this.block)
    return block === 0 ? undefined : block + ArrayCell.items + (this.record % COUNTERS)
  }

  get block(): number {
    return Math.floor(this.record / COUNTERS)
  }

  /** Before a row or a value is put in, or a row, its number below zero, is removed. */
  announce(intent: number, counter: number, change: number): void {
    const { words } = this.arena
    words[this.at + Record.counter] = counter
    words[this.at + Record.before] = words[counter]!
    words[this.at + Record.change] = change
    Atomics.store(words, this.at + Record.intent, intent)
  }

  /** After it. Returns what this thread has counted so far. */
  count(counter: number, change: number): number {
    const { words } = this.arena
    const counted = words[counter]! + change
    Atomics.store(words, counter, counted)
    Atomics.store(words, this.at + Record.intent, 0)
    return counted
  }

  /** When it came to nothing. */
  withdraw(): void {
    Atomics.store(this.arena.words, this.at + Record.intent, 0)
  }

  size(root: number): number {
    let words = root >= this.arena.words.length ? this.arena.look() : this.arena.words
    const used = Atomics.load(words, RECORDS_USED)
    let size = 0
    for (let record = 0; record < used; record++) {
      let at = root + Root.counters + record
      if (record >= COUNTERS) {
        const block = Atomics.load(words, root + Root.counterBlocks + Math.floor(record / COUNTERS))
        if (block === 0) continue
        at = block + ArrayCell.items + (record % COUNTERS)
        if (at >= words.length) words = this.arena.look()
      }
      size += Atomics.load(words, at)
    }
    // Another thread may have been seen to remove what a third has not yet been seen to add.
    return Math.max(0, size)
  }
}

/** Counts what a dead thread has done and not counted. `wasPutIn` tells of a row or a value. Main thread only. */
export function settleCount(arena: Arena, record: number, wasPutIn: (cell: number) => boolean): void {
  const { words } = arena
  const at = recordAt(record)
  const intent = words[at + Record.intent]!
  if (intent === 0) return
  const counter = words[at + Record.counter]!
  const before = words[at + Record.before]!
  const isDone = intent < 0 ? words[-intent + Row.value] === goneBy(record) : wasPutIn(intent)
  if (words[counter] === before && isDone) Atomics.store(words, counter, before + words[at + Record.change]!)
  words[at + Record.intent] = 0
}
