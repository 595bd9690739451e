// assertNoLeaks: nothing may be left of a test, and what is left has a name.
import { expect, test } from '@jest/globals'
import { GenServer, Process } from 'starfish'
import { assertNoLeaks, down, gate } from '@starfish/testing'
import Blocking from '../core/fixtures/blocking.js'
import Counter from '../core/fixtures/counting.js'

test('it names the processes that live on', async () => {
  await using one = await GenServer.startLink(Counter, 0)
  await using two = await GenServer.startLink(Counter, 0, { host: 'main', name: null })
  await expect(assertNoLeaks()).rejects.toThrow(`processes left: Counter ${one.pid}, Counter ${two.pid}`)
})

test('it waits for threads that are about to end', async () => {
  const server = await GenServer.start(Counter, 0)
  Process.exit(server.pid, 'kill')
  await assertNoLeaks()
  expect(await down(server)).toBe('noproc')
})

test('it gives up on threads that do not end', async () => {
  const hold = gate()
  const server = await GenServer.start(Blocking, undefined)
  GenServer.cast(server, ['native', hold])
  await gate.arrival(hold)
  Process.exit(server.pid, 'kill')
  await expect(assertNoLeaks({ timeout: 1 })).rejects.toThrow('1 worker threads left')
  await assertNoLeaks()
})
