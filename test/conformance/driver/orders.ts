// The driver's side of processes that obey (workers/obey.ts): has them do things, asks them for a sign of life.

import { Process, type Message, type Pid, type Reason } from 'starfish'
import type { EventLog } from './log.js'
import type { Result } from './scenario.js'
import { until } from './settle.js'

const PATIENCE_MS = 15_000
const PING_MS = 500

// Never the same in two scenarios: an answer may come from a process that is gone.
let asked = 0

/** Has a process do something: `none` when there never was one, `dead` when it is not alive, `died` when that ended it. */
export async function tell(pid: Pid | undefined, command: unknown): Promise<Result> {
  if (pid === undefined) return ['none']
  const answer = await ask<Result>(pid, 'command', command, PATIENCE_MS)
  if (answer[0] === 'answer') return answer[2]
  return [answer[3] === 'noproc' ? 'dead' : 'died']
}

/** Settles when a process has handled all that it was sent before, or has ended. */
export const ping = (pid: Pid): Promise<unknown> => ask(pid, 'ping', undefined, PING_MS)

type Down = readonly ['DOWN', string, Pid, Reason]

async function ask<R>(pid: Pid, kind: string, detail: unknown, timeout: number): Promise<Down | readonly ['answer', number, R]> {
  const number = ++asked
  const ref = Process.monitor(pid)
  Process.send(pid, [kind, number, detail] as unknown as Message)
  const isAnswer = (message: unknown[]): boolean => (message[0] === 'answer' && message[1] === number) || (message[0] === 'DOWN' && message[1] === ref)
  try {
    return await Process.receive(isAnswer, { timeout })
  } finally {
    Process.demonitor(ref, { flush: true })
  }
}

/** Waits until a process that has been started is part of the scenario. */
export const enrolled = (log: EventLog, inst: string): Promise<void> => until(() => log.named(inst) !== undefined)
