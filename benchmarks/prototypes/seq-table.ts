// A table of numbers in shared memory that one thread writes and all read, each row on a sequence lock. As little as would do,
// and so as quick as it gets: keys and values are numbers, nothing is deleted, nothing grows.

/** A row is four words: its sequence, odd while it is written; its key, from 1; its value, a double. */
const WORDS = 4

export class SeqTable {
  private readonly words: Int32Array
  private readonly doubles: Float64Array
  private readonly mask: number

  constructor(readonly memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory)
    this.doubles = new Float64Array(memory)
    this.mask = memory.byteLength / (4 * WORDS) - 1
  }

  /** With room for `rows`, a power of two. */
  static withRoomFor(rows: number): SeqTable {
    return new SeqTable(new SharedArrayBuffer(2 * rows * 4 * WORDS))
  }

  /** Reads a row, and once more when it was written meanwhile. In a row whose writer has died it would read for ever: `patience` is how often. */
  lookup(key: number, patience = Infinity): number | undefined {
    const at = this.find(key)
    for (let i = 0; i < patience; i++) {
      const before = Atomics.load(this.words, at)
      if (before % 2 !== 0) continue
      const value = this.words[at + 1] === key + 1 ? this.doubles[(at + 2) >> 1] : undefined
      if (Atomics.load(this.words, at) === before) return value
    }
    throw new Error('its writer died in the midst of it')
  }

  /** For the one writer only. */
  add(key: number, amount: number): number {
    const at = this.find(key)
    Atomics.add(this.words, at, 1)
    this.words[at + 1] = key + 1
    const sum = (this.doubles[(at + 2) >> 1]! += amount)
    Atomics.add(this.words, at, 1)
    return sum
  }

  /** The first half of a write, as a writer leaves it that is killed then. */
  addHalf(key: number): number {
    return Atomics.add(this.words, this.find(key), 1)
  }

  private find(key: number): number {
    for (let i = Math.imul(key, 0x9e3779b1) >>> 8; ; i++) {
      const at = (i & this.mask) * WORDS
      const found = this.words[at + 1]!
      if (found === key + 1 || found === 0) return at
    }
  }
}
