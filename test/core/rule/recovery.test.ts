// When a recovered state is given up, without a clock and without a process.
import { expect, test } from '@jest/globals'
import { afterDeath, deathsAt, GIVE_UP, isGivenUp } from '#core/rule/recovery'

test.each([
  ['nothing is known', undefined, 100_000, []],
  ['early ends of the last minute count', { deaths: [30_000, 50_000], starting: false }, 100_000, [50_000]],
  ['an init that did not come to its end is one', { deaths: [99_000], starting: true }, 100_000, [99_000, 100_000]],
])('%s', (_, account, now, counted) => {
  expect(deathsAt(now, account)).toEqual(counted)
})

test('an early end is one more, a late one wipes the slate', () => {
  expect(afterDeath([1], 1000, 5999, GIVE_UP)).toEqual([1, 5999])
  expect(afterDeath([1], 1000, 6000, GIVE_UP)).toEqual([])
})

test('two are enough', () => {
  expect([[], [1], [1, 2], [1, 2, 3]].map((deaths) => isGivenUp(deaths, GIVE_UP))).toEqual([false, false, true, true])
})
