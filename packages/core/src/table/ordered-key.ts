// Keys of ordered tables as words that compare as the keys do: numbers and bigints by value, then booleans, arrays (item by
// item, the shorter first), and strings (as JavaScript compares them).

import { DEEPEST, type Key, refuseKey } from './key.js'

const Tag = { number: 0x10, false: 0x20, true: 0x21, array: 0x30, string: 0x40 } as const
const END = 0x00
/** After a zero: it was one, and not the end. Above every tag, so that it also closes what begins with a prefix. */
const MORE = 0xff
/** What a number is to the double it stands at: a bigint below it, the double itself, a bigint of its value or above. */
const Stand = { below: 0, exact: 1, above: 2 } as const
const LONG = 0x70

const double = new Float64Array(1)
const doubleView = new DataView(double.buffer)

export class OrderedKeyWriter {
  words = new Int32Array(16)
  /** How many words the last key has. */
  length = 0
  private bytes = new Uint8Array(64)
  private used = 0

  /** Throws ERR_BAD_ARGUMENT for what can be no key. */
  write(key: Key): void {
    this.used = 0
    this.add(key, 'key', 0)
    this.pack()
  }

  /** Writes what is above all arrays that begin with these items, and below all others that are above the array itself. */
  writeEndOf(prefix: readonly Key[]): void {
    this.used = 0
    this.add(prefix, 'prefix', 0)
    this.bytes[this.used - 1] = MORE
    this.pack()
  }

  private pack(): void {
    for (let pad = 0; pad < 3; pad++) this.reserve(pad + 1)[this.used + pad] = 0
    const { bytes } = this
    this.length = (this.used + 3) >> 2
    if (this.length > this.words.length) this.words = new Int32Array(this.length * 2)
    // The highest bit the other way round: words are compared as signed numbers.
    for (let i = 0, at = 0; i < this.length; i++, at += 4) this.words[i] = ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) ^ 0x80000000
  }

  private add(key: unknown, path: string, depth: number): void {
    switch (typeof key) {
      case 'number':
        this.addDouble(key)
        return this.addByte(Stand.exact)
      case 'string':
        return this.addText(key)
      case 'boolean':
        return this.addByte(key ? Tag.true : Tag.false)
      case 'bigint':
        return this.addBigint(key)
    }
    if (!Array.isArray(key) || depth === DEEPEST) refuseKey(path, key, depth)
    this.addByte(Tag.array)
    for (let i = 0; i < key.length; i++) this.add(key[i], `${path}[${i}]`, depth + 1)
    this.addByte(END)
  }

  private addDouble(number: number): void {
    doubleView.setFloat64(0, Number.isNaN(number) ? NaN : number + 0) // one NaN, one zero
    const bytes = this.reserve(9)
    bytes[this.used++] = Tag.number
    const isNegative = doubleView.getUint8(0) >= 0x80
    for (let i = 0; i < 8; i++) bytes[this.used++] = doubleView.getUint8(i) ^ (isNegative ? 0xff : i === 0 ? 0x80 : 0)
  }

  // By the nearest double, and by how far it is from that.
  private addBigint(key: bigint): void {
    const nearest = Number(key)
    const difference = Number.isFinite(nearest) ? key - BigInt(nearest) : key
    this.addDouble(nearest)
    const isBelow = nearest === Infinity || (nearest !== -Infinity && difference < 0n)
    this.addByte(isBelow ? Stand.below : Stand.above)
    this.addSigned(difference)
  }

  private addSigned(value: bigint): void {
    const flip = value < 0n ? 0xff : 0
    const digits = value === 0n ? '' : (value < 0n ? -value : value).toString(16)
    const hex = digits.length % 2 === 1 ? `0${digits}` : digits
    const length = hex.length / 2
    this.addByte((0x80 + Math.min(length, LONG)) ^ flip)
    if (length >= LONG) for (let shift = 24; shift >= 0; shift -= 8) this.addByte(((length >>> shift) & 0xff) ^ flip)
    for (let i = 0; i < length; i++) this.addByte(parseInt(hex.slice(2 * i, 2 * i + 2), 16) ^ flip)
  }

  private addText(text: string): void {
    const bytes = this.reserve(2 + text.length * 3)
    let at = this.used
    bytes[at++] = Tag.string
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      if (unit === 0) {
        bytes[at++] = END
        bytes[at++] = MORE
      } else if (unit < 0x80) bytes[at++] = unit
      else if (unit < 0x800) {
        bytes[at++] = 0xc0 | (unit >> 6)
        bytes[at++] = 0x80 | (unit & 0x3f)
      } else {
        bytes[at++] = 0xe0 | (unit >> 12)
        bytes[at++] = 0x80 | ((unit >> 6) & 0x3f)
        bytes[at++] = 0x80 | (unit & 0x3f)
      }
    }
    bytes[at++] = END
    this.used = at
  }

  private addByte(byte: number): void {
    this.reserve(1)[this.used++] = byte
  }

  private reserve(bytes: number): Uint8Array {
    if (this.used + bytes > this.bytes.length) {
      const larger = new Uint8Array((this.used + bytes) * 2)
      larger.set(this.bytes)
      this.bytes = larger
    }
    return this.bytes
  }
}

