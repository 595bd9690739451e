// The server of the soak: dies in all the ways there are, and answers everything else with its pid.

import { GenServer, noreply, ok, reply, stop } from 'starfish'

export const DEATHS = ['throw', 'uncaught', 'reject', 'exit', 'stop', 'hang', 'kill', 'killed busy', 'shutdown', 'terminate'] as const

/** How a victim is brought down: the first six by itself, the next four from outside. `signal` is for those in a process of their own. */
export type Death = (typeof DEATHS)[number] | 'signal'

/** How long it may be busy with one message, in ms: what ends it when it hangs. */
const PATIENCE = 250

const spin = (): never => {
  for (;;);
}

export default GenServer.define(__filename, {
  maxHandlerTime: PATIENCE,
  init: () => ok(null),
  handleCall: {
    whoAreYou: (state, _: unknown, { self }) => reply(self, state),
    /** Has an answer only if the victim lives on. */
    wait: (state) => noreply(state),
  },
  handleCast: {
    throw: (state) => {
      if (state === null) throw new Error('as told')
      return noreply(state)
    },
    uncaught: (state) => {
      setImmediate(() => {
        throw new Error('as told, later')
      })
      return noreply(state)
    },
    reject: (state) => {
      void Promise.reject(new Error('as told, and nobody looks'))
      return noreply(state)
    },
    exit: () => process.exit(1),
    stop: (state) => stop('tired', state),
    hang: spin,
    'killed busy': spin,
    signal: (state) => {
      process.kill(process.pid, 'SIGSEGV')
      return noreply(state)
    },
  },
})
