// Crashes to order: how a server ends is what its supervisor, its callers and the rest of the tree are tested with.

import { Process, Sys, type Pid, type SysEvent } from 'starfish'
import { down, type Address, type WaitOptions } from './wait.js'

const text = 'a crash to order'

/** These two run in the server. */
export const exitHere = Sys.define(`${__filename}#exitHere`, () => process.exit(1))
export const throwLater = Sys.define(`${__filename}#throwLater`, (state: unknown) => {
  setImmediate(() => {
    throw new Error(text)
  })
  return state
})

interface Countdown {
  readonly tag: string
  readonly left: number
}

export const exitAt = Sys.define(`${__filename}#exitAt`, (event: SysEvent<unknown>, { tag, left }: Countdown): Countdown => {
  if (event.kind !== 'in' || tagOf(event.message) !== tag) return { tag, left }
  return left > 1 ? { tag, left: left - 1 } : process.exit(1)
})

const tagOf = (message: unknown): unknown => (Array.isArray(message) ? message[0] : message)

/** Ways to end, and the reason that everybody is told: an error as if a handler had thrown it, `['error', error]`. */
export type Crash =
  | Error
  /** Something throws outside of any handler, in a timer: `['uncaught_exception', error]`. */
  | 'uncaught'
  /** `process.exit(1)` in its thread: `['process_exit', 1]`. */
  | 'exit'
  /** Ended from outside, in the midst of whatever it does: `'killed'`. */
  | 'kill'

/**
 * Crashes a server, in its turn among its other messages (`'kill'` at once), and waits until it is dead. Gives the pid that died.
 *
 * @example
 * await restarted(tree, 'Counter', await crash(Counter))
 */
export async function crash(server: Address, how: Crash = new Error(text), options: WaitOptions = {}): Promise<Pid> {
  const pid = pidOf(server, how !== 'kill' && !(how instanceof Error))
  const ended = down(pid, options)
  // The server answers none of them: it is dead.
  if (how === 'kill') Process.exit(pid, 'kill')
  else if (how === 'exit') Sys.replaceState(pid, exitHere).catch(() => undefined)
  else if (how === 'uncaught') Sys.replaceState(pid, throwLater).catch(() => undefined)
  else Sys.terminate(pid, ['error', how]).catch(() => undefined)
  await ended
  return pid
}

/**
 * Has a server end with `['process_exit', 1]` when it takes up the `nth` message with this tag, call, cast or info, before
 * its handler runs. Resolves when that is arranged. It holds for the process, not for the one started in its place.
 *
 * @example
 * await crashOn(Counter, 'inc', 3)
 */
export async function crashOn(server: Address, tag: string, nth = 1): Promise<void> {
  await Sys.install(pidOf(server, true), `crash on ${tag}`, exitAt, { tag, left: nth })
}

function pidOf(server: Address, needsThread: boolean): Pid {
  const info = Process.info(server)
  if (info === undefined) throw new Error(`expected a server to crash, got ${typeof server === 'string' ? server : 'one'} that is not alive`)
  if (needsThread && info.thread === 0) throw new Error("expected a server with a thread of its own, got one on the main thread; write crash(server) or crash(server, 'kill')")
  return info.pid
}
