// Waiting for facts about processes. Every wait ends: after `timeout` ms it rejects and says what did not happen.

import { inspect } from 'node:util'
import { Process, Supervisor, Sys, type Message, type Pid, type Reason } from 'starfish'

type Target = Pid | { readonly pid: Pid }
export type Address = Parameters<typeof Sys.sync>[0]

export interface WaitOptions {
  /** Ms until the wait is given up; 10,000 by default. For failing, not for waiting. */
  readonly timeout?: number
}

const DEFAULT = 10_000

async function orSay<T>(what: string, wait: Promise<T>): Promise<T> {
  try {
    return await wait
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_RECEIVE_TIMEOUT') throw error
    throw new Error(`${what} did not happen: ${(error as Error).message}`, { cause: error })
  }
}

/**
 * Waits until a process has ended; gives its reason, `'noproc'` when it had ended before.
 *
 * @example
 * Process.exit(pid, 'kill')
 * expect(await down(pid)).toBe('killed')
 */
export async function down(process: Target, { timeout = DEFAULT }: WaitOptions = {}): Promise<Reason> {
  const pid = typeof process === 'string' ? process : process.pid
  const ref = Process.monitor(pid)
  const [, , , reason] = await orSay(`the end of ${pid}`, Process.receive<readonly ['DOWN', string, string, Reason]>((message) => message[0] === 'DOWN' && message[1] === ref, { timeout }))
  return reason
}

/**
 * Waits for the next message to the test (the main program) with this tag, or that the function says yes to.
 *
 * @example
 * Process.send(server, ['hello', Process.self()])
 * await receive('hello_back')
 */
export function receive(what: string | ((message: any) => boolean), { timeout = DEFAULT }: WaitOptions = {}): Promise<Message> {
  const matches = typeof what === 'function' ? what : (message: unknown) => message === what || (Array.isArray(message) && message[0] === what)
  return orSay(`a message ${String(what)}`, Process.receive(matches, { timeout }))
}

/** Fails when a message with this tag, or that the function says yes to, has arrived. Call it after `sync` with whoever might have sent one. */
export async function expectNoMessage(what: string | ((message: any) => boolean)): Promise<void> {
  const message = await receive(what, { timeout: 0 }).catch((error: Error) => {
    if ((error.cause as { code?: unknown } | undefined)?.code !== 'ERR_RECEIVE_TIMEOUT') throw error
    return undefined
  })
  if (message !== undefined) throw new Error(`there was a message ${inspect(message, { breakLength: Infinity })}`)
}

/**
 * Waits until a supervisor has started a child again; gives the new pid. `before` is the pid that died.
 *
 * @example
 * const before = Process.whereis('Counter')!
 * Process.exit(before, 'kill')
 * const after = await restarted(supervisor, 'Counter', before)
 */
export async function restarted(supervisor: Address, id: string | number, before: Pid, options: WaitOptions = {}): Promise<Pid> {
  await down(before, options)
  // The supervisor answers between its restarts: each question waits for the restart in hand.
  for (;;) {
    const child = (await Supervisor.whichChildren(supervisor)).find((one) => one.id === id)
    if (child === undefined) throw new Error(`the supervisor has no child ${id} any more`)
    if (child.pid === undefined) throw new Error(`the supervisor did not start child ${id} again`)
    if (child.pid !== 'restarting' && child.pid !== before) return child.pid
  }
}

/** Waits until a server has handled everything that was sent to it before. */
export const sync = (server: Address): Promise<void> => Sys.sync(server, { timeout: DEFAULT })

