// Tells whether the runtime fails a call with the class that this module was given.
import { createRequire } from 'node:module'
import { CallError, GenServer, ok, reply } from 'starfish'

const { cache } = createRequire(import.meta.url)

export default GenServer.define(import.meta.url, {
  init: () => ok(null),
  handleCall: {
    compare: async (state) => {
      const error = await GenServer.call('nobody', 'hello').catch((thrown) => thrown)
      const again = Object.keys(cache).some((file) => /(?:entry|kernel)\.js$/.test(file))
      return reply(`same class: ${error instanceof CallError}, loaded again: ${again}`, state)
    },
  },
})
