// Timers that send a message: erlang:send_after/3. They live in the thread that set them, and go with it.

import { misuse } from '../term/errors.js'
import type { Message } from '../term/message.js'
import { formatPid, type ProcessId } from '../term/pid.js'
import type { Ref } from '../term/ref.js'
import { isVia, type Via } from '../term/via.js'
import { Kind } from '../wire/envelope.js'
import { type Address, nameOf, resolve } from './address.js'
import { clock, LONGEST, type TimerHandle, wallTime } from './clock.js'
import { here, MAIN_THREAD } from './here.js'
import { HELD_NAME } from './names.js'
import { copyOf, postLetter } from './post.js'

export interface Timer {
  readonly handle: TimerHandle
  readonly due: number
  /** Undefined when it is whoever has a name by then. */
  readonly receiver: ProcessId | undefined
}

/**
 * Sends a message after `ms`, as it is now. The timer lives in the calling thread: that of a worker is gone with it. Nothing happens
 * when the receiver is dead by then.
 *
 * @throws ERR_NOT_CLONEABLE when the message cannot be copied
 * @example
 * Process.sendAfter(Process.self(), 'tick', 1000)
 */
export function sendAfter(to: Address, message: Message, ms: number): Ref {
  if (typeof ms !== 'number' || !(ms >= 0) || ms > LONGEST) misuse('ERR_BAD_ARGUMENT', `a time in ms up to ${LONGEST}`, ms, 'a number from 0')
  const address = isVia(to) ? (copyOf(to, undefined, 'name') as Via) : to // the key as it is now
  if (!isVia(address) || here.thread === MAIN_THREAD) resolve(address) // refuses what can mean no process now, not later
  const copy = copyOf(message, undefined, 'message') as Message
  const from = here.self.id
  const ref = here.makeRef()
  const handle = clock.setTimeout(() => {
    here.timers.delete(ref)
    if (isVia(address) && here.thread !== MAIN_THREAD) return here.role.forward(address, Kind.info, from, copy)
    const id = resolve(address)
    if (id !== undefined && id !== HELD_NAME && here.table.isAlive(id)) deliver(id, from, copy)
  }, ms)
  // A name may have another process by then, a pid never.
  const receiver = isVia(address) || nameOf(address) !== undefined ? undefined : resolve(address)
  here.timers.set(ref, { handle, due: clock.now() + ms, receiver })
  return ref
}

// Nobody is there any more to be told what cannot go to a child process.
function deliver(to: ProcessId, from: ProcessId, message: Message): void {
  try {
    postLetter(Kind.info, to, from, 0, message)
  } catch (error) {
    here.role.log({ kind: 'text', level: 'error', time: wallTime(), pid: formatPid(from), message: `a message of a timer to ${formatPid(to)} was lost: ${(error as Error).message}` })
  }
}

/** Cancels a timer: the ms that were left, or false when it had fired (then the message may have arrived), or its receiver is dead. */
export function cancelTimer(ref: Ref): number | false {
  const left = readTimer(ref)
  clock.clearTimeout(here.timers.get(ref)?.handle)
  here.timers.delete(ref)
  return left
}

/** The ms until a timer fires, or false when it has, or when its receiver is dead. */
export function readTimer(ref: Ref): number | false {
  const timer = here.timers.get(ref)
  if (timer === undefined || (timer.receiver !== undefined && !here.table.isAlive(timer.receiver))) return false
  return Math.max(0, Math.ceil(timer.due - clock.now()))
}
