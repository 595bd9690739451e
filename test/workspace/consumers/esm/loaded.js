// Says how its thread has loaded it.
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { GenServer, ok, reply } from 'starfish'

const { cache } = createRequire(import.meta.url)

export default GenServer.define(import.meta.url, {
  init: () => ok(null),
  handleCall: { how: (state) => reply(fileURLToPath(import.meta.url) in cache ? 'required' : 'imported', state) },
})
