// Counts. The callbacks run in the counter's own thread, the functions at the end in the thread of whoever calls them.
import { GenServer, noreply, ok, reply } from 'starfish'

const Counter = GenServer.define(import.meta.url, {
  name: 'Counter',
  init: (count) => ok(count),
  handleCall: { get: (count) => reply(count, count) },
  handleCast: { inc: (count, by) => noreply(count + by) },
})
export default Counter

export const increment = (by = 1) => GenServer.cast(Counter, ['inc', by])
export const getCount = () => GenServer.call(Counter, 'get')
