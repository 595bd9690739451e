// Counts its ticks and fails at 22.
import { GenServer, noreply, ok, Process } from 'starfish'
import { inspect } from './inspect.js'

const One = GenServer.define(import.meta.url, {
  name: 'Counter.One',
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
export default One

export async function startLink(_state = 0) {
  inspect('starting', 'Counter.One')
  const success = await GenServer.startLink(One, 0)
  inspect('started', 'Counter.One')
  return success
}

function scheduleWork() {
  Process.sendAfter(Process.self(), 'work', Number(process.env['TICK'] ?? 1000))
}

function work(state: number) {
  if (state === 22) throw new Error("I'm Counter.One and I'm gonna error now")
  inspect(`working and my state is ${state}`, 'Counter.One')
}
