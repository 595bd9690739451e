// Agent: state in a process of its own, and named functions that run there on it. The functions are part of the
// definition, since closures do not cross threads. Semantics: Elixir's Agent.

import type { StartOptions } from '../term/definition.js'
import { misuse } from '../term/errors.js'
import type { Pid } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import type { Address } from '../process/address.js'
import { type Definition, isDefinition } from '../process/definition.js'
import { checkKeys } from '../process/keys.js'
import { Kind } from '../wire/envelope.js'
import type { Via } from '../term/via.js'
import { payloadOf, tagOf } from '../term/message.js'
import { cast as castServer, define as defineServer, start as startServer, startLink as startLinkServer, stop as stopServer } from './gen-server.js'
import { type CallOptions, NO_OPTIONS, request } from './request.js'
import { noreply, ok, reply } from './returns.js'
import type { AnyGenServer, Callbacks, MaybePromise, MessageOf, Started } from './types.js'

const KEYS = ['init', 'get', 'update', 'getAndUpdate', 'name', 'host', 'restart', 'shutdown', 'isolation', 'thread', 'maxHandlerTime', 'maxMailbox', 'standby', 'formatStatus', 'codeChange']

type Getters<S> = Readonly<Record<string, (state: S, payload: any) => unknown>>
type Updaters<S> = Readonly<Record<string, (state: S, payload: any) => MaybePromise<S>>>
type GetUpdaters<S> = Readonly<Record<string, (state: S, payload: any) => MaybePromise<readonly [reply: unknown, state: S]>>>

export interface AgentDefinition<S, A, G, U, B> extends Definition {
  readonly get: G
  readonly update: U
  readonly getAndUpdate: B
  /** Only for the type checker. */
  readonly $agent?: { readonly argument: A; readonly state: S }
}

type AnyAgent = AgentDefinition<any, any, any, any, any>
type ArgumentOf<D> = D extends AgentDefinition<any, infer A, any, any, any> ? A : never
type TagIn<M> = M extends readonly [infer Tag, ...unknown[]] ? Tag : M
type ResultOf<F, M> = F[TagIn<M> & keyof F] extends (...args: any) => infer R ? Awaited<R> : unknown

/**
 * Defines an agent: how its state begins, and the functions on it by name.
 *
 * @example
 * export default Agent.define(import.meta.url, {
 *   name: 'Cache',
 *   init: () => new Map<string, number>(),
 *   get: { size: (map) => map.size, lookup: (map, key: string) => map.get(key) },
 *   update: { put: (map, [key, value]: [string, number]) => map.set(key, value) },
 *   getAndUpdate: { take: (map, key: string) => { const value = map.get(key); map.delete(key); return [value, map] } },
 * })
 */
export function define<S, A, G extends Getters<any> = {}, U extends Updaters<any> = {}, B extends GetUpdaters<any> = {}>(
  where: string,
  agent: Pick<Callbacks<S, A, any, any, any, any, any>, 'name' | 'host' | 'restart' | 'shutdown' | 'isolation' | 'thread' | 'maxHandlerTime' | 'maxMailbox' | 'standby' | 'formatStatus' | 'codeChange'> & {
    /** Makes the first state. */
    readonly init: (argument: A) => MaybePromise<S>
    /** Functions that look: what they return is the answer. */
    readonly get?: G & Getters<S>
    /** Functions that change: what they return is the new state. */
    readonly update?: U & Updaters<S>
    /** Functions that do both: `[answer, newState]`. */
    readonly getAndUpdate?: B & GetUpdaters<S>
  },
): AgentDefinition<S, A, G, U, B> {
  checkKeys(agent, KEYS, 'key of an agent', 'ERR_BAD_DEFINITION')
  const { init, get = {}, update = {}, getAndUpdate = {}, formatStatus, codeChange, ...rest } = agent
  if (typeof init !== 'function') misuse('ERR_BAD_DEFINITION', 'a function init', init, 'init: (argument) => state')
  for (const [group, functions] of Object.entries({ get, update, getAndUpdate })) checkGroup(group, functions)
  const find = (group: object, name: string, message: unknown): ((state: unknown, payload: unknown) => unknown) => {
    const tag = tagOf(message)
    const found = tag !== undefined && Object.hasOwn(group, tag) ? (group as Record<string, unknown>)[tag] : undefined
    if (typeof found !== 'function') misuse('ERR_NO_HANDLER', `one of the agent's ${name} functions (${Object.keys(group).join(', ') || 'it has none'})`, message, `it into ${name} of the definition`)
    return found as (state: unknown, payload: unknown) => unknown
  }
  const server = defineServer(where, {
    ...rest,
    ...(formatStatus && { formatStatus: formatStatus as NonNullable<AnyCallbacks['formatStatus']> }),
    ...(codeChange && { codeChange }),
    init: async (argument: A) => ok<unknown>(await init(argument)),
    handleCall: {
      get: async (state: unknown, message: unknown) => reply(await find(get, 'get', message)(state, payloadOf(message)), state),
      update: async (state: unknown, message: unknown) => reply('ok', await find(update, 'update', message)(state, payloadOf(message))),
      getAndUpdate: async (state: unknown, message: unknown) => {
        const pair = await find(getAndUpdate, 'getAndUpdate', message)(state, payloadOf(message))
        // Anything but a pair is a bad return, as in OTP.
        return Array.isArray(pair) && pair.length === 2 ? reply(pair[0] as unknown, pair[1] as unknown) : (pair as never)
      },
    },
    handleCast: {
      update: async (state: unknown, message: unknown) => noreply(await find(update, 'update', message)(state, payloadOf(message))),
    },
  })
  return Object.assign(server as unknown as Definition, { get, update, getAndUpdate }) as unknown as AgentDefinition<S, A, G, U, B>
}

