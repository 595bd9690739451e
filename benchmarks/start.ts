// Starts: how long until one process answers, and until 200 supervised ones are ready?

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { GenServer, Process, Supervisor } from 'starfish'
import { Elixir } from './elixir.js'
import { fixture } from './fixtures/bare-client.js'
import Idle from './fixtures/idle.js'
import { compare, interleave, type Round, scaled, subject, timed } from './harness.js'
import { peerAims, peerRounds, startPeer } from './peers.js'
import { atMost, over } from './row.js'

const CHILDREN = scaled(200, 20)

/** The ms until `start` is done. What it started is stopped before the next round. */
const ready = <T>(start: () => PromiseLike<T>, stop: (started: T) => PromiseLike<unknown>): Round => async () => {
  let started: T
  const samples = await timed(async () => {
    started = await start()
  })
  await stop(started!)
  return samples
}

const startBare = async (): Promise<Worker> => {
  const worker = new Worker(fixture('bare-idle'))
  await once(worker, 'message')
  return worker
}

async function inOrder<T>(count: number, start: () => Promise<T>): Promise<T[]> {
  const started: T[] = []
  while (started.length < count) started.push(await start())
  return started
}

const atOnce = <T>(count: number, start: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: count }, start))
const dispose = (one: AsyncDisposable): PromiseLike<void> => one[Symbol.asyncDispose]()
const terminate = (workers: readonly Worker[]): Promise<unknown> => Promise.all(workers.map((worker) => worker.terminate()))
const children = Array.from({ length: CHILDREN }, (_, id) => ({ id, start: [Idle, null] as const }))

void subject('start', async () => {
  const elixir = await Elixir.start('start')

  Process.configure({ spares: 0 }) // a thread that boots, not one that has
  const one = await interleave(scaled(40, 5), {
    ours: ready(() => GenServer.startLink(Idle, null), dispose),
    bare: ready(startBare, (worker) => worker.terminate()),
    ...peerRounds((name) => ready(async () => {
      const peer = await startPeer[name]()
      await peer.bump()
      return peer
    }, (peer) => peer.stop())),
    elixir: elixir?.round('one', 1),
  }, 2)

  Process.configure({ spares: 1 })
  const many = await interleave(scaled(4, 1), {
    ours: ready(() => Supervisor.startLink(children, { strategy: 'one_for_one' }), dispose),
    atOnce: ready(() => atOnce(CHILDREN, startBare), terminate),
    inOrder: ready(() => inOrder(CHILDREN, startBare), terminate),
    elixir: elixir?.round('children', CHILDREN),
  }, 0)

  await elixir?.stop()
  return [
    ...compare('one, p50', 'ms', one, { bare: { name: 'new Worker', target: over(5, 'ms') }, ...peerAims, elixir: { name: 'Elixir' } }),
    ...compare(`${CHILDREN} supervised children`, 'ms', many, {
      atOnce: { name: 'new Worker, all at once', target: atMost(1.1) },
      inOrder: { name: 'new Worker, in order' },
      elixir: { name: 'Elixir' },
    }),
  ]
})
