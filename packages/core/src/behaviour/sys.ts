// Sys: looks into any server, watches it and holds it, whatever its callbacks (sys.erl). For debugging and for tests.
// Every function rejects with a CallError when the server is gone or does not answer in time, as GenServer.call does.

import { misuse } from '../term/errors.js'
import { isPid, type Pid } from '../term/pid.js'
import { isReason, type Reason } from '../term/reason.js'
import type { SysEvent } from '../term/sys-event.js'
import { Kind } from '../wire/envelope.js'
import type { Address } from '../process/address.js'
import { DEFINITION, isDefinition, type Definition } from '../process/definition.js'
import { here } from '../process/here.js'
import { monitor } from '../process/process.js'
import { checkKeys } from '../process/keys.js'
import { isCount } from '../process/start-options.js'
import { request } from './request.js'
import { SysEvents } from './sys-events.js'
import { defineFunction, isFunction, type SysFunction, withFunction } from './sys-function.js'
import type { SystemRequest } from './system.js'
import type { DebugFunction, SysStatistics } from './watchers.js'
import type { MaybePromise } from './types.js'

export interface SysOptions {
  /** Ms to wait; 5000 by default. */
  readonly timeout?: number
}

const ask = (server: Address, message: SystemRequest, name: string, options: SysOptions): Promise<unknown> =>
  request(Kind.system, server, message, options, `Sys.${name}`)

const tell = async (server: Address, message: SystemRequest, name: string, options: SysOptions): Promise<void> => void (await ask(server, message, name, options))

// ---- the state

/** The state of a server, copied. Of a supervisor or a registry: what it keeps, as plain data. */
export const getState = <S = unknown>(server: Address, options: SysOptions = {}): Promise<S> =>
  ask(server, ['get_state'], 'getState', options) as Promise<S>

/**
 * Puts another state in place; gives it back, copied. Instead of the state itself, what makes it from the one that is
 * there: a function of `Sys.define`, alone or with a payload, or a closure, if the server runs in the caller's thread.
 *
 * Rejects with ERR_CALLBACK_FAILED when the function throws, and the state is as it was; with ERR_NOT_CLONEABLE for a
 * closure to another thread.
 *
 * @example
 * await Sys.replaceState(Counter, 0)
 * await Sys.replaceState(Counter, [add, 5])
 */
export function replaceState<S>(server: Address, by: SysFunction<(state: S, payload: any) => MaybePromise<S>> | ((state: S) => MaybePromise<S>), options?: SysOptions): Promise<S>
export function replaceState<S, P>(server: Address, by: readonly [SysFunction<(state: S, payload: P) => MaybePromise<S>>, NoInfer<P>], options?: SysOptions): Promise<S>
export function replaceState<S>(server: Address, state: S, options?: SysOptions): Promise<S>
export function replaceState(server: Address, by: unknown, options: SysOptions = {}): Promise<unknown> {
  const [fn, ...payload] = Array.isArray(by) && isDefinition(by[0]) ? (by as unknown[]) : [by]
  if (!isFunction(fn)) return ask(server, ['replace_state', by], 'replaceState', options)
  return withFunction(fn, (ref) => ask(server, ['replace_state_by', ref, payload], 'replaceState', options))
}

/**
 * Defines a function that servers can be given, wherever they run: for `replaceState` and `install`. `where` names the
 * file and the export.
 *
 * @example
 * export const add = Sys.define(import.meta.url + '#add', (count: number, by: number) => count + by)
 */
export const define = <F extends (...args: any[]) => unknown>(where: string, run: F): SysFunction<F> => defineFunction(where, run)

export interface SysStatus {
  readonly pid: Pid
  readonly name: string
  /** Whose exit signal it obeys; undefined when it was started without a link. */
  readonly parent: Pid | undefined
  readonly status: 'running' | 'suspended'
  /** Messages that wait in it now. */
  readonly mailbox: number
  /** The state, printed, at most 10,000 characters. */
  readonly state: string
  /** Its last events, if it keeps a log of them. */
  readonly log: readonly SysEvent[]
}

/** What there is to say of a server, as its `formatStatus` lets it be seen. */
export const getStatus = (server: Address, options: SysOptions = {}): Promise<SysStatus> =>
  ask(server, ['get_status'], 'getStatus', options) as Promise<SysStatus>

// ---- holding it

/** From now on the server takes nothing but system messages and its parent's exit signal; the rest waits. */
export const suspend = (server: Address, options: SysOptions = {}): Promise<void> => tell(server, ['suspend'], 'suspend', options)

/** The server goes on with what has gathered. */
export const resume = (server: Address, options: SysOptions = {}): Promise<void> => tell(server, ['resume'], 'resume', options)

/** Settles when the server has handled everything that was sent to it before. */
export const sync = (server: Address, options: SysOptions = {}): Promise<void> => tell(server, ['sync'], 'sync', options)

/**
 * Tells a server to end with `reason`, `terminate` included, and waits until it has begun to. `GenServer.stop` waits
 * until it is gone.
 */
export async function terminate(server: Address, reason: Reason, options: SysOptions = {}): Promise<void> {
  if (!isReason(reason)) misuse('ERR_BAD_ARGUMENT', 'a reason', reason, "'normal', 'shutdown' or ['shutdown', why]")
  await tell(server, ['terminate', reason, 'acknowledge'], 'terminate', options)
}

