// What travels through a channel: a flat array of runs. A run is form, to, from, and the number of its entries, then what
// differs from entry to entry. Flat, because a structured clone of one long array is far cheaper than of many short
// ones; in runs, because in bulk most entries have their head in common.

import { Block } from './block.js'
import type { Pair } from './cloneable.js'
import { unpackErrors } from './errors-within.js'

export const Kind = {
  // Letters: they go into the mailbox of the process `to`, sent by the process `from`.
  cast: 1, //      body: the message
  call: 2, //      tag: the number of the call; body: the message
  info: 3, //      body: the message
  system: 4, //    tag: the number of the call; body: the request
  exit: 5, //      an exit signal; tag: 1 when it came through a link; body: the reason, encoded
  down: 6, //      tag: the monitor's ref; body: [pid or name, the reason encoded]
  task: 7, //      the answer of a task; tag: its ref; body: the value
  alias: 8, //     a message to an alias; tag: the alias; body: the message
  // Answers: they go to the pending call `tag` of this thread.
  reply: 10, //    body: the value
  failure: 11, //  body: an error, encoded
  overload: 12, // the call `tag` was refused: the mailbox is full
  unread: 13, //   something that this thread posted could not be read there; body: why
  // What a thread tells the main thread of the processes it hosts, or asks it.
  started: 20, //  body: ['ok'] | ['ignore'] | ['failed', reason]
  ended: 21, //    body: the reason, encoded
  signal: 22, //   the exit signal `body` from `from` to `to`, for the main thread to judge
  link: 23,
  unlink: 24,
  monitor: 25, //  tag: ref; body: the name it was asked for by, if any
  demonitor: 26, // tag: ref
  spawn: 27, //    a call: body: SpawnRequest
  register: 28, // a call: body: name
  unregister: 29, // a call: body: name
  awaitName: 30, // a call: body: [name, until it is served]; answered when the name is registered or given up (true), or when who decides waits for who asks (false)
  connect: 31, //  tag: the other thread; body: a port to it
  report: 32, //   body: a log event
  release: 33, //  names held for children of `from`: they do not come back
  code: 34, //     what V8 has made of the kernel; body: shared memory
  whereisVia: 35, // a call: body: a via name
  forward: 36, //  a letter by a via name; tag: its kind; body: [via, the message]
  output: 37, //   what the thread wrote; tag: the stream; body: text or bytes
  table: 38, //    a call: body: TableRequest
  note: 39, //     what a process that shares no memory tells of itself: body: Note
  still: 45, //    nothing runs in the thread any more, but it has not ended yet
  // What the main thread tells a thread.
  boot: 40, //     body: BootOrder: become the process `to`
  prepare: 43, //  body: PrepareOrder: what to do ahead of need
  died: 41, //     the process `to` is no more; body: its reason, encoded
  die: 46, //      end at once
  gone: 42, //     the thread `tag` is no more, its port can be closed
  news: 44, //     body: News: what the process table and the name directory say, for who shares no memory
} as const
export type Kind = (typeof Kind)[keyof typeof Kind]

/** Whether an entry counts as a letter in the mailbox of `to` from when it is sent. Signals count when they have become letters. */
export const isLetter = (kind: number): boolean => kind <= Kind.system || kind === Kind.alias

/** Takes one entry. */
export type Take = (kind: number, to: number, from: number, tag: unknown, body: unknown) => void

/** Takes a block of casts, calls or messages for `to`, or says that it wants them one by one. */
export type TakeWhole = (to: number, block: Block) => boolean

// The form of a run is its kind, and how its entries lie in it.
const KIND = 63
/** The bodies are pairs of a word and a simple value: the two, without the array around them. */
const PAIRS = 64
/** The bodies are forms that errors were packed into. */
const PACKED = 128
/** The entries have no tag. */
const UNTAGGED = 256
/** The entries are numbers only, and lie in one block of doubles: a structured clone copies it whole. */
const BLOCK = 512

// Whatever realm it comes from.
const isBlock = (value: unknown): value is Float64Array => Object.prototype.toString.call(value) === '[object Float64Array]'

/** From so many numbers on a block is cheaper than an array. */
const SHORTEST_BLOCK = 32

/** Form, to, from, count. */
const HEAD = 4
/** The tag and the parts of the body. */
const widthOf = (form: number): number => (form & UNTAGGED ? 0 : 1) + (form & PAIRS ? 2 : 1)

/** A batch of one, whatever its body. */
export const batchOfOne = (kind: number, to: number, from: number, tag: unknown, body: unknown, isPacked: boolean): unknown[] => [isPacked ? kind | PACKED : kind, to, from, 1, tag, body]

// The first word of a message is one of few. Each is written out once on a channel and afterwards goes by its number,
// which costs half as much and spares the receiver another copy of the text. Both sides keep count by the same rule.
const WORDS = 256
const isKept = (known: number, word: string): boolean => known < WORDS && word.length <= 32

const isNatural = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

/** Gathers entries whose bodies are small. Kept from post to post: growing an array anew is what costs. */
export class Batch {
  /** How many entries have gathered. */
  size = 0
  private readonly entries: unknown[] = []
  private used = 0
  /** Where the last run begins, and how many entries it has. */
  private run = 0
  private runLength = 0
  private readonly words = new Map<string, number>()
  private lastWord: string | undefined
  private lastNumber = 0
  /** The last one posted: most are as long as the one before. */
  private block = new Float64Array(0)

