const { GenServer, noreply, ok, reply } = require('starfish')

const Counter = GenServer.define(__filename, {
  name: 'Counter',
  init: (count) => ok(count),
  handleCall: { get: (count) => reply(count, count) },
  handleCast: { inc: (count) => noreply(count + 1) },
})

module.exports = Counter
