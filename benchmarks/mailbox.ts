// A mailbox full of messages that wait. What does a call take that is made by a server with 100,000 of them, beside the
// same server with none? The reply does not pass through the mailbox, so it must not matter.

import { GenServer } from 'starfish'
import Counter from './fixtures/counter.js'
import Surrounded from './fixtures/surrounded.js'
import { interleave, type Round, row, scaled, subject } from './harness.js'
import { atMost } from './row.js'

const WAITING = scaled(100_000, 20_000)
const CALLS = scaled(2_000, 500)

void subject('mailbox', async () => {
  await using counter = await GenServer.startLink(Counter, 0)
  await using server = await GenServer.startLink(Surrounded, undefined)
  const calls = (waiting: number): Round => async () => {
    const samples = GenServer.call<number[]>(server.pid, ['latencies', { to: counter.pid, waiting, calls: CALLS }], { timeout: Infinity })
    for (let i = 0; i < waiting; i++) GenServer.cast(server, 'note')
    const taken = await samples
    await GenServer.call(server, 'sync', { timeout: Infinity })
    return taken
  }
  const { full, empty } = await interleave(scaled(10, 2), { full: calls(WAITING), empty: calls(0) })
  return [row(`call with ${WAITING / 1000} k unread messages, p50`, 'µs', full.median, { name: 'ours, none unread', value: empty.median, floor: atMost(2) })]
})
