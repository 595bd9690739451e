// Calls, one at a time: how long does one take, from the main thread to a worker and from worker to worker?

import { MessageChannel } from 'node:worker_threads'
import { once } from 'node:events'
import { GenServer } from 'starfish'
import { Elixir } from './elixir.js'
import Caller from './fixtures/caller.js'
import Counter from './fixtures/counter.js'
import { pingPong, startBare } from './fixtures/bare-client.js'
import { compare, type Contestants, interleave, latencies, type Measured, row, scaled, subject } from './harness.js'
import { peerAims, peerRounds, startPeers, stopPeers } from './peers.js'
import { anywhere, type Place, places } from './placement.js'
import { atMost } from './row.js'

/** Measured in short rounds, in one place. */
async function oneAtATime<const C extends Contestants>(place: Place, rounds: number, contestants: C): Promise<Measured<C>> {
  await interleave(0, contestants, 60) // the compilers want a core of their own
  place.move()
  const samples = await interleave(rounds, contestants)
  anywhere()
  return samples
}

const CALLS = 50
const BARE = 'bare postMessage'
const LIMITS = { floor: atMost(1.3), target: atMost(1.15) }

void subject('call', async () => {
  await using _counter = await GenServer.startLink(Counter, 0)
  const ours = (): Promise<number[]> => latencies(CALLS, () => GenServer.call(Counter, ['bump', 1]))

  const counter = await startBare('bare-counter')
  const ping = pingPong(counter)
  const bare = (): Promise<number[]> => latencies(CALLS, ping)

  const rows = []
  for (const place of places) {
    const pair = await oneAtATime(place, scaled(400, 40), { ours, bare })
    rows.push(
      row(`to a worker${place.name}, p50`, 'µs', pair.ours.median, { name: BARE, value: pair.bare.median, ...LIMITS }),
      row(`to a worker${place.name}, p99`, 'µs', pair.ours.p99, { name: BARE, value: pair.bare.p99 }),
    )
  }

  await using _caller = await GenServer.startLink(Caller, undefined)
  const [bareCaller, bareCallee] = [await startBare('bare-caller'), await startBare('bare-counter')]
  const { port1, port2 } = new MessageChannel()
  bareCaller.postMessage(port1, [port1])
  bareCallee.postMessage({ port: port2 }, [port2])
  for (const place of places.slice(0, 1)) {
    const between = await oneAtATime(place, scaled(400, 40), {
      ours: () => GenServer.call(Caller, ['calls', CALLS]),
      bare: async () => {
        bareCaller.postMessage({ calls: CALLS })
        const [samples] = (await once(bareCaller, 'message')) as [number[]]
        return samples
      },
    })
    rows.push(
      row(`worker to worker${place.name}, p50`, 'µs', between.ours.median, { name: BARE, value: between.bare.median, ...LIMITS }),
      row(`worker to worker${place.name}, p99`, 'µs', between.ours.p99, { name: BARE, value: between.bare.p99 }),
    )
  }

  const peers = await startPeers()
  const elixir = await Elixir.start('call')
  for (const place of places.slice(0, 1)) {
    const samples = await oneAtATime(place, scaled(100, 15), {
      ours,
      ...peerRounds((name) => () => latencies(CALLS, peers[name].bump)),
      elixir: elixir?.round('one_at_a_time', CALLS),
    })
    rows.push(...compare(`to a worker${place.name}, p50`, 'µs', samples, { ...peerAims, elixir: { name: 'Elixir' } }))
  }

  await elixir?.stop()
  await stopPeers(peers)
  await Promise.all([counter, bareCaller, bareCallee].map((worker) => worker.terminate()))
  return rows
})