  add(kind: number, to: number, from: number, tag: unknown, body: unknown): void {
    const { entries } = this
    let at = this.extend(tag === 0 ? kind | UNTAGGED : kind, to, from)
    if (tag !== 0) entries[at++] = tag
    entries[at] = body
    this.used = at + 1
  }

  addPair(kind: number, to: number, from: number, tag: unknown, [word, value]: Pair): void {
    const { entries } = this
    let at = this.extend(tag === 0 ? kind | PAIRS | UNTAGGED : kind | PAIRS, to, from)
    if (tag !== 0) entries[at++] = tag
    entries[at] = this.numberOf(word)
    entries[at + 1] = value
    this.used = at + 2
  }

  /** A batch of one pair. */
  pairAlone(kind: number, to: number, from: number, tag: unknown, [first, value]: Pair): unknown[] {
    const word = this.numberOf(first)
    return tag === 0 ? [kind | PAIRS | UNTAGGED, to, from, 1, word, value] : [kind | PAIRS, to, from, 1, tag, word, value]
  }

  private numberOf(word: string): number | string {
    if (word === this.lastWord) return this.lastNumber
    const { words } = this
    const number = words.get(word)
    if (number === undefined) {
      if (isKept(words.size, word)) words.set(word, words.size)
      return word
    }
    this.lastWord = word
    this.lastNumber = number
    return number
  }

  /** Makes the last run one longer, or opens another; says where its new entry goes. */
  private extend(form: number, to: number, from: number): number {
    const { entries, used, run } = this
    this.size++
    if (used > 0 && entries[run] === form && entries[run + 1] === to && entries[run + 2] === from) {
      entries[run + 3] = ++this.runLength
      return used
    }
    this.run = used
    this.runLength = 1
    entries[used] = form
    entries[used + 1] = to
    entries[used + 2] = from
    entries[used + 3] = 1
    return used + HEAD
  }

  /** Gives what has gathered, and begins anew. */
  take(): unknown[] {
    const { entries, used } = this
    this.used = this.size = 0
    const block = this.asBlock(used)
    if (block !== undefined) return block
    const taken = entries.slice(0, used)
    // The values are not kept alive by what is to be reused.
    entries.fill(undefined, 0, used)
    return taken
  }

  /** What has gathered, if it is one long run of numbers: words that both know, and tags, are numbers too. */
  private asBlock(used: number): unknown[] | undefined {
    const { entries } = this
    const count = used - HEAD
    if (this.run > 0 || count < SHORTEST_BLOCK) return undefined
    for (let i = HEAD; i < used; i++) if (typeof entries[i] !== 'number') return undefined
    if (this.block.length !== count) this.block = new Float64Array(count)
    const { block } = this
    for (let i = 0; i < count; i++) block[i] = entries[HEAD + i] as number
    return [(entries[0] as number) | BLOCK, entries[1], entries[2], entries[3], block]
  }
}

/** Reads what comes in on one channel. */
export class Reader {
  private readonly words: string[] = []

  /** `whole` may take the letters of a block all at once. */
  constructor(private readonly take: Take, private readonly whole: TakeWhole = () => false) {}

  /** Hands on the entries of a batch, one by one. Throws when it is none. */
  read(batch: readonly unknown[]): void {
    const { take } = this
    if (!Array.isArray(batch)) throw new TypeError('expected a batch')
    for (let i = 0; i < batch.length; ) {
      const form = batch[i] as number
      const to = batch[i + 1] as number
      const from = batch[i + 2] as number
      const kind = form & KIND
      let left = batch[i + 3] as number
      i += HEAD
      if (!(isNatural(form) && isNatural(to) && isNatural(from) && isNatural(left))) throw new TypeError('expected a run of entries')
      if (form & BLOCK) {
        this.readBlock(form, to, from, left, batch[i++])
        continue
      }
      if (i + left * widthOf(form) > batch.length) throw new TypeError('expected as many entries as the run has')
      for (; left > 0; left--) {
        const tag = form & UNTAGGED ? 0 : batch[i++]
        if (form & PAIRS) take(kind, to, from, tag, [this.wordOf(batch[i++] as number | string), batch[i++]])
        else take(kind, to, from, tag, form & PACKED ? unpackErrors(batch[i++]) : batch[i++])
      }
    }
  }

  private readBlock(form: number, to: number, from: number, count: number, block: unknown): void {
    if (!(count > 0 && isBlock(block) && block.length === count * widthOf(form))) throw new TypeError('expected a block of as many numbers as the run has')
    const { take } = this
    const kind = form & KIND
    if (kind <= Kind.info && this.whole(to, new Block(kind, from, block, (form & UNTAGGED) === 0, form & PAIRS ? this.words : undefined))) return
    for (let i = 0; i < block.length; ) {
      const tag = form & UNTAGGED ? 0 : block[i++]!
      if (form & PAIRS) take(kind, to, from, tag, [this.wordOf(block[i++]!), block[i++]])
      else take(kind, to, from, tag, block[i++])
    }
  }

  private wordOf(word: number | string): string {
    if (typeof word === 'number') return this.words[word]!
    if (isKept(this.words.length, word)) this.words.push(word)
    return word
  }
}

/** How many letters a batch has for whom. */
export function countLetters(batch: readonly unknown[], count: (to: number, letters: number) => void): void {
  for (let i = 0; i < batch.length; ) {
    const form = batch[i] as number
    const length = batch[i + 3] as number
    if (isLetter(form & KIND)) count(batch[i + 1] as number, length)
    i += HEAD + (form & BLOCK ? 1 : length * widthOf(form))
  }
}
