// Overload: a sender that outruns a slow server. How much does the program grow while 50,000 casts of 1 KB are sent to a
// server that takes a millisecond for each, with `maxMailbox: 1000` and, beside it, without a limit?

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fixture } from './fixtures/bare-client.js'
import { compare, interleave, type Round, scaled, subject } from './harness.js'
import { under } from './row.js'

const CASTS = scaled(50_000, 20_000)

/** The MB that a program of its own has grown by; no samples when there is no such option. */
const growth = (kind: 'limited' | 'unlimited' | 'bare'): Round => async () => {
  const child = fork(fixture('outrun'), [kind, String(CASTS)])
  const [mb] = (await once(child, 'message')) as [number | null]
  await once(child, 'exit')
  return mb === null ? [] : [mb]
}

void subject('overload', async () => {
  const samples = await interleave(scaled(5, 1), { ours: growth('limited'), unlimited: growth('unlimited'), bare: growth('bare') }, 0)
  if (samples.ours.rounds.flat().length === 0) return []
  return compare(`memory after ${CASTS / 1000} k casts to a slow server`, 'MB', samples, {
    bare: { name: 'bare postMessage', target: under(32, 'MB') },
    unlimited: { name: 'ours, no maxMailbox' },
  })
})
