// GenServer: a process that serves requests one at a time, with its client functions. A module is a namespace:
// `GenServer.call(...)`. Semantics: gen_server.erl of OTP, and Elixir's GenServer.

import { Kind } from '../wire/envelope.js'
import type { StartOptions } from '../term/definition.js'
import { type CallError, misuse, StartError } from '../term/errors.js'
import { isFrom, type From } from '../term/from.js'
import type { Message } from '../term/message.js'
import { formatTerm } from '../term/format.js'
import { formatPid, type Pid, type ProcessId } from '../term/pid.js'
import { isReason, type Reason, sameReason } from '../term/reason.js'
import { isVia, type Via } from '../term/via.js'
import { type Address, labelOf, nameOf, resolve, whereis as whereisAddress } from '../process/address.js'
import { calls } from '../process/diagnostics.js'
import { callError, failedCall, PendingCall } from '../process/calls.js'
import { clock } from '../process/clock.js'
import { DEFINITION, isDefinition, refOf, remember, type Definition } from '../process/definition.js'
import { here, MAIN_THREAD } from '../process/here.js'
import type { LocalProcess } from '../process/local-process.js'
import { HELD_NAME } from '../process/names.js'
import { Handle } from '../process/handle.js'
import { admits, postLetter, postReply } from '../process/post.js'
import { checkKeys } from '../process/keys.js'
import { checkHost, checkMaxHandlerTime, checkMaxMailbox, checkRestart, checkShutdown, checkSignal, checkStandby, checkTimeout, startProcess } from '../process/start.js'
import { checkThread } from '../process/thread-options.js'
import type { Outcome } from '../process/role.js'
import { State } from '../process/table.js'
import type { InitReturn } from './returns.js'
import { Server, type Callbacks as ServerCallbacks } from './server.js'
import type {
  AnyGenServer, ArgumentOf, CallHandlers, Callbacks, CallsOf, CastHandlers, CastsOf, Client, GenServerDefinition,
  IgnoreOf, MaybePromise, MessageOf, ReplyTo, Started,
} from './types.js'

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

export interface CastOptions {
  /** Objects in the message to move instead of copying, such as ArrayBuffers. */
  readonly transfer?: readonly unknown[]
}

const CALLBACKS = ['name', 'host', 'restart', 'shutdown', 'thread', 'maxHandlerTime', 'maxMailbox', 'standby', 'init', 'handleCall', 'handleCast', 'handleInfo', 'handleContinue', 'terminate', 'formatStatus', 'codeChange']

/**
 * Defines a GenServer. `where` is the place of this file, `import.meta.url` (in CommonJS `__filename`): a thread
 * imports it and takes its default export, or the one named behind a `#`.
 *
 * @throws ERR_BAD_DEFINITION when the place or a callback is not what it should be
 * @example
 * export default GenServer.define(import.meta.url, {
 *   name: 'Counter',
 *   init: (count: number) => ok(count),
 *   handleCall: { get: (count) => reply(count, count) },
 *   handleCast: { inc: (count) => noreply(count + 1) },
 * })
 */
export function define<
  S, A, R extends MaybePromise<InitReturn<S>>,
  Calls extends CallHandlers<any> = {}, Casts extends CastHandlers<any> = {}, Infos = {}, Continues = {},
>(where: string, callbacks: Callbacks<S, A, R, Calls, Casts, Infos, Continues>): GenServerDefinition<S, A, R, Calls, Casts, Infos, Continues> {
  checkCallbacks(callbacks)
  const { restart, shutdown, thread, maxHandlerTime, maxMailbox, standby } = callbacks
  const ref = refOf('gen_server', where, callbacks.name, callbacks.host ?? 'thread', {
    ...(restart ? { restart: checkRestart(restart) } : {}),
    ...(shutdown !== undefined ? { shutdown: checkShutdown(shutdown) } : {}),
    ...(thread ? { thread } : {}),
    ...(maxHandlerTime !== undefined ? { maxHandlerTime } : {}),
    ...(maxMailbox !== undefined ? { maxMailbox } : {}),
    ...(standby !== undefined ? { standby } : {}),
  })
  const { init, handleCall = {}, handleCast = {}, handleInfo = {}, handleContinue = {}, terminate, formatStatus, codeChange } = callbacks
  const definition = {
    init, handleCall, handleCast, handleInfo, handleContinue,
    ...(terminate ? { terminate } : {}),
    ...(formatStatus ? { formatStatus } : {}),
    ...(codeChange ? { codeChange } : {}),
    [DEFINITION]: ref,
    begin(process: LocalProcess, argument: unknown): void {
      void new Server(process, definition as unknown as ServerCallbacks).init(argument)
    },
  }
  return remember(definition as unknown as GenServerDefinition<S, A, R, Calls, Casts, Infos, Continues>)
}

