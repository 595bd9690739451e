// When memory may be used anew: not while any thread may still look at what was there. A thread that reads or writes says
// in which epoch it began; what was taken out in one epoch is free two epochs later. Nobody waits for anybody: the
// main thread takes back what a killed thread has said.

import type { Arena } from './arena.js'
import { EPOCH, Record, recordAt, RECORDS, RECORDS_USED } from './layout.js'

export class Epochs {
  /** The record of this thread. */
  readonly record: number
  private readonly pinAt: number
  private pinned = 0

  constructor(private readonly arena: Arena, thread: number) {
    this.record = this.attach(thread)
    this.pinAt = recordAt(this.record) + Record.pin
  }

  /** From here on nothing that is reachable is used anew. */
  pin(): void {
    if (this.pinned++ > 0) return
    const { words } = this.arena
    for (let epoch = Atomics.load(words, EPOCH); ; ) {
      Atomics.store(words, this.pinAt, (epoch << 1) | 1)
      const now = Atomics.load(words, EPOCH)
      if (now === epoch) return
      epoch = now
    }
  }

  /** Returns whether the thread has let go of everything. */
  unpin(): boolean {
    if (--this.pinned > 0) return false
    Atomics.store(this.arena.words, this.pinAt, 0)
    return true
  }

  get isPinned(): boolean {
    return this.pinned > 0
  }

  get now(): number {
    return Atomics.load(this.arena.words, EPOCH)
  }

  /** Begins another epoch if every thread that reads or writes began in this one. */
  advance(): void {
    const { words } = this.arena
    const epoch = Atomics.load(words, EPOCH)
    const used = Atomics.load(words, RECORDS_USED)
    for (let record = 0; record < used; record++) {
      const pin = Atomics.load(words, recordAt(record) + Record.pin)
      if (pin !== 0 && pin !== ((epoch << 1) | 1)) return
    }
    Atomics.compareExchange(words, EPOCH, epoch, (epoch + 1) | 0)
  }

  private attach(thread: number): number {
    const { words } = this.arena
    for (let record = 0; record < RECORDS; record++) {
      if (Atomics.compareExchange(words, recordAt(record) + Record.thread, 0, thread + 1) !== 0) continue
      for (let used = Atomics.load(words, RECORDS_USED); used <= record; used = Atomics.load(words, RECORDS_USED)) {
        Atomics.compareExchange(words, RECORDS_USED, used, record + 1)
      }
      return record
    }
    throw new RangeError(`more than ${RECORDS} threads use tables`)
  }
}

/** Whether what was retired in epoch `then` is free in epoch `now`. Cells keep 28 bits of it. */
export const isPast = (then: number, now: number): boolean => ((now - then) << 4) >> 4 >= 2
