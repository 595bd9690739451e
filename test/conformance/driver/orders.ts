// The driver's side of processes that obey (workers/obey.ts): has them do things, asks them for a sign of life.

import { Process, type Message, type Pid, type Reason } from 'starfish'
import type { EventLog } from './log.js'
import type { Result } from './scenario.js'
import { until } from './settle.js'

const PATIENCE_MS = 15_000
const PING_MS = 500

// Never the same in two scenarios: an answer may come from a process that is gone.
let asked = 0

const order = (pid: Pid, kind: string, command?: unknown): number => {
  Process.send(pid, [kind, ++asked, command] as unknown as Message)
  return asked
}

/** Has a process do something: `none` when there never was one, `dead` when it is not alive, `died` when that ended it. */
export async function tell(pid: Pid | undefined, command: unknown): Promise<Result> {
  if (pid === undefined) return ['none']
  const ref = Process.monitor(pid)
  const number = order(pid, 'command', command)
  const isAnswer = (message: unknown[]): boolean => (message[0] === 'answer' && message[1] === number) || (message[0] === 'DOWN' && message[1] === ref)
  const answer = await Process.receive<['answer', number, Result] | ['DOWN', string, Pid, Reason]>(isAnswer, { timeout: PATIENCE_MS })
  Process.demonitor(ref, { flush: true })
  if (answer[0] === 'answer') return answer[2]
  return [answer[3] === 'noproc' ? 'dead' : 'died']
}

/** Settles when a process has handled all that it was sent before. */
export async function ping(pid: Pid): Promise<void> {
  const number = order(pid, 'ping')
  await Process.receive((message) => message[0] === 'pong' && message[1] === number, { timeout: PING_MS })
}

/** Waits until a process that has been started is part of the scenario. */
export const enrolled = (log: EventLog, inst: string): Promise<void> => until(() => log.named(inst) !== undefined)
