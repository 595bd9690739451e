// The mailbox of one process: letters in the order they arrived, and the one receive that may wait for a letter.

import { tagOf } from '../term/message.js'
import type { ProcessId } from '../term/pid.js'
import { Block } from '../wire/block.js'
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
  private items: (Letter | Block | undefined)[] = []
  private head = 0
  /** The block that lies first, out of which letters have been taken. */
  private opened: Block | undefined
  /** How many letters there are. */
  length = 0

  push(letter: Letter): void {
    this.items.push(letter)
    this.length++
  }

  /** Puts in all letters of a block, last. */
  pushBlock(block: Block): void {
    this.items.push(block)
    this.length += block.length
  }

  shift(): Letter | undefined {
    if (this.length === 0) return undefined
    this.length--
    if (this.opened === undefined) {
      const item = this.shiftItem()
      if (!(item instanceof Block)) return item
      this.opened = item
    }
    const letter = this.opened.next()
    if (this.opened.isEmpty) this.opened = undefined
    return letter
  }

  private shiftItem(): Letter | Block {
    const item = this.items[this.head]!
    this.items[this.head++] = undefined
    if (this.head === this.items.length) {
      this.items.length = 0
      this.head = 0
    } else if (this.head > 1024 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head)
      this.head = 0
    }
    return item
  }

  /** Takes out the first letter that matches, wherever it lies. */
  takeFirst(matches: (letter: Letter) => boolean): Letter | undefined {
    for (let i = 0; i < this.length; i++) {
      const letter = this.at(i)
      if (!matches(letter)) continue
      if (i === 0) return this.shift()
      this.items.splice(this.head + i, 1)
      this.length--
      return letter
    }
    return undefined
  }

  /** Takes out all letters that match. */
  takeAll(matches: (letter: Letter) => boolean): number {
    const before = this.length
    this.items = this.peek(before).filter((letter) => !matches(letter))
    this.head = 0
    this.length = this.items.length
    return before - this.length
  }

  /** What waits, by kind and tag, oldest first: `'cast inc'`. */
  labels(limit = 10): string[] {
    return this.peek(limit).map(({ kind, body }) => `${KINDS[kind] ?? 'info'} ${tagOf(body) ?? '…'}`)
  }

  /** The letters that wait, oldest first. */
  peek(limit: number): Letter[] {
    return Array.from({ length: Math.min(limit, this.length) }, (_, i) => this.at(i))
  }

  /** The letter so many places behind the first one. A block up to there is made into letters. */
  private at(place: number): Letter {
    if (this.opened !== undefined) {
      this.items.splice(this.head, 0, ...this.opened.rest())
      this.opened = undefined
    }
    const item = this.items[this.head + place]!
    if (!(item instanceof Block)) return item
    const letters = item.rest()
    this.items.splice(this.head + place, 1, ...letters)
    return letters[0]!
  }
}
