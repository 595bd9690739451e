import { expect, test } from '@jest/globals'
import { GenServer, Supervisor } from 'starfish'
import Counter from './counter.js'

test('a counter counts', async () => {
  const supervisor = await Supervisor.startLink([[Counter, 0]], { strategy: 'one_for_one' })
  GenServer.cast(Counter, 'inc')
  expect(await GenServer.call(Counter, 'get')).toBe(1)
  await supervisor[Symbol.asyncDispose]()
})
