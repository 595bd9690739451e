// What an exit signal does to the process that gets it (otp-semantics R80-R82).
import { expect, test } from '@jest/globals'
import { type Effect, effectOf } from '#core/rule/signal'
import type { Reason } from '#core/term/reason'

const drop: Effect = { kind: 'drop' }
const message: Effect = { kind: 'message' }
const end = (reason: Reason): Effect => ({ kind: 'end', reason })
const failure: Reason = ['error', new Error('x')]

const table: readonly [reason: Reason, viaLink: boolean, isSender: boolean, plain: Effect, trapping: Effect][] = [
  // sent by hand
  ['normal', false, false, drop, message],
  ['normal', false, true, end('normal'), message], // exit(self(), normal)
  ['shutdown', false, false, end('shutdown'), message],
  [failure, false, false, end(failure), message],
  [['shutdown', 1], false, false, end(['shutdown', 1]), message],
  ['kill', false, false, end('killed'), end('killed')],
  ['kill', false, true, end('killed'), end('killed')],
  ['killed', false, false, end('killed'), message],
  // through a link
  ['normal', true, false, drop, message],
  ['shutdown', true, false, end('shutdown'), message],
  [failure, true, false, end(failure), message],
  ['killed', true, false, end('killed'), message],
  ['kill', true, false, end('kill'), message], // whoever *ended with* kill does not kill others
  ['noproc', true, false, end('noproc'), message],
]

test.each(table)('%j, through a link %j, from itself %j', (reason, viaLink, isSender, plain, trapping) => {
  expect(effectOf(reason, viaLink, { trapsExits: false, isSender })).toEqual(plain)
  expect(effectOf(reason, viaLink, { trapsExits: true, isSender })).toEqual(trapping)
})
