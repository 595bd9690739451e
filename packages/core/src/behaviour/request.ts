// A request to another process and the wait for its answer: what every call, of whatever module, goes through.

import { Kind } from '../wire/envelope.js'
import type { CallError } from '../term/errors.js'
import { formatTerm } from '../term/format.js'
import type { ProcessId } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import { isVia, type Via } from '../term/via.js'
import { type Address, labelOf, nameOf, resolve } from '../process/address.js'
import { calls } from '../process/diagnostics.js'
import { clock, realNow } from '../process/clock.js'
import { here, MAIN_THREAD } from '../process/here.js'
import type { LocalProcess } from '../process/local-process.js'
import { HELD_NAME } from '../process/names.js'
import { callError, failedCall, PendingCall } from '../process/pending-call.js'
import { admits, postToThread } from '../process/post.js'
import { checkKeys } from '../process/keys.js'
import { refuseInPool } from '../process/start.js'
import { checkSignal, checkTimeout } from '../process/start-options.js'
import { State } from '../process/table.js'

/** How long a call waits when nothing is said, in ms (gen.erl). */
const DEFAULT_TIMEOUT = 5000

export interface CallOptions {
  /** How long to wait for the reply, in ms: from 0, or `Infinity`. 5000 by default. */
  readonly timeout?: number
  /** Stops the waiting. The server still handles the message; its reply is dropped. */
  readonly signal?: AbortSignal
  /** Objects in the message to move instead of copying, such as ArrayBuffers. They are gone here afterwards. */
  readonly transfer?: readonly unknown[]
}

const CALL_OPTIONS = ['timeout', 'signal', 'transfer']
export const NO_OPTIONS: CallOptions = {}

/** Posts a request that will be answered: the one way to wait for another process. `api` names it in errors. */
export function request(kind: number, server: Address, message: unknown, options: CallOptions, api: string): Promise<unknown> {
  if (calls.hasSubscribers) return calls.tracePromise(requestNow, { api, caller: here.self.pid, server: serverLabel(server), message }, undefined, kind, server, message, options, api)
  return requestNow(kind, server, message, options, api)
}

function requestNow(kind: number, server: Address, message: unknown, options: CallOptions, api: string): Promise<unknown> {
  try {
    return postRequest(here.self, kind, server, message, options, api)
  } catch (error) {
    return Promise.reject(error as Error)
  }
}

// A server that is none is refused by the request itself.
function serverLabel(server: Address): string {
  try {
    return labelOf(server)
  } catch {
    return formatTerm(server)
  }
}

// The resolving function of a promise without a closure for each: the executor runs at once and leaves it here.
let resolveNew: (value: unknown) => void
const leaveResolve = (resolvePromise: (value: unknown) => void): void => {
  resolveNew = resolvePromise
}

// `before` is the timeout as the caller gave it, when `options` hold what is left of it.
function postRequest(self: LocalProcess, kind: number, server: Address, message: unknown, options: CallOptions, api: string, before?: number): Promise<unknown> {
  if (options !== NO_OPTIONS) checkKeys(options, CALL_OPTIONS, 'call option')
  const { timeout = DEFAULT_TIMEOUT, signal } = options
  const asked = before ?? timeout
  checkTimeout(timeout)
  if (signal !== undefined) checkSignal(signal)
  const hasWaited = before !== undefined
  if (here.thread !== MAIN_THREAD && isVia(server)) return requestVia(self, kind, server, message, options, api, asked, hasWaited)
  return postTo(resolve(server), self, kind, server, message, options, api, asked, hasWaited)
}

