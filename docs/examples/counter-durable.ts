// The counter with its count in a file, SQLite's or LevelDB's: it outlives the program.
import { GenServer, noreply, ok, reply, type InitContext } from 'starfish'
import { Durable } from '@starfish/store'

const Counter = GenServer.define(import.meta.url, {
  name: 'Counter in a file',
  persist: { store: Durable, table: 'durable counts' },
  init: (initialValue: number, { recovered }: InitContext<number>) => ok(recovered ?? initialValue),
  handleCast: { inc: (state) => noreply(state + 1) },
  handleCall: { get: (state) => reply(state, state) },
})
export default Counter
