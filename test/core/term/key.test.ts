// Keys of a registry: when two are the same, and what a pattern fits.
import { expect, test } from '@jest/globals'
import { canonical, fits } from '#core/term/key'
import { viaLabel } from '#core/term/via'

test('different keys have different texts', () => {
  const keys = [1, '1', 1n, '1n', true, 'true', null, 'null', undefined, [], {}, [1], ['1'], [1, 2], [[1], 2], [1, [2]], { a: 1 }, { a: '1' }, { a: [1] }, 'a,b', ['a', 'b'], ['a,b'], '[]', new Date(1), new Date(2), new Map([[1, 2]]), new Map([[1, 3]]), new Set([1]), new Set([2])]
  expect(new Set(keys.map(canonical)).size).toBe(keys.length)
})

test('equal keys have equal texts, whatever the order of their fields', () => {
  expect(canonical({ a: 1, b: { c: [1], d: 2 } })).toBe(canonical({ b: { d: 2, c: [1] }, a: 1 }))
  expect(canonical([0])).toBe(canonical([-0]))
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
