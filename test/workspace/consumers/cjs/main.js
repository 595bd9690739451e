const { GenServer, Supervisor } = require('starfish')
const Counter = require('./counter.js')

void (async () => {
  const supervisor = await Supervisor.startLink([[Counter, 0]], { strategy: 'one_for_one' })
  GenServer.cast(Counter, 'inc')
  console.log(await GenServer.call(Counter, 'get'))
  await supervisor[Symbol.asyncDispose]()
})()
