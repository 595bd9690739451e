import { GenServer, noreply, ok, reply } from 'starfish'

const Counter = GenServer.define(import.meta.url, {
  name: 'Counter',
  init: (count: number) => ok(count),
  handleCall: { get: (count) => reply(count, count) },
  handleCast: { inc: (count) => noreply(count + 1) },
})

export default Counter
