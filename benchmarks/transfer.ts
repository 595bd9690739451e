// Transfers: a buffer of 8 MB to a worker and back, moved both ways.

import { GenServer } from 'starfish'
import { startBare } from './fixtures/bare-client.js'
import Echo from './fixtures/echo.js'
import { interleave, latencies, row, scaled, subject } from './harness.js'
import { atMost } from './row.js'

const BYTES = 8 * 2 ** 20

void subject('transfer', async () => {
  await using _echo = await GenServer.startLink(Echo, undefined)
  let buffer = new ArrayBuffer(BYTES)
  const ours = async (): Promise<void> => {
    buffer = await GenServer.call(Echo, ['echo', buffer], { transfer: [buffer] })
  }

  const worker = await startBare('bare-echo')
  let bareBuffer = new ArrayBuffer(BYTES)
  let answered: () => void
  worker.on('message', (back: ArrayBuffer) => {
    bareBuffer = back
    answered()
  })
  const bare = (): Promise<void> =>
    new Promise((resolve) => {
      answered = resolve
      worker.postMessage(bareBuffer, [bareBuffer])
    })

  const trips = 20
  const result = await interleave(scaled(400, 40), { ours: () => latencies(trips, ours), bare: () => latencies(trips, bare) }, 20)
  await worker.terminate()
  const name = 'bare transfer'
  return [
    row('8 MB there and back, p50', 'µs', result.ours.median, { name, value: result.bare.median, target: atMost(1.2) }),
    row('8 MB there and back, p99', 'µs', result.ours.p99, { name, value: result.bare.p99 }),
  ]
})
