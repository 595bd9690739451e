// Keys as words: equal keys have equal words, whoever wrote them. A string, a number, a bigint, a boolean, or an array
// of keys. Numbers are equal as in a Map: 0 and -0 are one key, NaN is a key.

import { misuse } from '../term/errors.js'

/** What can be a key of a row. Arrays are compared by what is in them. */
export type Key = string | number | bigint | boolean | readonly Key[]

const Tag = { false: 1, true: 2, int: 3, double: 4, bigint: 5, latin1: 6, utf16: 7, array: 8 } as const
/** How many arrays may be in each other. */
export const DEEPEST = 100

const double = new Float64Array(1)
const doubleWords = new Int32Array(double.buffer)

export class KeyWriter {
  words = new Int32Array(64)
  /** How many words the last key has. */
  length = 0
  private bytes = new Uint8Array(this.words.buffer)
  private units = new Uint16Array(this.words.buffer)

  /** Writes a key; returns its hash. Throws ERR_BAD_ARGUMENT for what can be no key. */
  write(key: Key): number {
    this.length = 0
    this.add(key, 'key', 0)
    let hash = 0x2f0b4c47
    for (let i = 0; i < this.length; i++) {
      hash = Math.imul(hash ^ this.words[i]!, 0x5bd1e995)
      hash ^= hash >>> 15
    }
    hash = Math.imul(hash ^ (hash >>> 13), 0x2c1b3c6d)
    return hash ^ (hash >>> 16)
  }

  private add(key: unknown, path: string, depth: number): void {
    switch (typeof key) {
      case 'string':
        return this.addText(key, Tag.latin1)
      case 'number':
        if ((key | 0) === key) return this.addWords(Tag.int, key | 0, 0, 2)
        double[0] = Number.isNaN(key) ? NaN : key // there are many, and one is enough
        return this.addWords(Tag.double, doubleWords[0]!, doubleWords[1]!, 3)
      case 'boolean':
        return this.addWords(key ? Tag.true : Tag.false, 0, 0, 1)
      case 'bigint':
        return this.addText(key.toString(36), Tag.bigint)
    }
    if (!Array.isArray(key) || depth === DEEPEST) refuseKey(path, key, depth)
    this.addWords(Tag.array | (key.length << 4), 0, 0, 1)
    for (let i = 0; i < key.length; i++) this.add(key[i], `${path}[${i}]`, depth + 1)
  }

  private addWords(first: number, second: number, third: number, count: number): void {
    this.reserve(3)
    this.words[this.length] = first
    this.words[this.length + 1] = second
    this.words[this.length + 2] = third
    this.length += count
  }

  private addText(text: string, tag: number): void {
    this.reserve(2 + (text.length >> 1))
    const head = this.length
    const at = (head + 1) * 4
    const end = head + 1 + ((text.length + 3) >> 2)
    this.words[end - 1] = 0
    this.words[head] = tag | (text.length << 4)
    this.length = end
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > 0xff) return this.addUnits(text, head)
      this.bytes[at + i] = unit
    }
  }

  private addUnits(text: string, head: number): void {
    this.words[head] = Tag.utf16 | (text.length << 4)
    const at = (head + 1) * 2
    this.length = head + 1 + ((text.length + 1) >> 1)
    this.words[this.length - 1] = 0
    for (let i = 0; i < text.length; i++) this.units[at + i] = text.charCodeAt(i)
  }

  private reserve(words: number): void {
    if (this.length + words <= this.words.length) return
    const larger = new Int32Array((this.length + words) * 2)
    larger.set(this.words)
    this.words = larger
    this.bytes = new Uint8Array(larger.buffer)
    this.units = new Uint16Array(larger.buffer)
  }
}

/** Says of what cannot be a key why not. */
export function refuseKey(path: string, key: unknown, depth: number): never {
  if (depth === DEEPEST) misuse('ERR_BAD_ARGUMENT', `a key of at most ${DEEPEST} arrays in each other`, `a deeper one, or one that contains itself`, "what tells rows apart: 'lobby', ['room', 7]")
  misuse('ERR_BAD_ARGUMENT', `${path} to be a string, a number, a bigint, a boolean, or an array of these`, key, "what tells rows apart: 'lobby', ['room', 7]")
}

/** Reads a key from its words. They must not be shared: they are a copy. */
export function readKey(words: Int32Array): Key {
  return new KeyReader(words).next()
}

class KeyReader {
  private at = 0
  private readonly buffer: Buffer

  constructor(private readonly words: Int32Array) {
    this.buffer = Buffer.from(words.buffer, words.byteOffset, words.byteLength)
  }

  next(): Key {
    const head = this.words[this.at++]!
    const length = head >>> 4
    switch (head & 15) {
      case Tag.false:
        return false
      case Tag.true:
        return true
      case Tag.int:
        return this.words[this.at++]!
      case Tag.double:
        doubleWords[0] = this.words[this.at++]!
        doubleWords[1] = this.words[this.at++]!
        return double[0]!
      case Tag.latin1:
        return this.text(length, 'latin1', length)
      case Tag.utf16:
        return this.text(length * 2, 'utf16le', length * 2)
      case Tag.bigint:
        return bigintOf(this.text(length, 'latin1', length))
      default:
        return Array.from({ length }, () => this.next())
    }
  }

  private text(bytes: number, encoding: 'latin1' | 'utf16le', length: number): string {
    const text = this.buffer.toString(encoding, this.at * 4, this.at * 4 + length)
    this.at += (bytes + 3) >> 2
    return text
  }
}

function bigintOf(text: string): bigint {
  const isNegative = text.startsWith('-')
  let value = 0n
  for (const digit of isNegative ? text.slice(1) : text) value = value * 36n + BigInt(parseInt(digit, 36))
  return isNegative ? -value : value
}
