// A module that only a thread loads: its neighbour goes by the name it will have when all is compiled.
import { GenServer, noreply, ok, reply } from 'starfish'
import { step } from './step.js'

export default GenServer.define(import.meta.url, {
  name: 'Counter',
  init: (count: number) => ok(count),
  handleCall: { get: (count) => reply(count, count) },
  handleCast: { inc: (count) => noreply(count + step) },
})
