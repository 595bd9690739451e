// Servers on the main thread: many processes of one thread, each knowing who it is, also across its awaits.
import { afterAll, expect, test } from '@jest/globals'
import { GenServer, Process } from 'starfish'
import { assertNoLeaks, receive } from '@starfish/testing'
import Roommate from '../fixtures/roommate.js'

afterAll(() => assertNoLeaks())

test('Process.self() is the server, across awaits and in timers, in init too', async () => {
  await using server = await GenServer.startLink(Roommate, undefined)
  expect(new Set(await GenServer.call(server, 'who'))).toEqual(new Set([server.pid]))
  expect(await GenServer.call(server, 'born')).toEqual([server.pid, server.pid, server.pid])
  expect(Process.info(server.pid)).toMatchObject({ thread: 0, status: 'running' })
})

test('several at once do not mistake each other, nor does the program', async () => {
  await using one = await GenServer.startLink(Roommate, undefined)
  await using two = await GenServer.startLink(Roommate, undefined)
  const me = Process.self()
  const [a, b, c] = await Promise.all([
    GenServer.call(one, ['askOther', two.pid]),
    GenServer.call(two, 'who'),
    GenServer.call(one, 'who'),
  ])
  expect(a).toEqual([two.pid, one.pid])
  expect(new Set(b)).toEqual(new Set([two.pid]))
  expect(new Set(c)).toEqual(new Set([one.pid]))
  expect(Process.self()).toBe(me)
  expect([one.pid, two.pid]).not.toContain(me)
})

test('what it does after an await is its own: sends, monitors', async () => {
  const server = await GenServer.startLink(Roommate, undefined)
  await GenServer.call(server, ['sendLater', Process.self()])
  expect(await receive('from')).toEqual(['from', server.pid])
  await GenServer.stop(server)
})

test('it lives without a thread, and its callbacks run between those of the program', async () => {
  await using server = await GenServer.startLink(Roommate, undefined)
  const order: string[] = []
  const call = GenServer.call(server, 'born').then(() => order.push('answered'))
  order.push('called')
  await call
  expect(order).toEqual(['called', 'answered'])
})
