// GenServer: a process that serves requests one at a time, with its client functions. A module is a namespace:
// `GenServer.call(...)`. Semantics: gen_server.erl of OTP, and Elixir's GenServer.

import { Kind } from '../wire/envelope.js'
import type { StartOptions } from '../term/definition.js'
import { misuse } from '../term/errors.js'
import { isFrom, type From } from '../term/from.js'
import type { Message } from '../term/message.js'
import type { Pid } from '../term/pid.js'
import { isVia, type Via } from '../term/via.js'
import { type Address, resolve, whereis as whereisAddress } from '../process/address.js'
import { DEFINITION, isDefinition, refOf, remember, type Definition } from '../process/definition.js'
import { here, MAIN_THREAD } from '../process/here.js'
import type { LocalProcess } from '../process/local-process.js'
import { HELD_NAME } from '../process/names.js'
import { admits, postLetter, postReply } from '../process/post.js'
import { checkKeys } from '../process/keys.js'
import { startProcess } from '../process/start.js'
import { checkHost, checkIsolation, checkMaxHandlerTime, checkMaxMailbox, checkRestart, checkShutdown, checkStandby } from '../process/start-options.js'
import { checkThread } from '../process/thread-options.js'
import { checkServers } from './multi-call.js'
import { checkPersist } from './persist.js'
import { type CallOptions, NO_OPTIONS, request } from './request.js'
import type { InitReturn } from './returns.js'
import { Server, type Callbacks as ServerCallbacks } from './server.js'
import { started } from './started.js'
import type {
  AnyGenServer, ArgumentOf, CallHandlers, Callbacks, CallsOf, CastHandlers, CastsOf, Client, GenServerDefinition,
  IgnoreOf, MaybePromise, MessageOf, ReplyTo, Started,
} from './types.js'

export { multiCall } from './multi-call.js'
export { stop } from './stop.js'

export interface CastOptions {
  /** Objects in the message to move instead of copying, such as ArrayBuffers. */
  readonly transfer?: readonly unknown[]
}

const CALLBACKS = ['name', 'host', 'restart', 'shutdown', 'isolation', 'thread', 'maxHandlerTime', 'maxMailbox', 'standby', 'init', 'handleCall', 'handleCast', 'handleInfo', 'handleContinue', 'terminate', 'formatStatus', 'codeChange', 'persist']

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
  Calls extends CallHandlers<any> = {}, Casts extends CastHandlers<any> = {}, Infos = {}, Continues = {}, P = unknown,
>(where: string, callbacks: Callbacks<S, A, R, Calls, Casts, Infos, Continues, P>): GenServerDefinition<S, A, R, Calls, Casts, Infos, Continues> {
  checkCallbacks(callbacks)
  const { restart, shutdown, isolation, thread, maxHandlerTime, maxMailbox, standby } = callbacks
  const ref = refOf('gen_server', where, callbacks.name, callbacks.host ?? 'thread', {
    ...(restart ? { restart: checkRestart(restart) } : {}),
    ...(shutdown !== undefined ? { shutdown: checkShutdown(shutdown) } : {}),
    ...(isolation !== undefined ? { isolation } : {}),
    ...(thread ? { thread } : {}),
    ...(maxHandlerTime !== undefined ? { maxHandlerTime } : {}),
    ...(maxMailbox !== undefined ? { maxMailbox } : {}),
    ...(standby !== undefined ? { standby } : {}),
  })
  const { init, handleCall = {}, handleCast = {}, handleInfo = {}, handleContinue = {}, terminate, formatStatus, codeChange, persist } = callbacks
  const definition = {
    init, handleCall, handleCast, handleInfo, handleContinue,
    ...(terminate ? { terminate } : {}),
    ...(formatStatus ? { formatStatus } : {}),
    ...(codeChange ? { codeChange } : {}),
    ...(persist ? { persist } : {}),
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
  if (all['persist'] !== undefined) checkPersist(all['persist'])
  if (all['host'] !== undefined) checkHost(all['host'])
  if (all['isolation'] !== undefined) checkIsolation(all['isolation'])
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

// Those with types come last: an error of the compiler speaks of the last one.
/** By pid or name: what the server takes and gives is not checked. */
export function call<R = unknown>(server: Pid | string | Via, message: Message, options?: CallOptions): Promise<R>
/**
 * Asks the server and waits for its reply. By name, a call that finds the server being restarted by its supervisor
 * waits for it, within the timeout.
 *
 * Rejects with a CallError whose `reason` is `'noproc'` (nobody there), `'timeout'`, `'calling_self'`, `'aborted'`,
 * `'overload'` (it has as many messages as its `maxMailbox` allows),
 * or what the server ended with before it replied. A reply that comes too late is dropped.
 *
 * @throws ERR_NOT_CLONEABLE when the message cannot be copied, naming the part that cannot; or the reply, when the
 *   caller is in a child process and the server is not
 * @example
 * await GenServer.call(Counter, ['bump', 3], { timeout: 1000 })
 */
export function call<D extends AnyGenServer, const M extends MessageOf<CallsOf<D>>>(server: D | Started<D>, message: M, options?: CallOptions): Promise<ReplyTo<CallsOf<D>, M>>
export function call(server: Address, message: unknown, options: CallOptions = NO_OPTIONS): Promise<unknown> {
  return request(Kind.call, server, message, options, 'GenServer.call')
}

const CAST_OPTIONS = ['transfer']

/** By pid or name: what the server takes is not checked. */
export function cast(server: Pid | string | Via, message: Message, options?: CastOptions): boolean
/**
 * Sends the server a message and does not wait. Says nothing when nobody is there: at most once, as in OTP. Gives false
 * when the server refused it, having as many messages as its `maxMailbox` allows; nothing was sent then.
 *
 * @throws ERR_NOT_CLONEABLE when the message cannot be copied, naming the part that cannot
 * @example
 * GenServer.cast(Counter, 'inc')
 */
export function cast<D extends AnyGenServer>(server: D | Started<D>, message: MessageOf<CastsOf<D>>, options?: CastOptions): boolean
export function cast(server: Address, message: unknown, options?: CastOptions): boolean {
  if (options !== undefined) checkKeys(options, CAST_OPTIONS, 'cast option')
  if (here.thread !== MAIN_THREAD && isVia(server)) {
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

/**
 * Answers a call that a handler left open with `noreply`, from any process: `from` is plain data and can be sent on.
 * Silent when the caller has gone or has stopped waiting.
 *
 * @throws ERR_NOT_CLONEABLE when the value cannot be copied; not when only this caller cannot get it, being in a child
 *   process: then its call rejects with that
 * @example
 * handleCall: { later: (state, _: undefined, { from }) => noreply({ ...state, waiting: from }) }
 * GenServer.reply(state.waiting, 'now')
 */
export function reply(from: From, value: unknown, options?: CastOptions): void {
  if (!isFrom(from)) misuse('ERR_BAD_ARGUMENT', 'the `from` of a call', from, 'context.from of a handleCall')
  if (options !== undefined) checkKeys(options, CAST_OPTIONS, 'reply option')
  postReply(from, value, options?.transfer)
}

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

