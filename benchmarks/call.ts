// Calls: one at a time (how long does one take?) and 1,000 in flight (how many get through?).

import { MessageChannel } from 'node:worker_threads'
import { once } from 'node:events'
import { wrap } from 'comlink'
import { Piscina } from 'piscina'
import { GenServer } from 'starfish'
import Caller from './fixtures/caller.js'
import Counter from './fixtures/counter.js'
import { callsById, fixture, pingPong, startBare } from './fixtures/bare-client.js'
import type { Counter as ComlinkCounter } from './fixtures/comlink-counter.js'
import { nodeEndpoint } from './fixtures/comlink-node.js'
import { interleave, latencies, rate, row, type Round, type Samples, scaled, subject } from './harness.js'
import { anywhere, type Place, places } from './placement.js'
import { atLeast, atMost } from './row.js'

const IN_FLIGHT = 1000

/** `calls` calls, never more than 1,000 of them waiting: as soon as one is answered, its caller makes the next. */
const inFlight = (calls: number, call: () => Promise<unknown>): Promise<number[]> =>
  rate(calls, async () => {
    let left = calls
    const caller = async (): Promise<void> => {
      while (left-- > 0) await call()
    }
    await Promise.all(Array.from({ length: IN_FLIGHT }, caller))
  })

/** One at a time, measured in short rounds in each place. */
async function oneAtATime<K extends string>(place: Place, rounds: number, contestants: Readonly<Record<K, Round>>): Promise<Record<K, Samples>> {
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
  const ours = (): Promise<number> => GenServer.call(Counter, ['bump', 1])

  const [pinged, mapped, wrapped] = [await startBare('bare-counter'), await startBare('bare-counter'), await startBare('comlink-counter')]
  const bare = pingPong(pinged)
  const bareById = callsById(mapped)

  const pool = new Piscina<number, number>({ filename: fixture('piscina-counter'), minThreads: 1, maxThreads: 1, concurrentTasksPerWorker: IN_FLIGHT })
  const piscina = (): Promise<number> => pool.run(1)

  const proxy = wrap<ComlinkCounter>(nodeEndpoint(wrapped))
  const comlink = (): Promise<number> => proxy.bump(1)

  const rows = []
  for (const place of places) {
    const pair = await oneAtATime(place, scaled(400, 40), { ours: () => latencies(CALLS, ours), bare: () => latencies(CALLS, bare) })
    const peers = await oneAtATime(place, scaled(100, 15), { ours: () => latencies(CALLS, ours), piscina: () => latencies(CALLS, piscina), comlink: () => latencies(CALLS, comlink) })
    const name = `one at a time${place.name}`
    rows.push(
      row(`${name}, p50`, 'µs', pair.ours.median, { name: BARE, value: pair.bare.median, ...LIMITS }),
      row(`${name}, p99`, 'µs', pair.ours.p99, { name: BARE, value: pair.bare.p99 }),
      row(`${name}, p50`, 'µs', peers.ours.median, { name: 'piscina', value: peers.piscina.median }),
      row(`${name}, p50`, 'µs', peers.ours.median, { name: 'comlink', value: peers.comlink.median }),
    )
  }

  await using _caller = await GenServer.startLink(Caller, undefined)
  const [bareCaller, bareCallee] = [await startBare('bare-caller'), await startBare('bare-counter')]
  const { port1, port2 } = new MessageChannel()
  bareCaller.postMessage(port1, [port1])
  bareCallee.postMessage({ port: port2 }, [port2])
  const [place] = places as [Place]
  const between = await oneAtATime(place, scaled(400, 40), {
    ours: () => GenServer.call(Caller, ['measure', CALLS]),
    bare: async () => {
      bareCaller.postMessage(CALLS)
      const [samples] = (await once(bareCaller, 'message')) as [number[]]
      return samples
    },
  })
  rows.push(
    row(`worker to worker${place.name}, p50`, 'µs', between.ours.median, { name: BARE, value: between.bare.median, ...LIMITS }),
    row(`worker to worker${place.name}, p99`, 'µs', between.ours.p99, { name: BARE, value: between.bare.p99 }),
  )

  const many = scaled(40_000, 8_000)
  const flight = await interleave(scaled(25, 3), {
    ours: () => inFlight(many, ours),
    bare: () => inFlight(many, bareById),
    piscina: () => inFlight(many / 4, piscina),
    comlink: () => inFlight(many / 4, comlink),
  }, 2)
  rows.push(
    row('1,000 in flight', 'calls/s', flight.ours.median, { name: 'bare, id map', value: flight.bare.median, floor: atLeast(2.5), target: atLeast(4) }),
    row('1,000 in flight', 'calls/s', flight.ours.median, { name: 'piscina', value: flight.piscina.median, target: atLeast(10) }),
    row('1,000 in flight', 'calls/s', flight.ours.median, { name: 'comlink', value: flight.comlink.median }),
  )

  await pool.destroy()
  await Promise.all([pinged, mapped, wrapped, bareCaller, bareCallee].map((worker) => worker.terminate()))
  return rows
})
