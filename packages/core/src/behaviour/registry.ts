// Registry: processes by key, one or many to a key, each with a value; entries go when their process does. Keys of a
// unique registry serve as names (`Registry.via`), those of a duplicate one for publishing. Semantics: Elixir's Registry.

import { misuse, StarfishError } from '../term/errors.js'
import { canonical, checkKey } from '../term/key.js'
import { type Message, tagOf } from '../term/message.js'
import { isPid, type Pid, type ProcessId } from '../term/pid.js'
import { remember, checkName, type Definition } from '../process/definition.js'
import { here, MAIN_THREAD } from '../process/here.js'
import { send } from '../process/process.js'
import { checkKeys } from '../process/keys.js'
import { State } from '../process/table.js'
import type { Via } from '../term/via.js'
import { Kind } from '../wire/envelope.js'
import { request } from './request.js'
import { hostedServer, launch } from './hosted.js'
import { callbacks, type Registered, type RegistryPlan } from './registry-server.js'
import type { Started } from './types.js'

export interface RegistryOptions {
  readonly name: string
  /** `'unique'`: one process to a key. `'duplicate'`: any number. */
  readonly keys: 'unique' | 'duplicate'
  /** Names of processes that are told of every entry: `['register', registry, key, pid, value]`, `['unregister', registry, key, pid]`. */
  readonly listeners?: readonly string[]
  /** First values for `Registry.meta`. */
  readonly meta?: Readonly<Record<string, unknown>>
}

function planOf(options: RegistryOptions): RegistryPlan {
  checkKeys(options, ['name', 'keys', 'listeners', 'meta'], 'Registry option')
  const { name, keys, listeners = [], meta = {} } = options
  checkName(name)
  if (keys !== 'unique' && keys !== 'duplicate') misuse('ERR_BAD_ARGUMENT', 'the kind of keys', keys, "keys: 'unique' or keys: 'duplicate'")
  if (!Array.isArray(listeners) || !listeners.every((one) => typeof one === 'string')) misuse('ERR_BAD_ARGUMENT', 'a list of names of processes', listeners, "listeners: ['Watcher']")
  if (typeof meta !== 'object' || meta === null) misuse('ERR_BAD_ARGUMENT', 'an object of values', meta, 'meta: { limit: 100 }')
  return { name, keys, listeners, meta }
}

/** The server of every registry. */
const plainRegistry: Definition = remember(hostedServer(`${__filename}#plainRegistry`, 'Registry', callbacks))

/**
 * Starts a registry, linked to the caller, on the main thread.
 *
 * @example
 * await using registry = await Registry.startLink({ name: 'Rooms', keys: 'unique' })
 * await GenServer.startLink(Room, 'lobby', { name: Registry.via('Rooms', 'lobby') })
 * await GenServer.call(Registry.via('Rooms', 'lobby'), 'guests')
 */
export const startLink = async (options: RegistryOptions): Promise<Started> => {
  const plan = planOf(options)
  return (await launch(plainRegistry, plan, plan.name)) as Started
}

/** A registry as a child of a supervisor: `[..., Registry.spec({ name: 'Rooms', keys: 'unique' })]`. */
export function spec(options: RegistryOptions): { readonly id: string; readonly start: readonly [Definition, RegistryPlan, { readonly name: string }]; readonly type: 'supervisor' } {
  const plan = planOf(options)
  return { id: plan.name, start: [plainRegistry, plan, { name: plan.name }], type: 'supervisor' }
}

/** A name in a unique registry, usable wherever a name is. `value` is stored beside it when a process starts under it. */
export function via(registry: string, key: unknown, value?: unknown): Via {
  checkName(registry)
  checkKey(key)
  return { via: 'registry', name: registry, key, ...(value === undefined ? {} : { value }) }
}

// To another server a request for a registry would be a request without a handler, and its end. A worker cannot see it.
const isSomethingElse = (name: string, id: ProcessId): boolean =>
  here.thread === MAIN_THREAD && here.table.state(id) === State.running && here.directories.get(`registry ${name}`)?.keeper !== id

async function ask(registry: string, message: Message, api: string): Promise<unknown> {
  if (typeof registry !== 'string') misuse('ERR_BAD_ARGUMENT', 'the name of a registry', registry, "'Rooms'")
  const id = here.names.lookup(registry)
  if (id === undefined || isSomethingElse(registry, id)) misuse('ERR_BAD_ARGUMENT', 'the name of a registry that runs', registry, "Registry.startLink({ name, keys: 'unique' }) before")
  return request(Kind.call, registry, message, { timeout: Infinity }, `Registry.${api}`)
}

/**
 * Enters the calling process under a key.
 * Rejects with ERR_ALREADY_REGISTERED when a unique key belongs to a living process, whose pid is the error's `pid`.
 */
export async function register(registry: string, key: unknown, value?: unknown): Promise<void> {
  checkKey(key)
  const answer = (await ask(registry, ['register', [key, value]], 'register')) as Registered
  if (answer.kind === 'ok') return
  throw Object.assign(new StarfishError('ERR_ALREADY_REGISTERED', `the key ${canonical(key)} of ${registry} belongs to ${answer.pid}`), { pid: answer.pid })
}

