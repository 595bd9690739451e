// What the end of a child means for its supervisor (otp-semantics R8-R10, R46, R47).
import { expect, test } from '@jest/globals'
import { endsSupervisor, verdict } from '#core/rule/restart'
import type { Reason } from '#core/term/reason'

const clean: readonly Reason[] = ['normal', 'shutdown', ['shutdown', 'why']]
const abnormal: readonly Reason[] = ['killed', 'kill', 'noproc', ['error', new Error('x')], ['process_exit', 0], ['shutdown'], ['shutdown', 1, 2], ['normal']]

test.each(clean)('after the clean reason %j', (reason) => {
  expect(verdict('permanent', reason)).toEqual({ restart: true, report: true })
  expect(verdict('transient', reason)).toEqual({ restart: false, report: false })
  expect(verdict('temporary', reason)).toEqual({ restart: false, report: false })
})

test.each(abnormal.map((reason) => [reason]))('after the abnormal reason %j', (reason) => {
  expect(verdict('permanent', reason)).toEqual({ restart: true, report: true })
  expect(verdict('transient', reason)).toEqual({ restart: true, report: true })
  expect(verdict('temporary', reason)).toEqual({ restart: false, report: true })
})

test.each([
  // mode, significant, another significant child runs, ends the supervisor
  ['never', true, false, false],
  ['any_significant', true, false, true],
  ['any_significant', true, true, true],
  ['any_significant', false, false, false],
  ['all_significant', true, false, true],
  ['all_significant', true, true, false],
  ['all_significant', false, false, false],
] as const)('auto shutdown %s: significant %j, another runs %j: %j', (mode, significant, another, ends) => {
  expect(endsSupervisor(mode, significant, another)).toBe(ends)
})
