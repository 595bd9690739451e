// A gate holds a thread at one point, and shows that it stands there.
import { afterAll, expect, test } from '@jest/globals'
import { GenServer, Process } from 'starfish'
import { assertNoLeaks, gate, sync } from '@starfish/testing'
import Blocking from '../core/fixtures/blocking.js'

afterAll(() => assertNoLeaks())

test('a thread stands at a closed gate until it is opened', async () => {
  const hold = gate()
  await using server = await GenServer.startLink(Blocking, undefined)
  GenServer.cast(server, ['block', hold])
  const answer = sync(server)
  await gate.arrival(hold)
  expect(Process.info(server.pid)!.busyMs).toBeGreaterThan(0)
  gate.open(hold)
  await answer
})

test('an open gate stops nobody', async () => {
  const hold = gate()
  gate.open(hold)
  await using server = await GenServer.startLink(Blocking, undefined)
  GenServer.cast(server, ['block', hold])
  await sync(server)
  await gate.arrival(hold)
})

test('a gate that nobody comes to says so', async () => {
  await expect(gate.arrival(gate(), 1)).rejects.toThrow('nobody came to the gate')
})
