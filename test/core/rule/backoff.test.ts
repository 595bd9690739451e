// How long a child that failed is left down.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { failuresInARow, waitAfter, type Backoff } from '#core/rule/backoff'

const plain: Backoff = { min: 100, max: 1000, factor: 2, jitter: 0, resetAfter: 1000 }

test('each failure in a row doubles the wait, up to the longest', () => {
  expect([1, 2, 3, 4, 5, 6, 5000].map((failures) => waitAfter(failures, 0.5, plain))).toEqual([100, 200, 400, 800, 1000, 1000, 1000])
})

test.each([
  ['a start that failed', 3, 0, 4],
  ['a short life', 3, 999, 4],
  ['a life long enough', 3, 1000, 1],
  ['the first failure', 0, 0, 1],
])('%s counts', (_, before, ran, after) => {
  expect(failuresInARow(before, ran, plain)).toBe(after)
})

const backoffs = fc.record({
  min: fc.integer({ min: 1, max: 1000 }),
  max: fc.integer({ min: 1000, max: 100_000 }),
  factor: fc.double({ min: 1, max: 10, noNaN: true }),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  resetAfter: fc.nat(),
})
const dice = fc.double({ min: 0, max: 1, noNaN: true })
const counts = fc.integer({ min: 1, max: 10_000 })

test('a wait is never longer than max, and chance takes at most its part of it', () => {
  fc.assert(fc.property(backoffs, counts, dice, (backoff, failures, random) => {
    const full = waitAfter(failures, 0, backoff)
    const wait = waitAfter(failures, random, backoff)
    expect(full).toBeGreaterThanOrEqual(backoff.min)
    expect(full).toBeLessThanOrEqual(backoff.max)
    expect(wait).toBeLessThanOrEqual(full)
    expect(wait).toBeGreaterThanOrEqual(full * (1 - backoff.jitter) - 1e-6)
  }))
})

test('without chance, one more failure never shortens the wait', () => {
  fc.assert(fc.property(backoffs, counts, (backoff, failures) => waitAfter(failures + 1, 0, backoff) >= waitAfter(failures, 0, backoff)))
})
