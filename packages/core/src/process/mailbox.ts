// The mailbox of one process: letters in the order they arrived, and the one receive that may wait for a letter.

import { tagOf } from '../term/message.js'
import type { ProcessId } from '../term/pid.js'
import { Kind } from '../wire/envelope.js'
import type { Surroundings } from './surroundings.js'

/** One letter. EXIT and DOWN signals lie here as `info` letters with their message form in `body`. */
export interface Letter {
  readonly kind: number
  readonly from: ProcessId
  /** The number of the call for `call` and `system`; the ref for a DOWN; 'EXIT' for an exit signal. */
  readonly tag: unknown
  readonly body: unknown
  /** Of a letter from this thread: the context it was sent in. */
  readonly surroundings?: Surroundings
}

const KINDS: Readonly<Record<number, string>> = { [Kind.cast]: 'cast', [Kind.call]: 'call', [Kind.system]: 'system' }

/** The longest array of an empty mailbox. */
const KEPT = 1024

export class Mailbox {
  // The letters lie between head and tail. An array that is emptied stays as long as it is, if it is not too long: to grow
  // it anew for each batch is what costs.
  private letters: (Letter | undefined)[] = []
  private head = 0
  private tail = 0

  get length(): number {
    return this.tail - this.head
  }

  push(letter: Letter): void {
    this.letters[this.tail++] = letter
  }

  shift(): Letter | undefined {
    const { letters, head } = this
    if (head === this.tail) return undefined
    const letter = letters[head]
    letters[head] = undefined
    this.head = head + 1
    if (this.head === this.tail) {
      this.head = this.tail = 0
      if (letters.length > KEPT) this.letters = []
    } else if (this.head > 1024 && this.head * 2 > this.tail) {
      this.setLetters(letters.slice(this.head, this.tail) as Letter[])
    }
    return letter
  }

  /** Puts back the letter that was just taken. */
  unshift(letter: Letter): void {
    if (this.head > 0) this.letters[--this.head] = letter
    else this.setLetters([letter, ...this.peek(Infinity)])
  }

  /** Takes out the first letter that matches, wherever it lies. */
  takeFirst(matches: (letter: Letter) => boolean): Letter | undefined {
    for (let i = this.head; i < this.tail; i++) {
      const letter = this.letters[i]!
      if (!matches(letter)) continue
      if (i === this.head) return this.shift()
      this.letters.splice(i, 1)
      this.tail--
      return letter
    }
    return undefined
  }

  /** Takes out all letters that match. */
  takeAll(matches: (letter: Letter) => boolean): number {
    const before = this.length
    this.setLetters(this.peek(Infinity).filter((letter) => !matches(letter)))
    return before - this.length
  }

  private setLetters(letters: Letter[]): void {
    this.letters = letters
    this.head = 0
    this.tail = letters.length
  }

  /** What waits, by kind and tag, oldest first: `'cast inc'`. */
  labels(limit = 10): string[] {
    return this.peek(limit).map(({ kind, body }) => `${KINDS[kind] ?? 'info'} ${tagOf(body) ?? '…'}`)
  }

  /** The letters that wait, oldest first. */
  peek(limit: number): Letter[] {
    return this.letters.slice(this.head, Math.min(this.tail, this.head + limit)) as Letter[]
  }
}
