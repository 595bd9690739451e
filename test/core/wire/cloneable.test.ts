// Whether a value can be copied, and which part of it cannot.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { copySmall, NOT_SMALL, uncloneablePath } from '#core/wire/cloneable'

const onClick = (): void => {}

test.each([
  ['message', onClick, 'message is a function'],
  ['message', ['add', { items: [0, 1, 2, { onClick }] }], 'message[1].items[3].onClick is a function'],
  ['reply', { 'on-click': onClick }, 'reply["on-click"] is a function'],
  ['reply', { a: Symbol('x') }, 'reply.a is a symbol'],
  ['start', { p: Promise.resolve() }, 'start.p is a Promise'],
  ['start', [new WeakMap()], 'start[0] is a WeakMap'],
  ['start', [new WeakRef({})], 'start[0] is a WeakRef'],
  ['message', new Map([['a', { f: onClick }]]), 'message.get("a").f is a function'],
  ['message', new Map([[onClick, 1]]), 'message key is a function'],
  ['message', new Set([[onClick]]), 'message member[0] is a function'],
])('in a %s: %j', (root, value, place) => {
  expect(uncloneablePath(value, root)).toBe(place)
})

test('finds a function behind a circle, and no function in one', () => {
  const ring: Record<string, unknown> = {}
  ring['self'] = ring
  expect(uncloneablePath(ring, 'message')).toBeUndefined()
  ring['last'] = onClick
  expect(uncloneablePath(ring, 'message')).toBe('message.last is a function')
})

const ring: unknown[] = []
ring.push(ring)

test.each([
  ['a function', { onClick }],
  ['a symbol', ['a', Symbol('x')]],
  ['more than 64 values', Array.from({ length: 64 }, () => 0)],
  ['a class instance', { since: new Date() }],
  ['a circle', ring],
  ['one object in two places', ((part) => [part, part])({})],
  ['an array with holes', [1, , 3]], // eslint-disable-line no-sparse-arrays
  ['an array with a name', Object.assign(['a', 'b'], { index: 3 })],
  ['a key that would be a prototype', JSON.parse('{"__proto__": 1}')],
])('%s is left to the structured clone', (_, value) => {
  expect(copySmall(value)).toBe(NOT_SMALL)
})

test('a copy is what a structured clone is, and shares nothing with the value', () => {
  const small = fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withTypedArray: true, withSparseArray: true, maxDepth: 3, maxKeys: 5 })
  let copies = 0
  fc.assert(
    fc.property(small, (value) => {
      const copied = copySmall(value)
      if (copied === NOT_SMALL) return
      copies++
      expect(copied).toStrictEqual(structuredClone(value))
      if (typeof value === 'object' && value !== null) expect(copied).not.toBe(value)
    }),
    { numRuns: 500 },
  )
  expect(copies).toBeGreaterThan(100)
})

test('what cannot be cloned has a place, and what has none can', () => {
  const anything = fc.anything({ withMap: true, withSet: true, values: [fc.string(), fc.integer(), fc.constant(onClick), fc.constant(Symbol.iterator)] })
  fc.assert(
    fc.property(anything, (value) => {
      if (uncloneablePath(value, 'message') === undefined) expect(() => structuredClone(value)).not.toThrow()
      else expect(() => structuredClone(value)).toThrow('could not be cloned')
    }),
    { numRuns: 500 },
  )
})
