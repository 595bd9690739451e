// A process whose mailbox is huge: what it waits for itself does not pass through that.
import { afterAll, expect, test } from '@jest/globals'
import { GenServer } from 'starfish'
import { assertNoLeaks } from '@starfish/testing'
import { EchoServer, Surrounded } from '../fixtures/hoarder.js'

afterAll(() => assertNoLeaks())

const MANY = 20_000

test.each(['thread', 'main'] as const)('a server with 20,000 unread messages calls another as ever, and then takes them in their order (%s)', async (host) => {
  await using echo = await GenServer.start(EchoServer, undefined)
  await using server = await GenServer.start(Surrounded, undefined, { host })
  const sum = GenServer.call(server, ['sum', { echo: echo.pid, waiting: MANY, times: 200 }], { timeout: 60_000 })
  for (let n = 0; n < MANY; n++) GenServer.cast(server, ['note', n])
  expect(await sum).toEqual({ sum: 200 * 201, waiting: MANY })
  const notes = await GenServer.call(server, 'notes')
  expect([notes.length, notes.every((n, i) => n === i)]).toEqual([MANY, true])
})
