// One call to several servers at once (gen_server.erl, multi_call/4, on one node).

import { Kind } from '../wire/envelope.js'
import { type CallError, misuse } from '../term/errors.js'
import type { Message } from '../term/message.js'
import type { Pid } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import type { Via } from '../term/via.js'
import type { Address } from '../process/address.js'
import { checkKeys } from '../process/keys.js'
import { type CallOptions, request } from './request.js'
import { codeOf } from './stop.js'
import type { AnyGenServer, CallsOf, MessageOf, ReplyTo, Started } from './types.js'

/** What came of a `multiCall`: each server, as it was named, in one of the two, in the order in which they were named. */
export interface MultiCallResult<S, R> {
  readonly replies: [server: S, reply: R][]
  /** Those that did not reply, with the `reason` of the `CallError` that a call to them alone would have failed with. */
  readonly bad: [server: S, reason: Reason][]
}

/**
 * Calls several servers at once, and waits until each has replied or failed: `'noproc'`, `'timeout'`, what it ended
 * with. `timeout` in ms is for each of them and, as in OTP, `Infinity` by default. Late replies are dropped.
 *
 * Rejects with a UsageError, such as ERR_NOT_CLONEABLE.
 * @example
 * const { replies, bad } = await GenServer.multiCall(['Cache', 'Index'], 'size', { timeout: 1000 })
 */
export async function multiCall<D extends AnyGenServer, const M extends MessageOf<CallsOf<D>>>(
  servers: readonly (D | Started<D>)[], message: M, options?: MultiCallOptions,
): Promise<MultiCallResult<D | Started<D>, ReplyTo<CallsOf<D>, M>>>
export async function multiCall<R = unknown, S extends Pid | string | Via = Pid | string | Via>(servers: readonly S[], message: Message, options?: MultiCallOptions): Promise<MultiCallResult<S, R>>
export async function multiCall(servers: readonly unknown[], message: unknown, options: MultiCallOptions = {}): Promise<MultiCallResult<unknown, unknown>> {
  checkServers(servers)
  checkKeys(options, ['timeout', 'signal'], 'multiCall option')
  const result: MultiCallResult<unknown, unknown> = { replies: [], bad: [] }
  const calls = servers.map((server) => request(Kind.call, server as Address, message, { timeout: Infinity, ...options }, 'GenServer.multiCall'))
  for (const [i, call] of (await Promise.allSettled(calls)).entries()) {
    if (call.status === 'fulfilled') result.replies.push([servers[i], call.value])
    else if (isCallError(call.reason)) result.bad.push([servers[i], call.reason.reason])
    else throw call.reason
  }
  return result
}

export type MultiCallOptions = Pick<CallOptions, 'timeout' | 'signal'>

const isCallError = (error: unknown): error is CallError => String(codeOf(error)).startsWith('ERR_CALL_')

export function checkServers(servers: unknown): void {
  if (!Array.isArray(servers)) misuse('ERR_BAD_ARGUMENT', 'a list of servers', servers, "['Cache', 'Index']")
}
