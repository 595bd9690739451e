// The orderly end of a server, asked for from outside.

import { Kind } from '../wire/envelope.js'
import { type CallError, misuse } from '../term/errors.js'
import type { Pid } from '../term/pid.js'
import { isReason, type Reason, sameReason } from '../term/reason.js'
import type { Address } from '../process/address.js'
import { request } from './request.js'

/**
 * Stops a server with `reason` and waits until it is gone, `terminate` included. `timeout` in ms, `Infinity` by default.
 *
 * Rejects with a CallError: `'noproc'`, `'timeout'` (it goes on), `'calling_self'`, or the actual reason when it ended with another one.
 */
export async function stop(server: Address, reason: Reason = 'normal', timeout = Infinity): Promise<void> {
  if (!isReason(reason)) misuse('ERR_BAD_ARGUMENT', 'a reason', reason, "'normal', 'shutdown' or ['shutdown', why]")
  try {
    await request(Kind.system, server, ['terminate', reason], { timeout }, 'GenServer.stop')
  } catch (error) {
    // The only answer to a terminate is the end of the process.
    if (codeOf(error) !== 'ERR_CALL_EXIT' || !sameReason((error as CallError).reason, reason)) throw error
  }
}

// What `await using` does at the end of its block: the server may be gone already.
export async function shutdown(pid: Pid): Promise<void> {
  try {
    await stop(pid)
  } catch (error) {
    if (codeOf(error) !== 'ERR_CALL_NOPROC' && codeOf(error) !== 'ERR_CALL_EXIT') throw error
  }
}

export const codeOf = (error: unknown): unknown => (error as { code?: unknown } | undefined)?.code