function checkCallbacks(callbacks: object): void {
  const instead = '{ init: (argument) => ok(state), handleCall: { ... } }'
  if (typeof callbacks !== 'object' || callbacks === null) misuse('ERR_BAD_DEFINITION', 'the callbacks', callbacks, instead)
  const all = callbacks as Record<string, unknown>
  for (const key of Object.keys(all)) {
    if (!CALLBACKS.includes(key)) misuse('ERR_BAD_DEFINITION', 'a callback of a GenServer', key, `one of ${CALLBACKS.join(', ')}`)
  }
  if (typeof all['init'] !== 'function') misuse('ERR_BAD_DEFINITION', 'a function init', all['init'], 'init: (argument) => ok(state)')
  for (const key of ['terminate', 'formatStatus', 'codeChange']) {
    if (all[key] !== undefined && typeof all[key] !== 'function') misuse('ERR_BAD_DEFINITION', `a function ${key}`, all[key], `${key}: (...) => ...`)
  }
  for (const key of ['handleCall', 'handleCast', 'handleInfo', 'handleContinue']) {
    const handlers = all[key]
    if (handlers === undefined || (typeof handlers === 'function' && key === 'handleInfo')) continue
    if (typeof handlers !== 'object' || handlers === null) misuse('ERR_BAD_DEFINITION', `handlers by tag in ${key}`, handlers, `${key}: { tag: (state, payload) => ... }`)
    for (const [tag, handler] of Object.entries(handlers)) {
      if (typeof handler !== 'function') misuse('ERR_BAD_DEFINITION', `a function ${key}.${tag}`, handler, `${tag}: (state, payload) => ...`)
    }
  }
  if (all['host'] !== undefined) checkHost(all['host'])
  if (all['thread'] !== undefined) checkThread(all['thread'])
  if (all['maxHandlerTime'] !== undefined) checkMaxHandlerTime(all['maxHandlerTime'])
  if (all['maxMailbox'] !== undefined) checkMaxMailbox(all['maxMailbox'])
  if (all['standby'] !== undefined) checkStandby(all['standby'])
}

/**
 * Starts a server linked to the calling process, and waits until its `init` has returned. Gives a handle with its
 * `pid`, usable wherever a server is; `await using` stops it at the end of the block. Gives `'ignore'` when init did.
 *
 * @throws ERR_START when it does not start: `reason` is `['already_started', pid]`, `'timeout'`, what init stopped
 * with, or the error that init or the module threw. The process is gone by then, and its name is free.
 * @example
 * await using counter = await GenServer.startLink(Counter, 0)
 */
export function startLink<D extends AnyGenServer>(definition: D, argument: ArgumentOf<D>, options: StartOptions = {}): Promise<Started<D> | IgnoreOf<D>> {
  return startServer(definition, argument, options, true)
}

/** Like `startLink`, without the link: nobody hears of its end who does not monitor it. */
export function start<D extends AnyGenServer>(definition: D, argument: ArgumentOf<D>, options: StartOptions = {}): Promise<Started<D> | IgnoreOf<D>> {
  return startServer(definition, argument, options, false)
}

async function startServer<D extends AnyGenServer>(definition: D, argument: unknown, options: StartOptions, link: boolean): Promise<Started<D> | IgnoreOf<D>> {
  if (!isDefinition(definition)) misuse('ERR_BAD_ARGUMENT', 'a definition', definition, 'what GenServer.define gave')
  const ref = definition[DEFINITION]
  return started(await startProcess(ref, argument, options, { link }), ref.name) as Started<D> | IgnoreOf<D>
}

export function startError(reason: Reason, what: string): StartError {
  return new StartError(reason, what, Array.isArray(reason) ? { cause: reason[1] } : undefined)
}

/** The handle of a start, or what it failed with, thrown. */
export function started(outcome: Outcome, name: string): Started | 'ignore' {
  if (outcome.kind === 'error') {
    throw startError(outcome.reason, name)
  }
  if (outcome.kind === 'ignore') return 'ignore'
  const pid = formatPid(outcome.id)
  return new Handle(pid, async () => {
    await shutdown(pid)
  })
}

