// Transfers: a buffer of 8 MB to a worker and back, moved both ways, all threads on one core where we can choose.

import { transfer, wrap } from 'comlink'
import { Piscina } from 'piscina'
import { GenServer } from 'starfish'
import { pool as workerpool } from 'workerpool'
import { fixture, startBare } from './fixtures/bare-client.js'
import type { echo } from './fixtures/comlink-echo.js'
import { nodeEndpoint } from './fixtures/comlink-node.js'
import Echo from './fixtures/echo.js'
import { compare, interleave, latencies, type Round, row, scaled, subject } from './harness.js'
import { anywhere, places } from './placement.js'
import { atMost } from './row.js'

const BYTES = 8 * 2 ** 20
const TRIPS = 20

/** Sends one and the same buffer back and forth. */
function trips(send: (buffer: ArrayBuffer) => PromiseLike<ArrayBuffer>): Round {
  let buffer = new ArrayBuffer(BYTES)
  return () =>
    latencies(TRIPS, async () => {
      buffer = await send(buffer)
      if (buffer.byteLength !== BYTES) throw new Error(`expected a buffer of ${BYTES} bytes back, got one of ${buffer.byteLength}`)
    })
}

void subject('transfer', async () => {
  await using _echo = await GenServer.startLink(Echo, undefined)

  const worker = await startBare('bare-echo')
  let answered: (buffer: ArrayBuffer) => void
  worker.on('message', (buffer: ArrayBuffer) => answered(buffer))

  const { Tinypool } = await import('tinypool')
  const one = { minThreads: 1, maxThreads: 1 }
  const piscina = new Piscina<ArrayBuffer, ArrayBuffer>({ filename: fixture('task-echo'), ...one })
  const tinypool = new Tinypool({ filename: fixture('tinypool-echo'), ...one })
  const pool = workerpool(fixture('workerpool-echo'), { minWorkers: 1, maxWorkers: 1, workerType: 'thread' })
  const comlink = wrap<typeof echo>(nodeEndpoint(await startBare('comlink-echo')))

  // poolifier has no way to move a result.
  const contestants = {
    ours: trips((buffer) => GenServer.call(Echo, ['echo', buffer], { transfer: [buffer] })),
    bare: trips((buffer) => new Promise((resolve) => {
      answered = resolve
      worker.postMessage(buffer, [buffer])
    })),
    piscina: trips((buffer) => piscina.run(buffer, { transferList: [buffer] })),
    tinypool: trips((buffer) => tinypool.run(buffer, { transferList: [buffer] }) as Promise<ArrayBuffer>),
    workerpool: trips((buffer) => pool.exec('echo', [buffer], { transfer: [buffer] }) as PromiseLike<ArrayBuffer>),
    comlink: trips((buffer) => comlink(transfer(buffer, [buffer]))),
  }
  await interleave(0, contestants, scaled(300, 100)) // it takes V8 some thousands of trips to compile the way
  places[0]!.move()
  const samples = await interleave(scaled(300, 30), contestants)
  anywhere()

  const name = 'bare transfer'
  return [
    ...compare('8 MB there and back, p50', 'µs', samples, { bare: { name, target: atMost(1.2) }, piscina: {}, tinypool: {}, workerpool: {}, comlink: {} }),
    row('8 MB there and back, p99', 'µs', samples.ours.p99, { name, value: samples.bare.p99 }),
  ]
})
