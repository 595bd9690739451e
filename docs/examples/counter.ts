// A counter: server and client functions in one file. The callbacks run in the thread of the server, the client
// functions in the thread of whoever calls them.
import { GenServer, noreply, ok, reply } from 'starfish'

const Counter = GenServer.define(import.meta.url, {
  name: 'Counter',
  init: (initialValue: number) => ok(initialValue),
  handleCast: { inc: (state) => noreply(state + 1) },
  handleCall: { get: (state) => reply(state, state) },
})
export default Counter

export const startLink = (initialValue: number) => GenServer.startLink(Counter, initialValue)
export const increment = () => GenServer.cast(Counter, 'inc')
export const getCount = () => GenServer.call(Counter, 'get')
