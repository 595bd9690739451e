// What is moved into the argument of a start arrives, wherever the start is asked for.
import { afterAll, expect, test } from '@jest/globals'
import { assertNoLeaks } from '@starfish/testing'
import { GenServer } from 'starfish'
import Parent from '../fixtures/hands-on-a-port.js'

afterAll(() => assertNoLeaks())

test.each([['thread', 'thread'], ['thread', 'main'], ['main', 'thread'], ['main', 'main']] as const)('a process of %s moves a port into one of %s', async (from, to) => {
  await using parent = await GenServer.start(Parent, undefined, { host: from })
  expect(await GenServer.call(parent, ['listen', to])).toBe('hello')
})
