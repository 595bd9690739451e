// Keys of a registry: when two are the same, and what a pattern fits.
import { expect, test } from '@jest/globals'
import { canonical, fits } from '#core/term/key'
import { viaLabel } from '#core/term/via'

test('different keys have different texts', () => {
  const keys = [1, '1', 1n, '1n', true, 'true', null, 'null', undefined, [], {}, [1], ['1'], [1, 2], [[1], 2], [1, [2]], { a: 1 }, { a: '1' }, { a: [1] }, 'a,b', ['a', 'b'], ['a,b'], '[]', new Date(1), new Date(2), new Map([[1, 2]]), new Map([[1, 3]]), new Set([1]), new Set([2]),
    /a/, /a/g, /b/, new ArrayBuffer(1), new ArrayBuffer(2), new Uint8Array([1]), new Uint8Array([2]), new Int8Array([1]), new Uint16Array([1]), new DataView(new ArrayBuffer(1)),
    new Error('a'), new Error('b'), new TypeError('a'), Object.assign(new Error('a'), { code: 'E' }), Object(1), Object('1')]
  expect(new Set(keys.map(canonical)).size).toBe(keys.length)
})

test('equal keys have equal texts, whatever the order of their fields', () => {
  expect(canonical({ a: 1, b: { c: [1], d: 2 } })).toBe(canonical({ b: { d: 2, c: [1] }, a: 1 }))
  expect(canonical([0])).toBe(canonical([-0]))
  for (const make of [() => /a/g, () => new Uint8Array([1, 2]), () => new ArrayBuffer(3), () => new RangeError('a')]) expect(canonical(make())).toBe(canonical(make()))
  expect(canonical(new Uint8Array([0, 1, 2]).subarray(1))).toBe(canonical(new Uint8Array([1, 2])))
})

test.each([
  [7, '_', true],
  [undefined, '_', true],
  [7, 7, true],
  [7, '7', false],
  [NaN, NaN, true],
  ['a', 'b', false],
  [{ a: 1, b: 2 }, { a: 1 }, true],
  [{ a: 1 }, { a: 1, b: 2 }, false],
  [{ a: { b: 1, c: 2 } }, { a: { b: '_' } }, true],
  [{ a: undefined }, { a: '_' }, true],
  [{}, { a: '_' }, false],
  [[1, 2], [1, '_'], true],
  [[1, 2, 3], [1, '_'], false],
  [{ 0: 1 }, [1], false],
  [[1], { 0: 1 }, false],
  [null, {}, false],
  [null, null, true],
])('%j fits %j: %s', (value, pattern, expected) => {
  expect(fits(value, pattern)).toBe(expected)
})

test('any key can be shown', () => {
  expect([viaLabel({ via: 'registry', name: 'R', key: 'a' }), viaLabel({ via: 'registry', name: 'R', key: [1n, { b: 2 }] })]).toEqual(['R[a]', 'R[[1n,{"b":2}]]'])
})