function checkGroup(group: string, functions: unknown): void {
  if (typeof functions !== 'object' || functions === null) misuse('ERR_BAD_DEFINITION', `functions by name in ${group}`, functions, `${group}: { name: (state, payload) => ... }`)
  for (const [name, one] of Object.entries(functions)) {
    if (typeof one !== 'function') misuse('ERR_BAD_DEFINITION', `a function ${group}.${name}`, one, `${name}: (state, payload) => ...`)
  }
}

function checkAgent(definition: unknown): void {
  if (!isDefinition(definition) || !('getAndUpdate' in definition)) misuse('ERR_BAD_ARGUMENT', 'an agent', definition, 'what Agent.define gave')
}

/** Starts an agent linked to the caller. As `GenServer.startLink`. */
export async function startLink<D extends AnyAgent>(definition: D, argument: ArgumentOf<D>, options: StartOptions = {}): Promise<Started<D>> {
  checkAgent(definition)
  return (await startLinkServer(definition as unknown as AnyGenServer, argument, options)) as unknown as Started<D>
}

/** Starts an agent without a link. */
export async function start<D extends AnyAgent>(definition: D, argument: ArgumentOf<D>, options: StartOptions = {}): Promise<Started<D>> {
  checkAgent(definition)
  return (await startServer(definition as unknown as AnyGenServer, argument, options)) as unknown as Started<D>
}

type AnyCallbacks = Callbacks<unknown, any, any, any, any, any, any>

type AgentServer<D> = D | Started<D>

async function ask(agent: unknown, group: string, message: unknown, options: CallOptions): Promise<unknown> {
  checkMessage(group, message)
  return request(Kind.call, agent as Address, [group, message], options, `Agent.${group}`)
}

// A closure, as Elixir's Agent takes, is the mistake to expect.
function checkMessage(group: string, message: unknown): void {
  if (tagOf(message) === undefined) misuse('ERR_BAD_ARGUMENT', `the name of a function of the agent, or [name, payload]`, message, `the function into ${group} of the definition, and its name here: closures do not cross threads`)
}

/** What a `get` function says. Rejects as `GenServer.call`; a function that throws ends the agent. */
export function get<D extends AnyAgent, const M extends MessageOf<D['get']>>(agent: AgentServer<D>, message: M, options?: CallOptions): Promise<ResultOf<D['get'], M>>
export function get<R = unknown>(agent: Pid | string | Via, message: unknown, options?: CallOptions): Promise<R>
export function get(agent: unknown, message: unknown, options: CallOptions = NO_OPTIONS): Promise<unknown> {
  return ask(agent, 'get', message, options)
}

/** Runs an `update` function and waits for it. */
export function update<D extends AnyAgent>(agent: AgentServer<D>, message: MessageOf<D['update']>, options?: CallOptions): Promise<void>
export function update(agent: Pid | string | Via, message: unknown, options?: CallOptions): Promise<void>
export async function update(agent: unknown, message: unknown, options: CallOptions = NO_OPTIONS): Promise<void> {
  await ask(agent, 'update', message, options)
}

/** Runs a `getAndUpdate` function; gives its answer. */
export function getAndUpdate<D extends AnyAgent, const M extends MessageOf<D['getAndUpdate']>>(agent: AgentServer<D>, message: M, options?: CallOptions): Promise<ResultOf<D['getAndUpdate'], M> extends readonly [infer R, unknown] ? R : unknown>
export function getAndUpdate<R = unknown>(agent: Pid | string | Via, message: unknown, options?: CallOptions): Promise<R>
export function getAndUpdate(agent: unknown, message: unknown, options: CallOptions = NO_OPTIONS): Promise<unknown> {
  return ask(agent, 'getAndUpdate', message, options)
}

/** Runs an `update` function and does not wait. */
export function cast<D extends AnyAgent>(agent: AgentServer<D>, message: MessageOf<D['update']>): boolean
export function cast(agent: Pid | string | Via, message: unknown): boolean
export function cast(agent: unknown, message: unknown): boolean {
  checkMessage('update', message)
  return castServer(agent as Pid, ['update', message] as never)
}

/** As `GenServer.stop`. */
export const stop = (agent: Address, reason: Reason = 'normal', timeout = Infinity): Promise<void> => stopServer(agent, reason, timeout)

