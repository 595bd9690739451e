// Counts its ticks and fails at 5.
import { GenServer, noreply, ok, Process } from 'starfish'
import { inspect } from './inspect.js'

const Three = GenServer.define(import.meta.url, {
  name: 'Counter.Three',
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
export default Three

export async function startLink(_state = 0) {
  inspect('starting', 'Counter.Three')
  const success = await GenServer.startLink(Three, 0)
  inspect('started', 'Counter.Three')
  return success
}

function scheduleWork() {
  Process.sendAfter(Process.self(), 'work', Number(process.env['TICK'] ?? 1000))
}

function work(state: number) {
  if (state === 5) throw new Error("I'm Counter.Three and I'm gonna error now")
  inspect(`working and my state is ${state}`, 'Counter.Three')
}
