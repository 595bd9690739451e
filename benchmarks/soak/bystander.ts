// A server in a thread that nobody crashes. It monitors every victim, is linked to it, and asks it what only its death will
// answer. What it keeps of the dead would show in its thread.

import { GenServer, noreply, ok, type Pid, Process, reply, type Via } from 'starfish'
import { type Held, held } from './gauge.js'

export interface Watched {
  readonly pid: Pid
  /** Whether it takes the question. */
  readonly isAsked: boolean
}

export interface Told extends Held {
  /** What it has not been told: of monitors, links and calls. */
  readonly owed: number
  /** What it has been told that is wrong. */
  readonly faults: readonly string[]
}

interface State {
  owed: number
  faults: string[]
}

/** Asks what only the death of the one asked answers: how that call ends. */
export const wait = (server: Pid | string | Via): Promise<string> =>
  GenServer.call(server, 'wait', { timeout: Infinity }).then(() => 'a reply', (error: { code: string }) => error.code)

/** Whether a call to somebody who died ends so. */
export const isDeath = (answer: string): boolean => answer === 'ERR_CALL_EXIT' || answer === 'ERR_CALL_NOPROC'

async function ask(state: State, pid: Pid): Promise<void> {
  state.owed++
  const answer = await wait(pid)
  state.owed--
  if (!isDeath(answer)) state.faults.push(`a call to ${pid} from a thread ended with ${answer}`)
}

export default GenServer.define(__filename, {
  name: 'Bystander',
  init: (): ReturnType<typeof ok<State>> => {
    Process.flag('trapExit', true)
    return ok<State>({ owed: 0, faults: [] })
  },
  handleCall: {
    watch: (state, { pid, isAsked }: Watched) => {
      Process.monitor(pid)
      Process.link(pid)
      state.owed += 2
      if (isAsked) void ask(state, pid)
      return reply(null, state)
    },
    tell: (state) => reply<Told, State>({ owed: state.owed, faults: state.faults.splice(0), ...held() }, state),
  },
  handleInfo: (state, message) => {
    if (message[0] === 'DOWN' || message[0] === 'EXIT') state.owed--
    return noreply(state)
  },
})
