// Values on one line: as util.inspect writes them, cut, and without a look at what is not written.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { inspect } from 'node:util'
import { formatReason, formatTerm } from '#core/term/format'

class Point {
  x = 1
  y = [2]
}

const values: unknown[] = [
  1, -0, NaN, 10n, true, null, undefined, Symbol('s'), 'text', "it's", 'two\nlines', '', [], {}, new Point(), Point, () => 1,
  [1, [2, [3, [4, [5]]]]], { a: { b: { c: { d: { e: 1 } } } } }, { 'two words': 1, $: 2 }, Object.create(null),
  new Map<unknown, unknown>([[1, { a: 1 }], [['key'], new Set([1])]]), new Map(), new Set(['a', [1]]),
  new Date(0), /x/g, new Uint8Array(3), new Uint8Array(100), new ArrayBuffer(2), Promise.resolve(), Array.from({ length: 25 }, (_, i) => i),
  ['bump', 3], { from: '#PID<0.1.1>', list: [{ id: 1 }, { id: 2 }] },
]

test.each(values)('as inspect: %p', (value) => {
  expect(formatTerm(value, 10_000)).toBe(inspect(value, { depth: 3, breakLength: Infinity, compact: true, maxArrayLength: 20 }))
})

test('a field that is called like the prototype', () => {
  expect(formatTerm({ ['__proto__']: 1, constructor: 2 })).toBe("{ ['__proto__']: 1, constructor: 2 }")
})

test('any value is written as inspect writes it, and no longer than its limit', () => {
  const value = fc.object({ maxDepth: 3, maxKeys: 4, withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true })
  fc.assert(
    fc.property(value, fc.nat(100), (one, limit) => {
      const whole = inspect(one, { depth: 3, breakLength: Infinity, compact: true, maxArrayLength: 20 })
      expect(formatTerm(one, 1_000_000)).toBe(whole)
      const line = formatTerm(one, limit)
      if (whole.length <= limit) expect(line).toBe(whole)
      else expect(line.length).toBe(limit + 1)
    }),
  )
})

test('an error is one line', () => {
  expect(formatTerm({ failed: new TypeError('no') })).toBe('{ failed: [TypeError: no] }')
})

test('a value in a circle ends', () => {
  const circle: { self?: unknown } = {}
  circle.self = circle
  expect(formatTerm(circle)).toBe('{ self: { self: { self: { self: [Object] } } } }')
})

test('what breaks when it is looked at breaks nothing', () => {
  const property = Object.defineProperty({ a: 1 }, 'b', { enumerable: true, get: () => { throw new Error('no') } })
  const itself = { [inspect.custom]: () => { throw new Error('no') } }
  const proxy = new Proxy({}, { get: () => { throw new Error('no') }, ownKeys: () => { throw new Error('no') } })
  expect(formatTerm(property)).toBe('{ a: 1, b: [Getter] }')
  expect(formatTerm([1, itself])).toBe('[ 1, <cannot be shown: no>')
  expect(formatTerm(proxy)).toMatch(/^(Proxy\()?\{\}\)?$/) // Node 26 says what it is
})

test('no more is looked at than is written', () => {
  let looks = 0
  const one = { [inspect.custom]: () => (looks++, 'shown') }
  const many = Array.from({ length: 100_000 }, () => one)
  const deep = Array.from({ length: 30 }, () => Array.from({ length: 30 }, () => Array.from({ length: 30 }, () => one)))
  const wide = Object.fromEntries(many.map((value, i) => [`key${i}`, value]))
  for (const value of [many, new Set(many.map((item) => ({ ...item }))), new Map(many.map((item, i) => [i, item])), deep, wide]) {
    looks = 0
    expect(formatTerm(value, 500).length).toBeLessThanOrEqual(501)
    expect(looks).toBeLessThan(100)
  }
})

test('a line is cut at its limit', () => {
  expect(formatTerm('x'.repeat(1e6), 10)).toBe(`'${'x'.repeat(9)}…`)
  expect(formatTerm({ a: 'x'.repeat(1e6) }, 10)).toBe("{ a: 'xxxx…")
})

test.each([
  ['normal', 'normal'],
  [['shutdown', 'why'], '[shutdown, why]'],
  [['error', new RangeError('no')], '[error, RangeError: no]'],
  [['noproc', ['GenServer', 'call', ['name', ['get', 1], 5000]]], '[noproc, [GenServer, call, [name, [get, 1], 5000]]]'],
  [['bad_return_value', { a: [1] }], '[bad_return_value, { a: [ 1 ] }]'],
])('a reason: %j', (reason, text) => {
  expect(formatReason(reason)).toBe(text)
})

test('a long reason is cut', () => {
  expect(formatReason(['bad_return_value', Array(1e6).fill('x')])).toBe(`[bad_return_value, [${'x, '.repeat(20)}... 999980 more]]`)
  expect(formatReason('x'.repeat(1e6)).length).toBe(2001)
})
