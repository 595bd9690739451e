// Supervisor: the client side. A module is a namespace: `Supervisor.startLink(...)`. Semantics: supervisor.erl of OTP,
// and Elixir's Supervisor.

import type { FullChildSpec } from '../term/child-spec.js'
import { ChildError, exit, misuse } from '../term/errors.js'
import type { Pid } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import type { Address } from '../process/address.js'
import { checkIsSupervisor, isDefinition, remember, type Definition } from '../process/definition.js'
import { stop as stopServer } from '../behaviour/stop.js'
import { checkKeys } from '../process/keys.js'
import { hostedServer, launch } from '../behaviour/hosted.js'
import type { Started } from '../behaviour/types.js'
import { type CheckedChild, type Child, type ChildSpec, checkedSpec, fullSpec, override } from './child-spec.js'
import { fullOptions, type SupervisorOptions } from './options.js'
import { ask, checkId, settled, type ChildCounts, type StartedChild } from './requests.js'
import { callbacks, type Plan } from './supervisor-server.js'

export interface SupervisorStartOptions extends SupervisorOptions {
  /** Shuts the tree down when it fires. */
  readonly signal?: AbortSignal
}

/** A supervisor that a module defines: usable as a child of another. */
export interface SupervisorDefinition<A, I extends 'ignore' = never> extends Definition {
  /** Only for the type checker. */
  readonly $types?: { readonly argument: A; readonly ignores: I }
}

/** What `init` of a defined supervisor answers. */
export interface Supervision {
  readonly children: readonly FullChildSpec[]
  readonly options: Omit<SupervisorOptions, 'name'>
}

const planOf = (children: readonly unknown[], options: SupervisorOptions, more?: readonly string[]): Plan => {
  if (!Array.isArray(children)) misuse('ERR_BAD_CHILD_SPEC', 'a list of children', children, '[[Counter, 0]]')
  const full = fullOptions(options, more)
  const specs = children.map((child) => fullSpec(child))
  const seen = new Set<string | number>()
  for (const { id, significant } of specs) {
    if (seen.has(id)) misuse('ERR_BAD_CHILD_SPEC', 'children with different ids', id, "Supervisor.childSpec([Counter, 0], { id: 'another' })")
    if (significant && full.autoShutdown === 'never') misuse('ERR_BAD_CHILD_SPEC', `autoShutdown for the significant child ${id}`, 'never', "autoShutdown: 'any_significant'")
    seen.add(id)
  }
  return { children: specs, options: full }
}

// The supervisor behind `startLink(children, options)`: its argument is its plan.
const plainSupervisor: Definition = remember(
  hostedServer(`${__filename}#plainSupervisor`, 'Supervisor', callbacks((argument) => argument as Plan), { supervisor: true }),
)

/** Starts a supervisor that a module defines. */
export function startLink<A, I extends 'ignore' = never>(definition: SupervisorDefinition<A, I>, argument: A, options?: { readonly name?: string | null; readonly signal?: AbortSignal }): Promise<Started | I>
/**
 * Starts a supervisor linked to the calling process, with its children, in order. Resolves when all have started, to a
 * handle: `await using` stops the tree at the end of the block, last child first.
 *
 * @throws ERR_BAD_CHILD_SPEC for a spec or an option that is not valid, before anything is started
 * @throws ERR_START with the reason `['shutdown', ['failed_to_start_child', id, reason]]` when a child does not start:
 * those started before it have been stopped again
 * @example
 * await using supervisor = await Supervisor.startLink([[Counter, 0]], { strategy: 'one_for_one' })
 */
export function startLink<const C extends readonly unknown[]>(children: { [K in keyof C]: CheckedChild<C[K]> } & C, options: SupervisorStartOptions): Promise<Started>
export async function startLink(first: unknown, second: unknown, third: { name?: string | null; signal?: AbortSignal } = {}): Promise<Started | 'ignore'> {
  if (isDefinition(first)) {
    checkIsSupervisor(first)
    checkKeys(third, ['name', 'signal'], 'start option')
    return launch(first, second, third.name, third.signal)
  }
  const options = second as SupervisorStartOptions
  const plan = planOf(first as readonly unknown[], options, ['name', 'signal'])
  return launch(plainSupervisor, plan, options.name ?? null, options.signal)
}

/**
 * Defines a supervisor as a module, whose `init` says what it supervises: Elixir's `use Supervisor`. It runs on the
 * main thread.
 *
 * @example
 * export default Supervisor.define(import.meta.url, {
 *   name: 'Counters',
 *   init: (start: number) => Supervisor.init([[Counter, start]], { strategy: 'one_for_one' }),
 * })
 */
export function define<A, const R extends Supervision | 'ignore'>(
  where: string,
  supervisor: { readonly name?: string; readonly init: (argument: A) => R | Promise<R> },
): SupervisorDefinition<A, Extract<R, 'ignore'>> {
  checkKeys(supervisor, ['init', 'name'], 'key of a supervisor', 'ERR_BAD_DEFINITION')
  const { name, init } = supervisor
  if (typeof init !== 'function') misuse('ERR_BAD_DEFINITION', 'a function init', init, 'init: (argument) => Supervisor.init(children, options)')
  return remember(
    hostedServer(where, name, callbacks(async (argument) => {
      const supervision: Supervision | 'ignore' = await init(argument as A)
      if (supervision === 'ignore') return 'ignore'
      if (!isSupervision(supervision)) return exit(['bad_return', [name ?? 'Supervisor', 'init', supervision]])
      return planOf(supervision.children, supervision.options)
    }), { supervisor: true, registered: name !== undefined }),
  )
}

