// Keys as bytes: what comes out went in, and the bytes compare as the keys do.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Key } from 'starfish'
import { packKey, packPrefix, unpackKey } from '#store/key'

const scalar = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom('\0', '\u0001', 'a', '\ud800', '\uffff') }), fc.double(), fc.integer(), fc.bigInt(), fc.boolean())
const key = fc.letrec<{ key: Key }>((tie) => ({ key: fc.oneof({ depthSize: 'small' }, scalar, fc.array(tie('key'), { maxLength: 3 })) })).key

const rank = (value: Key): number => (typeof value === 'number' || typeof value === 'bigint' ? 0 : value === false ? 1 : value === true ? 2 : Array.isArray(value) ? 3 : 4)

/** The order as it is described; NaN is above all numbers, an integer before the bigint of its value. */
function compare(a: Key, b: Key): number {
  if (rank(a) !== rank(b)) return rank(a) - rank(b)
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const one = compare(a[i] as Key, b[i] as Key)
      if (one !== 0) return one
    }
    return a.length - b.length
  }
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  if (a < b) return -1
  if (a > b) return 1
  return Number(typeof a === 'bigint') - Number(typeof b === 'bigint')
}

test('a key comes back as it was, but for the sign of zero', () => {
  fc.assert(fc.property(key, (one) => {
    const zero = (value: Key): Key => (Array.isArray(value) ? value.map(zero) : Object.is(value, -0) ? 0 : value)
    expect(unpackKey(packKey(one))).toEqual(zero(one))
  }))
})

test('bytes are in the order of the keys', () => {
  const near = fc.constantFrom<Key>(5, 5n, 5.5, 2 ** 53, 2n ** 53n + 1n, 2 ** 53 + 2, 2n ** 1024n, -(2n ** 1024n), 2n ** 1100n, Infinity, -Infinity, NaN, 0, -1n, -1, 'a', 'a\0', 'a\0b', 'ab', [1], [1, 2], [[1]], [])
  fc.assert(fc.property(fc.oneof(key, near), fc.oneof(key, near), (a, b) => {
    expect(Math.sign(Buffer.compare(packKey(a), packKey(b)))).toBe(Math.sign(compare(a, b)))
  }), { numRuns: 1000 })
})

test('a prefix bounds the arrays that begin with it', () => {
  const { from, before } = packPrefix(['a', 1])
  const within = (one: Key): boolean => Buffer.compare(packKey(one), from) >= 0 && Buffer.compare(packKey(one), before) < 0
  expect([['a', 1], ['a', 1, 0], ['a', 1, 'z', [2]]].map(within)).toEqual([true, true, true])
  expect([['a'], ['a', 0], ['a', 2], ['a', 1n], 'a', ['b']].map(within)).toEqual([false, false, false, false, false, false])
})

test.each([[undefined, 'key to be'], [{}, 'key to be'], [['a', [null]], 'key[1][0] to be'], [Symbol('s'), 'key to be']])('%p is no key', (wrong, words) => {
  expect(() => packKey(wrong as never)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT', message: expect.stringContaining(words) }))
})

test('an array in itself is no key', () => {
  const round: Key[] = []
  round.push(round)
  expect(() => packKey(round)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
})
