// Counts its ticks and never fails.
import { GenServer, noreply, ok, Process } from 'starfish'
import { inspect } from './inspect.js'

const Two = GenServer.define(import.meta.url, {
  name: 'Counter.Two',
  init: (state: number) => {
    work(state)
    scheduleWork()
    return ok(state)
  },
  handleInfo: {
    work: (state) => {
      work(state)
      scheduleWork()
      return noreply(state + 1)
    },
  },
})
export default Two

export async function startLink(_state = 0) {
  inspect('starting', 'Counter.Two')
  const success = await GenServer.startLink(Two, 0)
  inspect('started', 'Counter.Two')
  return success
}

function scheduleWork() {
  Process.sendAfter(Process.self(), 'work', Number(process.env['TICK'] ?? 1000))
}

function work(state: number) {
  inspect(`working and my state is ${state}`, 'Counter.Two')
}
