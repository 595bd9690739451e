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

export class Mailbox {
  private letters: (Letter | undefined)[] = []
  private head = 0

  get length(): number {
    return this.letters.length - this.head
  }

  push(letter: Letter): void {
    this.letters.push(letter)
  }

  shift(): Letter | undefined {
    if (this.head === this.letters.length) return undefined
    const letter = this.letters[this.head]
    this.letters[this.head++] = undefined
    if (this.head === this.letters.length) {
      this.letters.length = 0
      this.head = 0
    } else if (this.head > 1024 && this.head * 2 > this.letters.length) {
      this.letters = this.letters.slice(this.head)
      this.head = 0
    }
    return letter
  }

  /** Puts back the letter that was just taken. */
  unshift(letter: Letter): void {
    if (this.head > 0) this.letters[--this.head] = letter
    else this.letters.unshift(letter)
  }

  /** Takes out the first letter that matches, wherever it lies. */
  takeFirst(matches: (letter: Letter) => boolean): Letter | undefined {
    for (let i = this.head; i < this.letters.length; i++) {
      const letter = this.letters[i]!
      if (!matches(letter)) continue
      if (i === this.head) return this.shift()
      this.letters.splice(i, 1)
      return letter
    }
    return undefined
  }

  /** Takes out all letters that match. */
  takeAll(matches: (letter: Letter) => boolean): number {
    const before = this.length
    this.letters = this.letters.slice(this.head).filter((letter) => !matches(letter!))
    this.head = 0
    return before - this.length
  }

  /** What waits, by kind and tag, oldest first: `'cast inc'`. */
  labels(limit = 10): string[] {
    return this.peek(limit).map(({ kind, body }) => `${KINDS[kind] ?? 'info'} ${tagOf(body) ?? '…'}`)
  }

  /** The letters that wait, oldest first. */
  peek(limit: number): Letter[] {
    return this.letters.slice(this.head, this.head + limit) as Letter[]
  }
}