/** Reads a key from its words. */
export function readOrderedKey(words: Int32Array): Key {
  const bytes = new DataView(new ArrayBuffer(words.length * 4))
  for (let i = 0; i < words.length; i++) bytes.setInt32(i * 4, words[i]! ^ 0x80000000)
  return new OrderedKeyReader(new Uint8Array(bytes.buffer)).next()
}

class OrderedKeyReader {
  private at = 0

  constructor(private readonly bytes: Uint8Array) {}

  next(): Key {
    switch (this.bytes[this.at++]) {
      case Tag.false:
        return false
      case Tag.true:
        return true
      case Tag.number:
        return this.number()
      case Tag.string:
        return this.text()
    }
    const items: Key[] = []
    while (this.bytes[this.at] !== END) items.push(this.next())
    this.at++
    return items
  }

  private number(): number | bigint {
    const isNegative = this.bytes[this.at]! < 0x80
    for (let i = 0; i < 8; i++) doubleView.setUint8(i, this.bytes[this.at++]! ^ (isNegative ? 0xff : i === 0 ? 0x80 : 0))
    const nearest = doubleView.getFloat64(0)
    if (this.bytes[this.at++] === Stand.exact) return nearest
    return (Number.isFinite(nearest) ? BigInt(nearest) : 0n) + this.signed()
  }

  private signed(): bigint {
    const flip = this.bytes[this.at]! < 0x80 ? 0xff : 0
    const byte = (): number => this.bytes[this.at++]! ^ flip
    let length = byte() - 0x80
    if (length === LONG) length = ((byte() << 24) | (byte() << 16) | (byte() << 8) | byte()) >>> 0
    let hex = '0x0'
    for (let i = 0; i < length; i++) hex += byte().toString(16).padStart(2, '0')
    return flip === 0 ? BigInt(hex) : -BigInt(hex)
  }

  private text(): string {
    let text = ''
    for (;;) {
      const byte = this.bytes[this.at++]!
      if (byte === END) {
        if (this.bytes[this.at] !== MORE) return text
        this.at++
        text += '\0'
      } else if (byte < 0x80) text += String.fromCharCode(byte)
      else if (byte < 0xe0) text += String.fromCharCode(((byte & 0x1f) << 6) | (this.bytes[this.at++]! & 0x3f))
      else text += String.fromCharCode(((byte & 0xf) << 12) | ((this.bytes[this.at++]! & 0x3f) << 6) | (this.bytes[this.at++]! & 0x3f))
    }
  }
}