/** `to` is whom the server means at the moment. */
function postTo(to: ProcessId | undefined, self: LocalProcess, kind: number, server: Address, message: unknown, options: CallOptions, api: string, asked: number, hasWaited: boolean): Promise<unknown> {
  const { table, calls } = here
  const { timeout = DEFAULT_TIMEOUT, signal, transfer } = options
  if (signal?.aborted) throw requestFailed('aborted', server, message, api, asked, signal)
  if (here.inPool) refuseInPool(`calls ${labelOf(server)}`)
  if (to === undefined) throw requestFailed('noproc', server, message, api, asked)
  if (to === self.id) throw requestFailed('calling_self', server, message, api, asked)
  const state = to === HELD_NAME ? State.free : table.state(to)
  if (state !== State.running) {
    // Starting, exiting, dead or held.
    if (isByName(server) && (state !== State.starting || isOnlyOnce(transfer))) return waitAndRequest(self, kind, server, message, options, api, asked)
    if (state === State.free) throw requestFailed('noproc', server, message, api, asked)
  }
  if (kind === Kind.call && !admits(to, self.id)) throw requestFailed('overload', server, message, api, asked)
  const promise = new Promise(leaveResolve)
  const thread = table.thread(to)
  const pending = new PendingCall(calls.nextTag(), to, thread, resolveNew, api, labelOf(server), message, asked)
  if (state === State.starting) {
    pending.again = againOf(self, kind, server, message, options, api, asked)
    pending.hasWaited = hasWaited
  }
  calls.add(pending, timeout, signal)
  try {
    if (postToThread(thread, kind, to, self.id, pending.tag, message, transfer)) {
      if (thread === here.thread) realNow() // nobody else looks at the clock for it
      return promise
    }
  } catch (error) {
    calls.take(pending.tag)
    throw error
  }
  calls.take(pending.tag)
  // It died since we looked.
  if (isByName(server)) return waitAndRequest(self, kind, server, message, options, api, asked)
  throw requestFailed('noproc', server, message, api, asked)
}

const requestFailed = (reason: Reason, server: Address, message: unknown, api: string, asked: number, signal?: AbortSignal): CallError =>
  callError(reason, failedCall(api, labelOf(server), message, asked), signal && { cause: signal.reason })

/** What is moved to a process that then fails to start could not be sent to the next. */
const isOnlyOnce = (transfer: CallOptions['transfer']): boolean => transfer !== undefined && transfer.length > 0

/** A name outlives its process, a pid does not. */
const isByName = (server: Address): boolean => isVia(server) || nameOf(server) !== undefined

/** Makes a call by name once more, in what is left of its time, should the process that was starting never serve. */
function againOf(self: LocalProcess, kind: number, server: Address, message: unknown, options: CallOptions, api: string, asked: number): (() => Promise<unknown>) | undefined {
  if (!isByName(server)) return undefined
  const { timeout = DEFAULT_TIMEOUT } = options
  const begun = clock.now()
  return () => waitAndRequest(self, kind, server, message, { ...options, timeout: timeLeft(timeout, begun) }, api, asked)
}

const timeLeft = (timeout: number, begun: number): number => (timeout === Infinity ? Infinity : Math.max(0, timeout - (clock.now() - begun)))

// From a worker: only the main thread knows whom a via name means.
async function requestVia(self: LocalProcess, kind: number, via: Via, message: unknown, options: CallOptions, api: string, asked: number, hasWaited: boolean): Promise<unknown> {
  const { timeout = DEFAULT_TIMEOUT } = options
  const begun = clock.now()
  const to = await within(here.role.whereisVia(via), via, message, options, api, asked)
  return postTo(to, self, kind, via, message, { ...options, timeout: timeLeft(timeout, begun) }, api, asked, hasWaited)
}

// Called by name, a server that has just died is waited for: its supervisor may start it again. The name settles one
// way or the other.
async function waitAndRequest(self: LocalProcess, kind: number, server: Address, message: unknown, options: CallOptions, api: string, asked: number): Promise<unknown> {
  const { timeout = DEFAULT_TIMEOUT, transfer } = options
  const begun = clock.now()
  const goesOn = await within(here.role.nameSettled(isVia(server) ? server : nameOf(server)!, isOnlyOnce(transfer), self.id), server, message, options, api, asked)
  if (!goesOn) throw requestFailed('noproc', server, message, api, asked)
  return postRequest(self, kind, server, message, { ...options, timeout: timeLeft(timeout, begun) }, api, asked)
}

/** Waits for what must be known before a request can be posted, within its timeout, until its signal. */
function within<T>(awaited: Promise<T>, server: Address, message: unknown, options: CallOptions, api: string, asked: number): Promise<T> {
  const { timeout = DEFAULT_TIMEOUT, signal } = options
  return new Promise((resolvePromise, reject) => {
    const fail = (reason: 'timeout' | 'aborted'): void => done(() => reject(requestFailed(reason, server, message, api, asked, reason === 'aborted' ? signal : undefined)))
    const timer = timeout === Infinity ? undefined : clock.setTimeout(() => fail('timeout'), timeout)
    const onAbort = (): void => fail('aborted')
    const done = (settle: () => void): void => {
      clock.clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      settle()
    }
    awaited.then((value) => done(() => resolvePromise(value)), (error: unknown) => done(() => reject(error as Error)))
    if (signal?.aborted) onAbort()
    else signal?.addEventListener('abort', onAbort, { once: true })
  })
}