/**
 * Gives a suspended server the callbacks of `definition` to go on with, or, for `null`, those it has, and the state that
 * their `codeChange(oldVsn, state, extra)` makes of the one that is there. A supervisor runs its `init` again and takes
 * the options and child specs that come of it, for the next time a child starts: it starts and stops nothing.
 *
 * Rejects with ERR_NOT_SUSPENDED, with ERR_CALLBACK_FAILED when `codeChange` throws or does not give `ok(state)`, and with
 * ERR_BAD_DEFINITION for code that would `persist` the state in another place; code and state are as they were. A restart begins with the definition of the child spec.
 *
 * @example
 * await Sys.suspend(server)
 * await Sys.changeCode(server, Counter2, 1, undefined)
 * await Sys.resume(server)
 */
export async function changeCode(server: Address, definition: Definition | null, oldVsn: unknown, extra?: unknown, options: SysOptions = {}): Promise<void> {
  if (definition !== null && !isDefinition(definition)) misuse('ERR_BAD_ARGUMENT', 'a definition', definition, 'what define gave, or null for the code that the server has')
  await tell(server, ['change_code', definition && definition[DEFINITION], oldVsn, extra], 'changeCode', options)
}

// ---- watching it

export interface TraceOptions extends SysOptions {
  /** Sends `['TRACE', pid, event]` to this process instead of writing to the log. */
  readonly to?: Pid
}

/** Writes each event of a server to the log, in the words of OTP, or sends it to a process; `false` ends that. */
export async function trace(server: Address, on: boolean, options: TraceOptions = {}): Promise<void> {
  checkKeys(options, ['timeout', 'to'], 'trace option')
  checkBoolean(on)
  const { to, ...rest } = options
  if (to !== undefined && !isPid(to)) misuse('ERR_BAD_ARGUMENT', 'a pid to send the events to', to, 'Process.self()')
  await tell(server, ['trace', on, to === undefined ? {} : { to }], 'trace', rest)
}

/**
 * The events of a server from now on, to be iterated over by the calling process. Ends with the server.
 *
 * @example
 * await using events = await Sys.events(Counter)
 * for await (const event of events) console.log(event)
 */
export async function events(server: Address, options: SysOptions = {}): Promise<SysEvents> {
  const owner = here.self
  const ref = here.makeRef()
  const pid = (await ask(server, ['trace', true, { to: owner.pid, ref }], 'events', options)) as Pid
  const watch = owner.run(() => monitor(pid))
  // The server may be gone, and with it the watching.
  const stop = (): Promise<void> => owner.run(() => tell(pid, ['trace', false, { to: owner.pid, ref }], 'events', options)).catch(() => undefined)
  return new SysEvents(owner, ref, watch, stop)
}

/** The statistics of a server, or undefined when it keeps none; `true` begins to keep them, `false` ends that. */
export function statistics(server: Address, what?: 'get', options?: SysOptions): Promise<SysStatistics | undefined>
export function statistics(server: Address, on: boolean, options?: SysOptions): Promise<void>
export async function statistics(server: Address, what: 'get' | boolean = 'get', options: SysOptions = {}): Promise<unknown> {
  if (what !== 'get') checkBoolean(what)
  return ask(server, ['statistics', what], 'statistics', options)
}

/** The last events of a server, the oldest first; `true` begins to keep 10, a number that many, `false` none. */
export function log(server: Address, what?: 'get', options?: SysOptions): Promise<readonly SysEvent[]>
export function log(server: Address, keep: boolean | number, options?: SysOptions): Promise<void>
export async function log(server: Address, what: 'get' | boolean | number = 'get', options: SysOptions = {}): Promise<unknown> {
  if (what !== 'get' && typeof what !== 'boolean' && !isCount(what)) misuse('ERR_BAD_ARGUMENT', 'how many events to keep', what, 'true for 10, a whole number from 1, or false')
  return ask(server, ['log', what === true ? 10 : what], 'log', options)
}

/**
 * Lets a server call a function with each event, and with what the function returned the time before, at first `state`.
 * `'done'` ends it, and so does an error, which is logged. It runs in the server, so it has to be quick, and it gets
 * messages and state as they are. Under an `id` that there is already, nothing happens.
 *
 * @example
 * export const casts = Sys.define(import.meta.url + '#casts', (event: SysEvent<unknown>, seen: number) => seen + 1)
 * await Sys.install(Counter, 'casts', casts, 0)
 */
export async function install<S>(server: Address, id: string, fn: SysFunction<DebugFunction<S>> | DebugFunction<S>, state: NoInfer<S>, options: SysOptions = {}): Promise<void> {
  checkId(id)
  if (!isFunction(fn)) misuse('ERR_BAD_ARGUMENT', 'a debug function', fn, 'what Sys.define gave')
  await withFunction(fn, (ref) => tell(server, ['install', `debug function ${id}`, ref, state], 'install', options))
}

/** Takes a debug function out again. */
export async function remove(server: Address, id: string, options: SysOptions = {}): Promise<void> {
  checkId(id)
  await tell(server, ['remove', `debug function ${id}`], 'remove', options)
}

/** Ends all watching: traces, statistics, logs and debug functions. */
export const noDebug = (server: Address, options: SysOptions = {}): Promise<void> => tell(server, ['no_debug'], 'noDebug', options)

function checkId(id: unknown): asserts id is string {
  if (typeof id !== 'string') misuse('ERR_BAD_ARGUMENT', 'an id', id, "'slow calls'")
}

function checkBoolean(on: unknown): asserts on is boolean {
  if (typeof on !== 'boolean') misuse('ERR_BAD_ARGUMENT', 'true or false', on, 'true to begin, false to end')
}