/**
 * Asks the server and waits for its reply. By name, a call that finds the server being restarted by its supervisor
 * waits for it, within the timeout.
 *
 * Rejects with a CallError whose `reason` is `'noproc'` (nobody there), `'timeout'`, `'calling_self'`, `'aborted'`,
 * `'overload'` (it has as many messages as its `maxMailbox` allows),
 * or what the server ended with before it replied. A reply that comes too late is dropped.
 *
 * @throws ERR_NOT_CLONEABLE when the message cannot be copied, naming the part that cannot
 * @example
 * await GenServer.call(Counter, ['bump', 3], { timeout: 1000 })
 */
export function call<D extends AnyGenServer, const M extends MessageOf<CallsOf<D>>>(server: D | Started<D>, message: M, options?: CallOptions): Promise<ReplyTo<CallsOf<D>, M>>
export function call<R = unknown>(server: Pid | string | Via, message: Message, options?: CallOptions): Promise<R>
export function call(server: Address, message: unknown, options: CallOptions = NO_OPTIONS): Promise<unknown> {
  return request(Kind.call, server, message, options, 'GenServer.call')
}

const CALL_OPTIONS = ['timeout', 'signal', 'transfer']
const CAST_OPTIONS = ['transfer']
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

// `asked` is the timeout as the caller gave it, of which `options` hold what is left.
function postRequest(self: LocalProcess, kind: number, server: Address, message: unknown, options: CallOptions, api: string, asked = options.timeout ?? DEFAULT_TIMEOUT): Promise<unknown> {
  if (options !== NO_OPTIONS) checkKeys(options, CALL_OPTIONS, 'call option')
  const { timeout = DEFAULT_TIMEOUT, signal } = options
  checkTimeout(timeout)
  if (signal !== undefined) checkSignal(signal)
  if (isVia(server) && here.thread !== MAIN_THREAD) return requestVia(self, kind, server, message, options, api, asked)
  return postTo(resolve(server), self, kind, server, message, options, api, asked)
}

/** `to` is whom the server means at the moment. */
function postTo(to: ProcessId | undefined, self: LocalProcess, kind: number, server: Address, message: unknown, options: CallOptions, api: string, asked: number): Promise<unknown> {
  const { table, calls } = here
  const { timeout = DEFAULT_TIMEOUT, signal, transfer } = options
  if (signal?.aborted) throw requestFailed('aborted', server, message, api, asked, signal)
  if (to === undefined) throw requestFailed('noproc', server, message, api, asked)
  if (to === self.id) throw requestFailed('calling_self', server, message, api, asked)
  const state = to === HELD_NAME ? State.free : table.state(to)
  if (state !== State.running) {
    // Starting, exiting, dead or held.
    if (isByName(server) && state !== State.starting) return waitAndRequest(self, kind, server, message, options, api, asked)
    if (state === State.free) throw requestFailed('noproc', server, message, api, asked)
  }
  if (kind === Kind.call && !admits(to, self.id)) throw requestFailed('overload', server, message, api, asked)
  const promise = new Promise(leaveResolve)
  const pending = new PendingCall(calls.nextTag(), to, table.thread(to), resolveNew, api, labelOf(server), message, asked)
  if (!postLetter(kind, to, self.id, pending.tag, message, transfer)) throw requestFailed('noproc', server, message, api, asked)
  if (state === State.starting) pending.again = againOf(self, kind, server, message, options, api, asked)
  calls.add(pending, timeout, signal)
  return promise
}

const requestFailed = (reason: Reason, server: Address, message: unknown, api: string, asked: number, signal?: AbortSignal): CallError =>
  callError(reason, failedCall(api, labelOf(server), message, asked), signal && { cause: signal.reason })

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
async function requestVia(self: LocalProcess, kind: number, via: Via, message: unknown, options: CallOptions, api: string, asked: number): Promise<unknown> {
  const { timeout = DEFAULT_TIMEOUT } = options
  const begun = clock.now()
  const to = await within(here.role.whereisVia(via), via, message, options, api, asked)
  return postTo(to, self, kind, via, message, { ...options, timeout: timeLeft(timeout, begun) }, api, asked)
}

