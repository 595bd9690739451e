// Worker to worker goes over a direct port: it goes on while the main thread stands still.
import { afterAll, expect, test } from '@jest/globals'
import { GenServer, Process } from 'starfish'
import { assertNoLeaks, gate } from '@starfish/testing'
import { Caller, Looker, Talker } from '../fixtures/traffic.js'

afterAll(() => assertNoLeaks())

/** Keeps this thread from doing anything else. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

test('two acquainted workers exchange calls while the main thread is blocked', async () => {
  const count = new Int32Array(new SharedArrayBuffer(4))
  await using server = await GenServer.start(Talker, undefined)
  await using caller = await GenServer.start(Caller, { to: server.pid, count })
  await GenServer.call(caller, 'meet')
  const spot = gate()
  GenServer.cast(caller, ['run', spot])
  await gate.arrival(spot)
  const before = Atomics.load(count, 0)
  block(300)
  const after = Atomics.load(count, 0)
  gate.open(spot)
  expect(after - before).toBeGreaterThan(20)
})

test('whereis, isAlive and info of each other need no main thread either', async () => {
  const count = new Int32Array(new SharedArrayBuffer(4))
  await using server = await GenServer.start(Talker, undefined, { name: 'looked at' })
  await using looker = await GenServer.start(Looker, { name: 'looked at', pid: server.pid, count })
  const spot = gate()
  GenServer.cast(looker, ['run', spot])
  await gate.arrival(spot)
  const before = Atomics.load(count, 0)
  block(100)
  const after = Atomics.load(count, 0)
  gate.open(spot)
  expect(after - before).toBeGreaterThan(20)
  expect(Process.isAlive(looker.pid)).toBe(true)
})
