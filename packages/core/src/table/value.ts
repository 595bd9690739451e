// Values as a row holds them: a small integer in the row's own word, anything else in a cell that never changes. What
// can be sent in a message can be a value, except what is tied to a thread or is shared memory itself.

import { deserialize, serialize } from 'node:v8'
import { notCloneable } from '../wire/channel.js'
import { misuse } from '../term/errors.js'
import { packErrors, unpackErrors } from '../wire/errors-within.js'
import type { Arena } from './arena.js'

const Form = { cloned: 0, packed: 1, latin1: 2, utf16: 3, double: 4, word: 5 } as const
const WORDS: readonly unknown[] = [undefined, null, false, true]

const double = new Float64Array(1)
const doubleWords = new Int32Array(double.buffer)

/** Whether a number has a place in the row's own word: an integer of 31 bits. */
export const isSmall = (value: unknown): value is number => typeof value === 'number' && (value << 1) >> 1 === value && !Object.is(value, -0)
export const smallWord = (value: number): number => (value << 1) | 1
export const isSmallWord = (word: number): boolean => (word & 1) === 1
export const smallOf = (word: number): number => word >> 1

/** A value that needs a cell, before it has one. */
export interface Draft {
  readonly form: number
  readonly bytes: number
  readonly content: number | string | Uint8Array
}

/** A value on its way into a table: a small integer as it is, anything else as its draft. */
export type Prepared = number | Draft

/**
 * To be done before a table is touched: a getter of the value is any code, and may itself use tables. Throws ERR_NOT_CLONEABLE with
 * the path of the part that cannot be stored.
 */
export const prepare = (value: unknown): Prepared => (isSmall(value) ? value : draftOf(value))

export function draftOf(value: unknown): Draft {
  if (typeof value === 'string') {
    // eslint-disable-next-line no-control-regex
    const isLatin1 = !/[^\0-\xff]/.test(value)
    return { form: isLatin1 ? Form.latin1 : Form.utf16, bytes: isLatin1 ? value.length : value.length * 2, content: value }
  }
  if (typeof value === 'number') return { form: Form.double, bytes: 8, content: value }
  const word = WORDS.indexOf(value)
  if (word >= 0) return { form: Form.word, bytes: 4, content: word }
  try {
    const packed = packErrors(value)
    const content = serialize(packed)
    return { form: packed === value ? Form.cloned : Form.packed, bytes: content.length, content }
  } catch (error) {
    const path = unstorablePath(value, 'value')
    if (path === undefined) throw notCloneable(value, 'value', error)
    misuse('ERR_NOT_CLONEABLE', 'a value that can be copied into a table', path, 'data instead, such as the name of what to call: a table holds no functions, no ports and no shared memory')
  }
}

// The innermost part that cannot be stored, and what it is.
function unstorablePath(value: unknown, path: string): string | undefined {
  if (typeof value === 'function' || typeof value === 'symbol') return undefined // said well enough by what looks for these
  for (const [key, part] of typeof value === 'object' && value !== null ? Object.entries(value) : []) {
    if (typeof part === 'function' || typeof part === 'symbol') return undefined
    if (!isStorable(part)) return unstorablePath(part, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`)
  }
  return isStorable(value) ? undefined : `${path}, which is a ${Object.prototype.toString.call(value).slice(8, -1)}`
}

function isStorable(value: unknown): boolean {
  try {
    serialize(value)
    return true
  } catch {
    return false
  }
}

/** How many words a value takes, with its head. */
export const lengthOf = (draft: Pick<Draft, 'bytes'>): number => 1 + ((draft.bytes + 3) >> 2)

export class Values {
  private bytes: Buffer

  constructor(private readonly arena: Arena) {
    this.bytes = this.view()
  }

  /** Writes a head of one word and what it says of the value, so many words as `lengthOf` tells. */
  write(head: number, { form, bytes, content }: Draft): void {
    const { words } = this.arena
    words[head] = form | (bytes << 3)
    const at = head + 1
    // Equal values have equal words.
    if ((bytes & 3) !== 0) words[at + (bytes >> 2)] = 0
    if (form === Form.word) words[at] = content as number
    else if (form === Form.double) {
      double[0] = Number.isNaN(content) ? NaN : (content as number) // there are many, and one is enough
      words[at] = doubleWords[0]!
      words[at + 1] = doubleWords[1]!
    } else {
      const buffer = this.at(at * 4 + bytes)
      if (typeof content !== 'string') buffer.set(content as Uint8Array, at * 4)
      else buffer.write(content, at * 4, form === Form.latin1 ? 'latin1' : 'utf16le')
    }
  }

  /** While pinned only. */
  read(start: number): unknown {
    const words = start < this.arena.words.length ? this.arena.words : this.arena.look()
    const head = words[start]!
    const bytes = head >>> 3
    const at = start + 1
    switch (head & 7) {
      case Form.word:
        return WORDS[words[at]!]
      case Form.double:
        doubleWords[0] = words[at]!
        doubleWords[1] = words[at + 1]!
        return double[0]!
      case Form.latin1:
        return this.at(at * 4 + bytes).toString('latin1', at * 4, at * 4 + bytes)
      case Form.utf16:
        return this.at(at * 4 + bytes).toString('utf16le', at * 4, at * 4 + bytes)
    }
    // A copy: what is read may keep the bytes it was read from, as a typed array does.
    const copy = Buffer.allocUnsafeSlow(bytes)
    copy.set(this.at(at * 4 + bytes).subarray(at * 4, at * 4 + bytes))
    const value: unknown = deserialize(copy)
    return (head & 7) === Form.packed ? unpackErrors(value) : value
  }

  // With at least so many bytes.
  private at(bytes: number): Buffer {
    if (bytes > this.bytes.length) this.bytes = this.view()
    return this.bytes
  }

  private view(): Buffer {
    return Buffer.from(this.arena.memory, 0, this.arena.look().byteLength)
  }
}