// Called by name, a server that has just died is waited for: its supervisor may start it again. The name settles one
// way or the other.
async function waitAndRequest(self: LocalProcess, kind: number, server: Address, message: unknown, options: CallOptions, api: string, asked: number): Promise<unknown> {
  const { timeout = DEFAULT_TIMEOUT } = options
  const begun = clock.now()
  await within(here.role.nameSettled(isVia(server) ? server : nameOf(server)!), server, message, options, api, asked)
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

/**
 * Sends the server a message and does not wait. Says nothing when nobody is there: at most once, as in OTP. Gives false
 * when the server refused it, having as many messages as its `maxMailbox` allows; nothing was sent then.
 *
 * @throws ERR_NOT_CLONEABLE when the message cannot be copied, naming the part that cannot
 * @example
 * GenServer.cast(Counter, 'inc')
 */
export function cast<D extends AnyGenServer>(server: D | Started<D>, message: MessageOf<CastsOf<D>>, options?: CastOptions): boolean
export function cast(server: Pid | string | Via, message: Message, options?: CastOptions): boolean
export function cast(server: Address, message: unknown, options?: CastOptions): boolean {
  if (options !== undefined) checkKeys(options, CAST_OPTIONS, 'cast option')
  if (isVia(server) && here.thread !== MAIN_THREAD) {
    here.role.forward(server, Kind.cast, here.self.id, message, options?.transfer)
    return true
  }
  const to = resolve(server)
  if (to === undefined || to === HELD_NAME) return true
  const from = here.self.id
  if (!admits(to, from)) return false
  postLetter(Kind.cast, to, from, 0, message, options?.transfer)
  return true
}

/**
 * Casts to several servers. Says nothing of those that are not there.
 *
 * @throws ERR_NOT_CLONEABLE when the message cannot be copied
 * @example
 * GenServer.abcast(['Cache', 'Index'], 'clear')
 */
export function abcast<D extends AnyGenServer>(servers: readonly (D | Started<D>)[], message: MessageOf<CastsOf<D>>): void
export function abcast(servers: readonly (Pid | string | Via)[], message: Message): void
export function abcast(servers: readonly unknown[], message: unknown): void {
  checkServers(servers)
  for (const server of servers) cast(server as Pid, message as Message)
}

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

function checkServers(servers: unknown): void {
  if (!Array.isArray(servers)) misuse('ERR_BAD_ARGUMENT', 'a list of servers', servers, "['Cache', 'Index']")
}

/**
 * Answers a call that a handler left open with `noreply`, from any process: `from` is plain data and can be sent on.
 * Silent when the caller has gone or has stopped waiting.
 *
 * @throws ERR_NOT_CLONEABLE when the value cannot be copied
 * @example
 * handleCall: { later: (state, _: undefined, { from }) => noreply({ ...state, waiting: from }) }
 * GenServer.reply(state.waiting, 'now')
 */
export function reply(from: From, value: unknown, options?: CastOptions): void {
  if (!isFrom(from)) misuse('ERR_BAD_ARGUMENT', 'the `from` of a call', from, 'context.from of a handleCall')
  if (options !== undefined) checkKeys(options, CAST_OPTIONS, 'reply option')
  postReply(from, value, options?.transfer)
}

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
async function shutdown(pid: Pid): Promise<void> {
  try {
    await stop(pid)
  } catch (error) {
    if (codeOf(error) !== 'ERR_CALL_NOPROC' && codeOf(error) !== 'ERR_CALL_EXIT') throw error
  }
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | undefined)?.code

/** The pid of the server registered under that name or definition, or undefined. A via name only on the main thread, where its keeper is. */
export const whereis = (name: string | Definition | Via): Pid | undefined => whereisAddress(name)

/**
 * The calls and casts of a definition as methods: `client.bump(3)` is `GenServer.call(server, ['bump', 3])`.
 * `server` is the definition's own name unless given.
 *
 * @throws ERR_BAD_DEFINITION when a tag is a call and a cast at once
 * @example
 * const counter = GenServer.client(Counter)
 * counter.inc()
 * await counter.get()
 */
export function client<D extends AnyGenServer>(definition: D, server?: Pid | string | Started<D>, options: CallOptions = NO_OPTIONS): Client<D> {
  if (!isDefinition(definition)) misuse('ERR_BAD_ARGUMENT', 'a definition', definition, 'what GenServer.define gave')
  const to: Address = server ?? definition
  const { handleCall, handleCast } = definition as unknown as { handleCall: object; handleCast: object }
  const methods: Record<string, (payload?: unknown) => unknown> = {}
  const messageOf = (tag: string, args: readonly unknown[]): Message => (args.length === 0 ? tag : [tag, args[0]])
  for (const tag of Object.keys(handleCall)) methods[tag] = (...args: unknown[]) => request(Kind.call, to, messageOf(tag, args), options, 'GenServer.call')
  for (const tag of Object.keys(handleCast)) {
    if (tag in methods) misuse('ERR_BAD_DEFINITION', 'tags that are a call or a cast', tag, 'another tag for one of the two')
    methods[tag] = (...args: unknown[]) => cast(to as Pid, messageOf(tag, args))
  }
  return methods as Client<D>
}

