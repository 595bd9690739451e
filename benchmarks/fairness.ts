// Fairness: a server that gets more messages than it can handle still runs its timers and its I/O. In a server that is
// flooded, how long does a tick of 10 ms take to come at most, and a byte to go to a socket and back?

import { Piscina } from 'piscina'
import { GenServer } from 'starfish'
import { fixture, startBare } from './fixtures/bare-client.js'
import Flooded from './fixtures/flooded.js'
import type { Beats } from './fixtures/pulse.js'
import { compare, interleave, type Round, Samples, scaled, subject } from './harness.js'
import { under } from './row.js'

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

function piscina(atomics: 'sync' | 'disabled'): Server {
  const pool = new Piscina({ filename: fixture('task-flooded'), minThreads: 1, maxThreads: 1, concurrentTasksPerWorker: TASKS, atomics })
  const run = (name: string) => () => pool.run(undefined, { name })
  return { start: run('start'), flood: (ms) => senders(TASKS, ms, run('work')), stop: run('stop') as () => Promise<Beats> }
}

/** The longest waits in a flood, for the timer and for the socket. The usual ones say little: a timer that is late ticks in a row to catch up. */
const longest = (server: Server): Round => async () => {
  await server.start()
  await server.flood(FLOOD)
  const { timer, io } = await server.stop()
  return [Math.max(...timer), Math.max(...io)]
}

/** Of each round only the sample at `index`. */
function only(index: number, samples: Samples): Samples {
  const some = new Samples()
  some.rounds.push(...samples.rounds.map((round) => [round[index]!]))
  return some
}

void subject('fairness', async () => {
  await using _flooded = await GenServer.startLink(Flooded, undefined)
  const measured = await interleave(scaled(10, 1), {
    ours: longest(ours()),
    bare: longest(await bare()),
    piscina: longest(piscina('sync')),
    disabled: longest(piscina('disabled')),
  })
  return ['longest wait for a tick of 10 ms', 'longest wait for a byte through a socket'].flatMap((name, index) => {
    const samples = Object.fromEntries(Object.entries(measured).map(([who, both]) => [who, only(index, both)]))
    return compare(name, 'ms', samples, { bare: { name: 'bare postMessage', floor: under(100, 'ms') }, piscina: {}, disabled: { name: "piscina, atomics: 'disabled'" } })
  })
})