/** Removes what the calling process has under a key. */
export async function unregister(registry: string, key: unknown): Promise<void> {
  checkKey(key)
  await ask(registry, ['unregister', [key, '_']], 'unregister')
}

/** The same, of those entries whose value fits a pattern: `'_'` fits all, an object needs only the fields it names. */
export async function unregisterMatch(registry: string, key: unknown, pattern: unknown): Promise<void> {
  checkKey(key)
  await ask(registry, ['unregister', [key, pattern]], 'unregisterMatch')
}

/** The processes under a key, with their values. */
export async function lookup<V = unknown>(registry: string, key: unknown): Promise<[Pid, V][]> {
  checkKey(key)
  return (await ask(registry, ['lookup', key], 'lookup')) as [Pid, V][]
}

/** Those under a key whose value fits a pattern. */
export async function match<V = unknown>(registry: string, key: unknown, pattern: unknown): Promise<[Pid, V][]> {
  checkKey(key)
  return (await ask(registry, ['match', [key, pattern]], 'match')) as [Pid, V][]
}

/** All entries that a function says yes to: `[key, pid, value]`. */
export async function select<V = unknown>(registry: string, predicate: (key: any, pid: Pid, value: V) => boolean = () => true): Promise<[unknown, Pid, V][]> {
  checkFunction(predicate, '(key, pid, value) => value > 1')
  return ((await ask(registry, 'entries', 'select')) as [unknown, Pid, V][]).filter(([key, pid, value]) => predicate(key, pid, value))
}

/** The keys of a process. */
export const keys = async (registry: string, pid: Pid | { readonly pid: Pid }): Promise<unknown[]> => (await ask(registry, ['keys', checkedPid(pid)], 'keys')) as unknown[]

/** The values of a process under a key. */
export async function values<V = unknown>(registry: string, key: unknown, pid: Pid | { readonly pid: Pid }): Promise<V[]> {
  checkKey(key)
  return (await ask(registry, ['values', [key, checkedPid(pid)]], 'values')) as V[]
}

/** How many entries there are. */
export const count = async (registry: string): Promise<number> => (await ask(registry, 'count', 'count')) as number

/** How many under a key fit a pattern. */
export const countMatch = async (registry: string, key: unknown, pattern: unknown): Promise<number> => (await match(registry, key, pattern)).length

/**
 * Changes the value of the calling process under a key: `[new, old]`, or undefined when it has none. Only for unique
 * keys (else ERR_BAD_ARGUMENT). Nobody else can change it meanwhile: a value belongs to its process.
 */
export async function updateValue<V>(registry: string, key: unknown, change: (value: V) => V): Promise<[V, V] | undefined> {
  checkFunction(change, '(value) => value + 1')
  if ((await ask(registry, 'kind', 'updateValue')) !== 'unique') misuse('ERR_BAD_ARGUMENT', 'a registry with unique keys', registry, 'unregister and register')
  const self = here.self.pid
  const entries = await values<V>(registry, key, self)
  if (entries.length === 0) return undefined
  const value = entries[0] as V
  const changed = change(value)
  await ask(registry, ['putValue', [key, changed]], 'updateValue')
  return [changed, value]
}

/** Calls a function with the entries of a key, in the calling process; not at all when there are none. */
export async function dispatch<V = unknown>(registry: string, key: unknown, use: (entries: [Pid, V][]) => unknown): Promise<void> {
  checkFunction(use, '(entries) => { ... }')
  const entries = await lookup<V>(registry, key)
  if (entries.length > 0) await use(entries)
}

/** Sends a message to every process under a key: publish and subscribe. Gives how many. */
export async function broadcast(registry: string, key: unknown, message: Message): Promise<number> {
  if (tagOf(message) === undefined) misuse('ERR_BAD_ARGUMENT', 'a message', message, "'news', or ['news', payload]")
  const entries = await lookup(registry, key)
  for (const [pid] of entries) send(pid, message)
  return entries.length
}

/** A value of the registry itself. */
export async function meta<V = unknown>(registry: string, name: string): Promise<V | undefined> {
  checkMetaName(name)
  return ((await ask(registry, ['meta', name], 'meta')) as [V?])[0]
}

export async function putMeta(registry: string, name: string, value: unknown): Promise<void> {
  checkMetaName(name)
  await ask(registry, ['putMeta', [name, value]], 'putMeta')
}

export async function deleteMeta(registry: string, name: string): Promise<void> {
  checkMetaName(name)
  await ask(registry, ['deleteMeta', name], 'deleteMeta')
}

function checkFunction(value: unknown, instead: string): void {
  if (typeof value !== 'function') misuse('ERR_BAD_ARGUMENT', 'a function', value, instead)
}

function checkMetaName(name: unknown): void {
  if (typeof name !== 'string') misuse('ERR_BAD_ARGUMENT', 'the name of a value', name, "'since'")
}

function checkedPid(process: unknown): Pid {
  const pid: unknown = typeof process === 'object' && process !== null ? (process as { pid?: unknown }).pid : process
  return isPid(pid) ? pid : misuse('ERR_BAD_ARGUMENT', 'a pid', process, 'what startLink gave, or Process.self()')
}
