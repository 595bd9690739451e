// Reasons: which are clean, which are equal, and the error inside.
import { expect, test } from '@jest/globals'
import { errorOf, isClean, isErrorLike, isReason, isShutdown, sameReason } from '#core/term/reason'
import { runInNewContext } from 'node:vm'

const error = new TypeError('x')

test.each([
  ['normal', true, false], ['shutdown', true, true], [['shutdown', 'why'], true, true],
  ['killed', false, false], ['kill', false, false], [['shutdown'], false, false], [['shutdown', 1, 2], false, false], [['error', error], false, false],
] as const)('%j is clean: %j, a shutdown: %j', (reason, clean, shutdown) => {
  expect(isClean(reason)).toBe(clean)
  expect(isShutdown(reason)).toBe(shutdown)
})

test.each([['normal', true], [['a', 1], true], [[], false], [undefined, false], [null, false], [3, false], [{}, false], [error, false]])('%j is a reason: %j', (value, expected) => {
  expect(isReason(value)).toBe(expected)
})

test.each([
  ['a', 'a', true], ['a', 'b', false], [['a', 1], ['a', 1], true], [['a', 1], ['a', 2], false], [['a'], ['a', 1], false], [['a', ['b']], ['a', ['b']], true],
  [['error', new TypeError('x')], ['error', new TypeError('x')], true],
  [['error', new TypeError('x')], ['error', new Error('x')], false],
  [['error', new Error('x')], ['error', new Error('y')], false],
])('%j and %j are the same: %j', (a, b, expected) => {
  expect(sameReason(a, b)).toBe(expected)
  expect(sameReason(b, a)).toBe(expected)
})

test('an error is known by its looks, from any realm', () => {
  expect(isErrorLike(runInNewContext('new RangeError("x")'))).toBe(true)
  expect(isErrorLike({ name: 'Error', message: 'x' })).toBe(false)
  expect(isErrorLike('Error: x')).toBe(false)
})

test('the error lies anywhere in a reason', () => {
  expect(errorOf(['shutdown', ['failed_to_start_child', 'a', ['error', error]]])).toBe(error)
  expect(errorOf(error)).toBe(error)
  expect(errorOf(['killed', 1])).toBeUndefined()
})

test('a copy of a reason with objects in it says the same', () => {
  const reason = ['shutdown', { a: [1], at: new Date(0), map: new Map([[1, 2]]), none: NaN }]
  expect(sameReason(reason, structuredClone(reason))).toBe(true)
  expect(sameReason(reason, ['shutdown', { a: [2] }])).toBe(false)
})
