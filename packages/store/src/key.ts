// Keys as bytes that compare as the keys do, in the order of ordered tables: numbers and bigints by value, then booleans,
// arrays (item by item, the shorter first), and strings (as JavaScript compares them).

import { UsageError, type Key } from 'starfish'
import { show } from './show.js'

const Tag = { end: 0, number: 0x10, false: 0x20, true: 0x21, array: 0x30, string: 0x40, above: 0xff } as const
/** What a number is to the double before it: a bigint below it, the double itself, a bigint of its value or above. */
const Stand = { below: 0, exact: 1, above: 2 } as const
const DEEPEST = 100

/** Throws ERR_BAD_ARGUMENT for what can be no key. */
export function packKey(key: Key): Uint8Array {
  const parts: Buffer[] = []
  add(key, 'key', 0, parts)
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
}

function add(key: unknown, path: string, depth: number, parts: Buffer[]): void {
  switch (typeof key) {
    case 'boolean':
      parts.push(Buffer.of(key ? Tag.true : Tag.false))
      return
    case 'number':
      parts.push(numberBytes(key))
      return
    case 'bigint':
      parts.push(bigintBytes(key))
      return
    case 'string':
      parts.push(textBytes(key))
      return
  }
  if (!Array.isArray(key)) refuse(`${path} to be a string, a number, a bigint, a boolean, or an array of these`, show(key))
  if (depth === DEEPEST) refuse(`a key of at most ${DEEPEST} arrays in each other`, 'a deeper one, or one that contains itself')
  parts.push(Buffer.of(Tag.array))
  for (let i = 0; i < key.length; i++) add(key[i], `${path}[${i}]`, depth + 1, parts)
  parts.push(Buffer.of(Tag.end))
}

function refuse(expected: string, got: string): never {
  throw new UsageError('ERR_BAD_ARGUMENT', `expected ${expected}, got ${got}; write what tells rows apart: 'lobby', ['room', 7]`)
}

// The bits of a double are in order once the sign counts for what it means.
function numberBytes(key: number): Buffer {
  const bytes = Buffer.alloc(10)
  bytes[0] = Tag.number
  bytes.writeDoubleBE(Number.isNaN(key) ? NaN : key + 0, 1) // -0 + 0 is 0
  flip(bytes)
  bytes[9] = Stand.exact
  return bytes
}

function flip(bytes: Buffer): void {
  if (bytes[1]! >= 0x80) invert(bytes, 1)
  else bytes[1]! |= 0x80
}

// The nearest double, and how far it is from there: sign, length, digits. A longer difference is larger, or smaller when it is
// negative.
function bigintBytes(key: bigint): Buffer {
  const nearest = Number(key)
  const difference = Number.isFinite(nearest) ? key - BigInt(nearest) : key
  const isNegative = difference < 0n
  const digits = (isNegative ? -difference : difference).toString(16)
  const size = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex')
  const bytes = Buffer.alloc(15 + size.length)
  numberBytes(nearest).copy(bytes)
  bytes[9] = nearest === Infinity || (nearest !== -Infinity && isNegative) ? Stand.below : Stand.above
  bytes[10] = isNegative ? 0 : 1
  bytes.writeUInt32BE(size.length, 11)
  bytes.set(size, 15)
  if (isNegative) invert(bytes, 11)
  return bytes
}

function invert(bytes: Buffer, from: number): void {
  for (let i = from; i < bytes.length; i++) bytes[i] = ~bytes[i]!
}

// UTF-16, since strings may hold halves of characters and are compared by these units. Ends with 0 0; a 0 of its own is 0 1.
function textBytes(key: string): Buffer {
  const text = key.includes('\0') ? key.replaceAll('\0', '\0\u0001') : key
  const bytes = Buffer.alloc(5 + text.length * 2)
  bytes.write(text, 1, 'utf16le')
  bytes.subarray(1).swap16()
  bytes[0] = Tag.string
  return bytes
}

/** The bounds of all arrays that begin with these items: the first is one, the second is above them. */
export function packPrefix(items: readonly Key[]): { readonly from: Uint8Array; readonly before: Uint8Array } {
  if (!Array.isArray(items)) refuse('an array, the first items of keys', show(items))
  const from = Buffer.from(packKey(items))
  const before = Buffer.from(from)
  before[before.length - 1] = Tag.above
  return { from, before }
}

/** The key that was packed. */
export const unpackKey = (bytes: Uint8Array): Key => new Reader(bytes).next()

class Reader {
  private readonly bytes: Buffer
  private at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

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
      default:
        return this.array()
    }
  }

  private number(): number | bigint {
    const bytes = this.take(8)
    if (bytes[0]! < 0x80) invert(bytes, 0)
    else bytes[0]! &= 0x7f
    const nearest = bytes.readDoubleBE(0)
    if (this.bytes[this.at++] === Stand.exact) return nearest
    return (Number.isFinite(nearest) ? BigInt(nearest) : 0n) + this.difference()
  }

  private difference(): bigint {
    const isNegative = this.bytes[this.at++] === 0
    const length = this.take(4)
    if (isNegative) invert(length, 0)
    const size = this.take(length.readUInt32BE(0))
    if (isNegative) invert(size, 0)
    const value = BigInt(`0x${size.toString('hex')}`)
    return isNegative ? -value : value
  }

  private text(): string {
    let end = this.at
    while (this.bytes.readUInt16BE(end) !== 0 || this.bytes.readUInt16BE(end + 2) !== 0) end += this.bytes.readUInt16BE(end) === 0 ? 4 : 2
    const text = this.take(end - this.at).swap16().toString('utf16le')
    this.at += 4
    return text.includes('\0') ? text.replaceAll('\0\u0001', '\0') : text
  }

  private array(): Key[] {
    const parts: Key[] = []
    while (this.bytes[this.at] !== Tag.end) parts.push(this.next())
    this.at++
    return parts
  }

  // A copy: what is read is turned round in place.
  private take(length: number): Buffer {
    const bytes = Buffer.from(this.bytes.subarray(this.at, this.at + length))
    this.at += length
    return bytes
  }
}
