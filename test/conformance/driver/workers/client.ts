// One more client of the server of the family `gs`: calls it once, tells the driver what came of it and what else it
// was sent, and is gone.

import { GenServer, noreply, ok, Process, stop, type Message, type Pid } from 'starfish'
import { guarded, type Result } from '../scenario.js'
import type { Plan } from './server.js'

export interface ClientArgument {
  readonly name: string
  readonly server: Pid
  readonly plan: Plan
  readonly timeout: number
}

/** What the driver gets. */
export type ClientReport = readonly ['client', name: string, result: Result, strays: readonly string[]]

export default GenServer.define(__filename, {
  // The request is on its way when the start returns.
  init: ({ name, server, plan, timeout }: ClientArgument, { self }) => {
    const call = guarded(async () => ['ok', await GenServer.call<number>(server, ['plan', plan], { timeout })])
    void call.then((result) => Process.send(self, ['done', result] as Message))
    return ok({ name, driver: Process.info(self)!.parent, strays: [] as string[] })
  },
  handleInfo: (state, message: Message) => {
    if (message[0] !== 'done') {
      state.strays.push('stray')
      return noreply(state)
    }
    Process.send(state.driver, ['client', state.name, message[1], state.strays] as unknown as Message)
    return stop('normal', state)
  },
})
