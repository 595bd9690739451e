// Whether a child that was told to stop ended as it should (otp-semantics R34-R36).
import { expect, test } from '@jest/globals'
import { isOrderlyStop } from '#core/rule/shutdown'
import type { Restart, Shutdown } from '#core/term/child-spec'
import type { Reason } from '#core/term/reason'

const table: readonly [how: Shutdown, reason: Reason, permanent: boolean, others: boolean][] = [
  [5000, 'shutdown', true, true],
  [5000, 'normal', false, true],
  [5000, ['shutdown', 'why'], false, true],
  [5000, 'killed', false, false], // it did not end in time
  [5000, ['error', new Error('in terminate')], false, false],
  [0, 'shutdown', true, true],
  ['infinity', 'shutdown', true, true],
  ['infinity', 'killed', false, false],
  ['brutal_kill', 'killed', true, true],
  ['brutal_kill', 'shutdown', false, true],
  ['brutal_kill', 'normal', false, true],
  ['brutal_kill', ['error', new Error('first')], false, false],
]

test.each(table)('told by %j, ended with %j: orderly for permanent %j, for others %j', (how, reason, permanent, others) => {
  expect(isOrderlyStop(how, 'permanent', reason)).toBe(permanent)
  for (const restart of ['transient', 'temporary'] satisfies Restart[]) expect(isOrderlyStop(how, restart, reason)).toBe(others)
})
