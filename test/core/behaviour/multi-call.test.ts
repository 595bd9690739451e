// Several servers at once (gen_server:abcast/3, gen_server:multi_call/4, on one node).
import { afterAll, expect, test } from '@jest/globals'
import { GenServer, Process } from 'starfish'
import { assertNoLeaks, gate } from '@starfish/testing'
import Counter from '../fixtures/counting.js'
import { startPuppet } from '../fixtures/puppet.js'

afterAll(() => assertNoLeaks())

test('replies come in the order of the servers, whatever order they came in, and beside them those that failed', async () => {
  await using one = await GenServer.start(Counter, 1, { name: 'One', host: 'main' })
  await using two = await GenServer.start(Counter, 2)
  expect(await GenServer.multiCall(['Nobody', two.pid, 'One'], 'get')).toEqual({ replies: [[two.pid, 2], ['One', 1]], bad: [['Nobody', 'noproc']] })
  const typed = await GenServer.multiCall([one, two], ['bump', 1])
  const numbers: number[] = typed.replies.map(([, count]) => count)
  expect(numbers).toEqual([2, 3])
  expect(await GenServer.multiCall([], 'get')).toEqual({ replies: [], bad: [] })
})

test('one that dies, one that is slow and one that is the caller itself are bad', async () => {
  await using slow = await startPuppet()
  await using dying = await startPuppet()
  const spots = [gate(), gate()]
  GenServer.cast(slow.pid, ['stand', spots[0]])
  GenServer.cast(dying.pid, ['stand', spots[1]])
  for (const spot of spots) await gate.arrival(spot)
  const asked = GenServer.multiCall([slow.pid, dying.pid, Process.self()], ['act', ['self']], { timeout: 300 })
  Process.exit(dying.pid, 'kill')
  expect(await asked).toEqual({ replies: [], bad: [[slow.pid, 'timeout'], [dying.pid, 'killed'], [Process.self(), 'calling_self']] })
  gate.open(spots[0]!)
  const controller = new AbortController()
  controller.abort()
  expect(await GenServer.multiCall([slow.pid], ['act', ['self']], { signal: controller.signal })).toEqual({ replies: [], bad: [[slow.pid, 'aborted']] })
})

test('abcast reaches those that are there', async () => {
  await using one = await GenServer.start(Counter, 1, { name: 'One' })
  await using two = await GenServer.start(Counter, 2, { host: 'main' })
  GenServer.abcast(['One', 'Nobody', two.pid], 'inc')
  GenServer.abcast([one, two], 'inc')
  expect((await GenServer.multiCall([one, two], 'get')).replies.map(([, count]) => count)).toEqual([3, 4])
})

test('what is wrong with the message or the list is the fault of the caller', async () => {
  await using one = await GenServer.start(Counter, 1)
  await expect(GenServer.multiCall([one.pid], ['echo', () => 1])).rejects.toMatchObject({ code: 'ERR_NOT_CLONEABLE' })
  await expect(GenServer.multiCall('One' as never, 'get')).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
  await expect(GenServer.multiCall([one.pid], 'get', { transfer: [] } as never)).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
  expect(() => GenServer.abcast('One' as never, 'inc')).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
  expect(() => GenServer.abcast([undefined as never], 'inc')).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
})
