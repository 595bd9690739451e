// Calls from worker to worker while the main thread computes for a second and answers nothing. Channels lead from
// thread to thread, so it must not matter.

import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { MessageChannel } from 'node:worker_threads'
import { GenServer } from 'starfish'
import { startBare } from './fixtures/bare-client.js'
import Caller from './fixtures/caller.js'
import Counter from './fixtures/counter.js'
import { interleave, type Round, row, scaled, subject } from './harness.js'
import { atMost } from './row.js'

const SECOND = 1000
/** The calls begin before the main thread computes and end while it still does. */
const MEASURED = 900

function compute(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

/** The times of the calls that `order` has made, while the main thread computes. */
const whileBusy = (order: () => Promise<number[]>): Round => async () => {
  const samples = order()
  await nextTurn() // the order is on its way
  compute(SECOND)
  return samples
}

void subject('busy-main', async () => {
  await using _counter = await GenServer.startLink(Counter, 0)
  await using _caller = await GenServer.startLink(Caller, undefined)
  const ours = (): Promise<number[]> => GenServer.call(Caller, ['ms', MEASURED])

  const [caller, callee] = [await startBare('bare-caller'), await startBare('bare-counter')]
  const { port1, port2 } = new MessageChannel()
  caller.postMessage(port1, [port1])
  callee.postMessage({ port: port2 }, [port2])
  const bare = async (): Promise<number[]> => {
    caller.postMessage({ ms: MEASURED })
    const [samples] = (await once(caller, 'message')) as [number[]]
    return samples
  }

  const { busy, idle, bareBusy } = await interleave(scaled(7, 1), { busy: whileBusy(ours), bareBusy: whileBusy(bare), idle: ours })
  await Promise.all([caller, callee].map((worker) => worker.terminate()))
  const [name, bareName] = ['worker to worker, main computes', 'bare, a port of their own']
  return [
    row(`${name}, p50`, 'µs', busy.median, { name: bareName, value: bareBusy.median, target: atMost(1.15) }),
    row(`${name}, p99`, 'µs', busy.p99, { name: bareName, value: bareBusy.p99 }),
    row(`${name}, p50`, 'µs', busy.median, { name: 'ours, main idle', value: idle.median }),
  ]
})
