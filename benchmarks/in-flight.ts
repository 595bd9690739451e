// Calls, 1,000 in flight: how many get through one server?

import { GenServer } from 'starfish'
import { Elixir } from './elixir.js'
import { callsById, startBare } from './fixtures/bare-client.js'
import Counter from './fixtures/counter.js'
import { compare, inFlight, interleave, scaled, subject } from './harness.js'
import { peerAims, peerRounds, type PeerName, startPeers, stopPeers } from './peers.js'
import { atLeast } from './row.js'

const IN_FLIGHT = 1000

/** What of the calls is enough for a round of some 100 ms. */
const SHARE: Record<PeerName, number> = { piscina: 1 / 4, comlink: 1 / 4, workerpool: 1 / 20, tinypool: 1 / 20, poolifier: 1 / 20 }

void subject('in-flight', async () => {
  await using _counter = await GenServer.startLink(Counter, 0)
  const worker = await startBare('bare-counter')
  const peers = await startPeers()
  const elixir = await Elixir.start('in-flight')

  const calls = scaled(40_000, 20_000)
  const samples = await interleave(scaled(25, 3), {
    ours: inFlight(IN_FLIGHT, calls, () => GenServer.call(Counter, ['bump', 1])),
    bare: inFlight(IN_FLIGHT, calls, callsById(worker)),
    ...peerRounds((name) => inFlight(IN_FLIGHT, calls * SHARE[name], peers[name].bump)),
    elixir: elixir?.round('in_flight', calls),
  }, 2)

  await elixir?.stop()
  await stopPeers(peers)
  await worker.terminate()
  return compare('1,000 calls in flight', 'calls/s', samples, {
    bare: { name: 'bare, id map', floor: atLeast(2.5), target: atLeast(4) },
    ...peerAims,
    piscina: { target: atLeast(10) },
    elixir: { name: 'Elixir', target: atLeast(1.5) },
  })
})
