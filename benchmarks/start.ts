// Starts: how long until a process is ready, alone and 20 at once, and what it weighs. Without warm spares: these are
// the subject of restart.ts.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { GenServer, Process } from 'starfish'
import { fixture } from './fixtures/bare-client.js'
import Idle from './fixtures/idle.js'
import { interleave, row, scaled, subject } from './harness.js'
import { atMost, over } from './row.js'

const AT_ONCE = 20

/** The ms until `count` are ready that start together. They are stopped before the next round. */
async function ready<T>(count: number, start: () => Promise<T>, stop: (started: T) => PromiseLike<unknown>): Promise<number[]> {
  const begun = performance.now()
  const started = await Promise.all(Array.from({ length: count }, start))
  const ms = performance.now() - begun
  await Promise.all(started.map(stop))
  return [ms]
}

const ours = (count: number) => () => ready(count, () => GenServer.startLink(Idle, null), (server) => server[Symbol.asyncDispose]())

const startBare = async (): Promise<Worker> => {
  const worker = new Worker(fixture('bare-idle'))
  await once(worker, 'message')
  return worker
}
const bare = (count: number) => () => ready(count, startBare, (worker) => worker.terminate())

/** The MB that each of 20 adds to a program, in a program of their own. */
const footprint = (kind: 'ours' | 'bare') => async (): Promise<number[]> => {
  const child = fork(fixture('footprint'), [kind, String(AT_ONCE)])
  const [mb] = (await once(child, 'message')) as [number]
  await once(child, 'exit')
  return [mb]
}

void subject('start', async () => {
  Process.configure({ spares: 0 })
  const alone = await interleave(scaled(40, 6), { ours: ours(1), bare: bare(1) }, 2)
  const together = await interleave(scaled(7, 1), { ours: ours(AT_ONCE), bare: bare(AT_ONCE) }, scaled(1, 0))
  const weight = await interleave(scaled(5, 1), { ours: footprint('ours'), bare: footprint('bare') }, 0)
  const name = 'new Worker'
  return [
    row('ready, p50', 'ms', alone.ours.median, { name, value: alone.bare.median, target: over(5, 'ms') }),
    row('20 at once, all ready', 'ms', together.ours.median, { name, value: together.bare.median, target: atMost(1.1) }),
    row('memory of each of 20', 'MB', weight.ours.median, { name, value: weight.bare.median, target: atMost(1.15) }),
  ]
})
