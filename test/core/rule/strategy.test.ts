// Who goes down with a failed child.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { affected } from '#core/rule/strategy'

const started = ['a', 'b', 'c', 'd']

test.each([
  ['one_for_one', 'a', ['a']],
  ['one_for_one', 'c', ['c']],
  ['rest_for_one', 'a', ['a', 'b', 'c', 'd']],
  ['rest_for_one', 'c', ['c', 'd']],
  ['rest_for_one', 'd', ['d']],
  ['one_for_all', 'a', ['a', 'b', 'c', 'd']],
  ['one_for_all', 'd', ['a', 'b', 'c', 'd']],
] as const)('%s: %s takes %j', (strategy, failed, expected) => {
  expect(affected(strategy, started, failed)).toEqual(expected)
})

test('rest_for_one takes the failed child and all that were started after it, and keeps their order', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(), { minLength: 1 }), fc.nat(), (children, n) => {
      const at = n % children.length
      expect(affected('rest_for_one', children, children[at]!)).toEqual(children.filter((_, i) => i >= at))
    }),
  )
})
