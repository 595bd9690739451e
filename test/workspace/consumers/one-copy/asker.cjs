// Tells whether the runtime fails a call with the class that this module was given.
const { CallError, GenServer, ok, reply } = require('starfish')

module.exports = GenServer.define(__filename, {
  init: () => ok(null),
  handleCall: {
    compare: async (state) => {
      const error = await GenServer.call('nobody', 'hello').catch((thrown) => thrown)
      const again = Object.keys(require.cache).some((file) => file.endsWith('kernel.js'))
      return reply(`same class: ${error instanceof CallError}, loaded again: ${again}`, state)
    },
  },
})
