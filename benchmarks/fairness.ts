// Fairness: a server that gets more messages than it can handle still runs its timers and its I/O. How long does a tick
// of 10 ms take to come, and a byte to go to a socket and back, inside of a server that is flooded?

import { Piscina } from 'piscina'
import { GenServer } from 'starfish'
import { fixture, startBare } from './fixtures/bare-client.js'
import Flooded from './fixtures/flooded.js'
import type { Beats } from './fixtures/pulse.js'
import { interleave, row, type Samples, scaled, subject } from './harness.js'

const FLOOD = scaled(500, 200)
/** Casts that a sender sends before it waits until they are handled; there are two senders, so the server never idles. */
const WAVE = 2000
/** Tasks under way in a pool, which has no casts. */
const TASKS = 1000

interface Server {
  readonly start: () => Promise<unknown>
  /** Floods it for some ms. */
  readonly flood: (ms: number) => Promise<unknown>
  readonly stop: () => Promise<Beats>
}

/** `count` senders, each of which sends again when what it sent is handled. */
async function senders(count: number, ms: number, send: () => Promise<unknown>): Promise<void> {
  const end = performance.now() + ms
  await Promise.all(Array.from({ length: count }, async () => {
    while (performance.now() < end) await send()
  }))
}

function ours(): Server {
  const wave = (): Promise<unknown> => {
    for (let i = 0; i < WAVE; i++) GenServer.cast(Flooded, 'work')
    return GenServer.call(Flooded, 'sync', { timeout: Infinity })
  }
  return {
    start: () => GenServer.call(Flooded, 'start'),
    flood: (ms) => senders(2, ms, wave),
    stop: () => GenServer.call(Flooded, 'stop'),
  }
}

async function bare(): Promise<Server> {
  const worker = await startBare('bare-flooded')
  const waiting: ((answer: unknown) => void)[] = []
  worker.on('message', (answer) => waiting.shift()!(answer)) // answers come in order
  const ask = (message: string): Promise<unknown> =>
    new Promise((resolve) => {
      waiting.push(resolve)
      worker.postMessage(message)
    })
  const wave = (): Promise<unknown> => {
    for (let i = 0; i < WAVE; i++) worker.postMessage('work')
    return ask('sync')
  }
  return { start: () => ask('start'), flood: (ms) => senders(2, ms, wave), stop: () => ask('stop') as Promise<Beats> }
}

function piscina(): Server {
  const pool = new Piscina({ filename: fixture('task-flooded'), minThreads: 1, maxThreads: 1, concurrentTasksPerWorker: TASKS })
  const run = (name: string) => () => pool.run(undefined, { name })
  return { start: run('start'), flood: (ms) => senders(TASKS, ms, run('work')), stop: run('stop') as () => Promise<Beats> }
}

void subject('fairness', async () => {
  await using _flooded = await GenServer.startLink(Flooded, undefined)
  const servers = { ours: ours(), bare: await bare(), piscina: piscina() }
  const measure = async (server: Server): Promise<Beats> => {
    await server.start()
    await server.flood(FLOOD)
    return server.stop()
  }
  const contest = (beat: keyof Beats) =>
    interleave(scaled(8, 1), {
      ours: async () => (await measure(servers.ours))[beat],
      bare: async () => (await measure(servers.bare))[beat],
      piscina: async () => (await measure(servers.piscina))[beat],
    })
  const rows = (name: string, { ours, bare, piscina }: Record<'ours' | 'bare' | 'piscina', Samples>) => [
    row(`${name}, p50`, 'ms', ours.median, { name: 'bare postMessage', value: bare.median }),
    row(`${name}, p99`, 'ms', ours.p99, { name: 'bare postMessage', value: bare.p99 }),
    row(`${name}, p50`, 'ms', ours.median, { name: 'piscina', value: piscina.median }),
  ]
  return [...rows('a tick of 10 ms while flooded', await contest('timer')), ...rows('a byte through a socket while flooded', await contest('io'))]
})
