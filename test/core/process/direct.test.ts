// Worker to worker goes over a direct port: it goes on while the main thread stands still.
import { afterAll, expect, test } from '@jest/globals'
import { GenServer, Process } from 'starfish'
import { assertNoLeaks, gate } from '@starfish/testing'
import { Caller, Looker, Talker } from '../fixtures/traffic.js'

afterAll(() => assertNoLeaks())

/** Keeps this thread from doing anything else until others have counted on by `more`; gives by how much they have when 10 s are over. */
function standStill(count: Int32Array, more: number): number {
  const asleep = new Int32Array(new SharedArrayBuffer(4))
  const before = Atomics.load(count, 0)
  for (let naps = 0; naps < 5_000 && Atomics.load(count, 0) - before < more; naps++) Atomics.wait(asleep, 0, 0, 2)
  return Atomics.load(count, 0) - before
}

test('two acquainted workers exchange calls while the main thread is blocked', async () => {
  const count = new Int32Array(new SharedArrayBuffer(4))
  await using server = await GenServer.start(Talker, undefined)
  await using caller = await GenServer.start(Caller, { to: server.pid, count })
  await GenServer.call(caller, 'meet')
  const spot = gate()
  GenServer.cast(caller, ['run', spot])
  await gate.arrival(spot)
  const calls = standStill(count, 100)
  gate.open(spot)
  expect(calls).toBeGreaterThanOrEqual(100)
})

test('whereis, isAlive and info of each other need no main thread either', async () => {
  const count = new Int32Array(new SharedArrayBuffer(4))
  await using server = await GenServer.start(Talker, undefined, { name: 'looked at' })
  await using looker = await GenServer.start(Looker, { name: 'looked at', pid: server.pid, count })
  const spot = gate()
  GenServer.cast(looker, ['run', spot])
  await gate.arrival(spot)
  const looks = standStill(count, 100)
  gate.open(spot)
  expect(looks).toBeGreaterThanOrEqual(100)
  expect(Process.isAlive(looker.pid)).toBe(true)
})