const isSupervision = (value: unknown): value is Supervision => typeof value === 'object' && value !== null && 'children' in value && 'options' in value

/** What a defined supervisor's `init` returns: the children and the options. */
export function init<const C extends readonly unknown[]>(children: { [K in keyof C]: CheckedChild<C[K]> } & C, options: Omit<SupervisorOptions, 'name'>): Supervision {
  planOf(children, options)
  return { children: children as unknown as readonly FullChildSpec[], options }
}

/**
 * A supervisor as a child of another.
 *
 * @example
 * Supervisor.startLink([Supervisor.spec([[Counter, 0]], { strategy: 'one_for_all', id: 'counters' })], { strategy: 'one_for_one' })
 */
export function spec<const C extends readonly unknown[]>(
  children: { [K in keyof C]: CheckedChild<C[K]> } & C,
  options: SupervisorOptions & Pick<Partial<ChildSpec>, 'id' | 'restart' | 'shutdown' | 'significant'>,
): ChildSpec {
  const plan = planOf(children, options, ['name', 'id', 'restart', 'shutdown', 'significant'])
  const { id, restart, shutdown, significant, name } = options
  return checkedSpec({
    id: id ?? name ?? 'Supervisor',
    start: [plainSupervisor, plan, { name: name ?? null }],
    type: 'supervisor',
    ...(restart === undefined ? {} : { restart }),
    ...(shutdown === undefined ? {} : { shutdown }),
    ...(significant === undefined ? {} : { significant }),
  })
}

/**
 * The spec of a child with some fields changed, to start one definition twice, say.
 *
 * @example
 * Supervisor.childSpec([Counter, 0], { id: 'second', name: 'Second', restart: 'transient' })
 */
export function childSpec(child: Child, changes: Partial<Omit<ChildSpec, 'start'>> = {}): ChildSpec {
  return override(child, changes)
}

// ---- requests

/**
 * Adds a child behind the others and starts it.
 * Rejects with ERR_CHILD (`['already_started', pid]`, `'already_present'`), ERR_START when it does not start (then it
 * is not added), ERR_BAD_CHILD_SPEC, or a CallError when the supervisor is gone.
 */
export async function startChild<const C>(supervisor: Address, child: CheckedChild<C> & C): Promise<StartedChild> {
  const full = fullSpec(child)
  return settled(await ask(supervisor, ['startChild', full], 'Supervisor.startChild'), `child ${full.id}`)
}

/** Stops a child and keeps its spec (a temporary one's is dropped). Fine when it does not run. Rejects with ERR_CHILD `'not_found'`. */
export async function terminateChild(supervisor: Address, id: string | number): Promise<void> {
  checkId(id)
  settled(await ask(supervisor, ['terminateChild', id], 'Supervisor.terminateChild'), `child ${id}`)
}

/** Starts a child that does not run. Rejects with ERR_CHILD `'not_found'`, `'running'`, `'restarting'`, or ERR_START. */
export async function restartChild(supervisor: Address, id: string | number): Promise<StartedChild> {
  checkId(id)
  return settled(await ask(supervisor, ['restartChild', id], 'Supervisor.restartChild'), `child ${id}`)
}

/** Forgets a child that does not run. Rejects with ERR_CHILD `'not_found'`, `'running'` or `'restarting'`. */
export async function deleteChild(supervisor: Address, id: string | number): Promise<void> {
  checkId(id)
  settled(await ask(supervisor, ['deleteChild', id], 'Supervisor.deleteChild'), `child ${id}`)
}

export interface ChildInfo {
  readonly id: string | number
  /** Undefined when it does not run; `'restarting'` while a failed restart waits to be tried again. */
  readonly pid: Pid | 'restarting' | undefined
  readonly type: 'worker' | 'supervisor'
}

/** The children, the last started first. */
export async function whichChildren(supervisor: Address): Promise<ChildInfo[]> {
  return (await ask(supervisor, 'whichChildren', 'Supervisor.whichChildren')) as ChildInfo[]
}

export async function countChildren(supervisor: Address): Promise<ChildCounts> {
  return (await ask(supervisor, 'countChildren', 'Supervisor.countChildren')) as ChildCounts
}

/** The spec of a child, its start left out. Rejects with ERR_CHILD `'not_found'`. */
export async function getChildSpec(supervisor: Address, id: string | number): Promise<Omit<FullChildSpec, 'start'>> {
  checkId(id)
  const found = await ask(supervisor, ['getChildSpec', id], 'Supervisor.getChildSpec')
  if (found === undefined) throw new ChildError('not_found', `child ${id}`)
  return found as Omit<FullChildSpec, 'start'>
}

/** Stops the tree, last child first, and waits for it. As `GenServer.stop`. */
export function stop(supervisor: Address, reason: Reason = 'normal', timeout = Infinity): Promise<void> {
  return stopServer(supervisor, reason, timeout)
}
