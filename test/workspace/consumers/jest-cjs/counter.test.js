const { expect, test } = require('@jest/globals')
const { GenServer, Supervisor } = require('starfish')
const Counter = require('./counter.js')

test('a counter counts', async () => {
  const supervisor = await Supervisor.startLink([[Counter, 0]], { strategy: 'one_for_one' })
  GenServer.cast(Counter, 'inc')
  expect(await GenServer.call(Counter, 'get')).toBe(1)
  await supervisor[Symbol.asyncDispose]()
})
