// The counter with its count in a Table: in memory that outlives the thread, and ends with the program.
import { GenServer, noreply, ok, reply, Table, type InitContext } from 'starfish'

const Counter = GenServer.define(import.meta.url, {
  name: 'Counter in a Table',
  persist: { store: Table, table: 'counts' },
  init: (initialValue: number, { recovered }: InitContext<number>) => ok(recovered ?? initialValue),
  handleCast: { inc: (state) => noreply(state + 1) },
  handleCall: { get: (state) => reply(state, state) },
})
export default Counter
