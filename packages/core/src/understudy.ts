// The process that spares rehearse with. Stands outside of the kernel: it is found and loaded as a user's file is.

import { GenServer, noreply, ok, reply } from './index.js'

export default GenServer.define(__filename, {
  init: (argument: unknown) => ok(argument),
  handleCall: { ask: (state, payload: unknown) => reply(payload, state) },
  handleCast: {
    note: (_state, payload: unknown) => noreply(payload),
    fail: (_state, why: string) => {
      throw new Error(why)
    },
  },
})
