// DynamicSupervisor: children started on demand, stopped together, restarted one_for_one. A module is a namespace.
// Semantics: Elixir's DynamicSupervisor.

import { exit, misuse } from '../term/errors.js'
import { isPid, type Pid } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import type { Address } from '../process/address.js'
import { checkIsSupervisor, isDefinition, remember, type Definition } from '../process/definition.js'
import { checkKeys } from '../process/keys.js'
import { stop as stopServer } from '../behaviour/stop.js'
import { hostedServer, launch } from '../behaviour/hosted.js'
import type { Started } from '../behaviour/types.js'
import { type CheckedChild, checkedSpec, type ChildSpec, fullSpec } from './child-spec.js'
import { type BackoffOptions, fullBackoff } from './backoff.js'
import { callbacks, type DynamicPlan } from './dynamic-supervisor-server.js'
import { ask, type ChildCounts, settled, type StartedChild } from './requests.js'

export interface DynamicSupervisorOptions {
  /** `'one_for_one'` is the only one. */
  readonly strategy?: 'one_for_one'
  /** How many restarts within `maxSeconds` are granted; 3 by default. */
  readonly maxRestarts?: number
  /** The window of `maxRestarts` in seconds; 5 by default. */
  readonly maxSeconds?: number
  /** Lets a child that died wait before it is started again: see `Supervisor`. None by default. */
  readonly backoff?: BackoffOptions
  /** How many children there may be, those being restarted included; `Infinity` by default. */
  readonly maxChildren?: number
  /** Put before the argument of every child: its init gets `[...extraArguments, argument]`. A start function gets them as its arguments. */
  readonly extraArguments?: readonly unknown[]
  readonly name?: string | null
  /** Shuts the tree down when it fires. */
  readonly signal?: AbortSignal
}

const KEYS = ['strategy', 'maxRestarts', 'maxSeconds', 'backoff', 'maxChildren', 'extraArguments', 'name', 'signal']

function planOf(options: DynamicSupervisorOptions): DynamicPlan {
  checkKeys(options, KEYS, 'DynamicSupervisor option', 'ERR_BAD_CHILD_SPEC')
  const { strategy = 'one_for_one', maxRestarts = 3, maxSeconds = 5, maxChildren = Infinity, extraArguments = [], backoff } = options
  if (strategy !== 'one_for_one') misuse('ERR_BAD_CHILD_SPEC', 'the strategy one_for_one', strategy, "strategy: 'one_for_one', or a Supervisor")
  if (!Number.isInteger(maxRestarts) || maxRestarts < 0) misuse('ERR_BAD_CHILD_SPEC', 'maxRestarts to be a whole number from 0', maxRestarts, 'maxRestarts: 3')
  if (!Number.isInteger(maxSeconds) || maxSeconds < 1) misuse('ERR_BAD_CHILD_SPEC', 'maxSeconds to be a whole number from 1', maxSeconds, 'maxSeconds: 5')
  if (maxChildren !== Infinity && (!Number.isInteger(maxChildren) || maxChildren < 0)) misuse('ERR_BAD_CHILD_SPEC', 'maxChildren to be a whole number from 0 or Infinity', maxChildren, 'maxChildren: 100')
  if (!Array.isArray(extraArguments)) misuse('ERR_BAD_CHILD_SPEC', 'a list of extraArguments', extraArguments, 'extraArguments: [config]')
  return { maxRestarts, maxSeconds, maxChildren, extraArguments, backoff: backoff && fullBackoff(backoff) }
}

const plainDynamicSupervisor: Definition = remember(
  hostedServer(`${__filename}#plainDynamicSupervisor`, 'DynamicSupervisor', callbacks((argument) => argument as DynamicPlan), { supervisor: true }),
)

/**
 * Starts a DynamicSupervisor without children, linked to the calling process.
 *
 * @throws ERR_BAD_CHILD_SPEC for an option that is not valid
 * @example
 * await using supervisor = await DynamicSupervisor.startLink({ name: 'Sessions', maxChildren: 100 })
 * const { pid } = await DynamicSupervisor.startChild('Sessions', [Session, user])
 */
export function startLink(options?: DynamicSupervisorOptions): Promise<Started>
/** Starts one that a module defines. */
export function startLink<A>(definition: DynamicSupervisorDefinition<A>, argument: A, options?: { readonly name?: string | null; readonly signal?: AbortSignal }): Promise<Started | 'ignore'>
export async function startLink(first: unknown = {}, argument?: unknown, options: { name?: string | null; signal?: AbortSignal } = {}): Promise<Started | 'ignore'> {
  if (isDefinition(first)) {
    checkIsSupervisor(first)
    checkKeys(options, ['name', 'signal'], 'start option')
    return launch(first, argument, options.name, options.signal)
  }
  const own = first as DynamicSupervisorOptions
  return launch(plainDynamicSupervisor, planOf(own), own.name ?? null, own.signal)
}

export interface DynamicSupervisorDefinition<A> extends Definition {
  readonly $argument?: A
}

/** Defines one as a module, whose `init` gives its options. It runs on the main thread. */
export function define<A>(where: string, supervisor: { readonly name?: string; readonly init: (argument: A) => DynamicSupervisorOptions | 'ignore' | Promise<DynamicSupervisorOptions | 'ignore'> }): DynamicSupervisorDefinition<A> {
  checkKeys(supervisor, ['init', 'name'], 'key of a supervisor', 'ERR_BAD_DEFINITION')
  const { name, init } = supervisor
  if (typeof init !== 'function') misuse('ERR_BAD_DEFINITION', 'a function init', init, 'init: (argument) => ({ maxChildren: 100 })')
  const plan = async (argument: unknown): Promise<DynamicPlan | 'ignore'> => {
    const options = await init(argument as A)
    if (options === 'ignore') return 'ignore'
    if (typeof options !== 'object' || options === null) exit(['bad_return', [name ?? where, 'init', options]])
    return planOf(options)
  }
  return remember(hostedServer(where, name, callbacks(plan), { supervisor: true, registered: name !== undefined }))
}

/** A DynamicSupervisor as a child of another supervisor. */
export function spec(options: Omit<DynamicSupervisorOptions, 'signal'> & Pick<Partial<ChildSpec>, 'id' | 'restart' | 'shutdown' | 'significant'> = {}): ChildSpec {
  checkKeys(options, [...KEYS, 'id', 'restart', 'shutdown', 'significant'], 'DynamicSupervisor option', 'ERR_BAD_CHILD_SPEC')
  const { id, restart, shutdown, significant, ...own } = options
  if ('signal' in own) misuse('ERR_BAD_CHILD_SPEC', 'options that hold for every start', 'signal', 'it into the options of the startLink at the top of the tree')
  return checkedSpec({
    id: id ?? own.name ?? 'DynamicSupervisor',
    start: [plainDynamicSupervisor, planOf(own), { name: own.name ?? null }],
    type: 'supervisor',
    ...(restart === undefined ? {} : { restart }),
    ...(shutdown === undefined ? {} : { shutdown }),
    ...(significant === undefined ? {} : { significant }),
  })
}

/**
 * Starts a child. Its id means nothing here.
 * Rejects with ERR_CHILD `'max_children'`, ERR_START when it does not start, ERR_BAD_CHILD_SPEC, or a CallError.
 */
export async function startChild<const C>(supervisor: Address, child: CheckedChild<C> & C): Promise<StartedChild> {
  const full = fullSpec(child)
  if (full.significant) misuse('ERR_BAD_CHILD_SPEC', 'a child that is not significant: a DynamicSupervisor has no autoShutdown', true, 'significant: false')
  return settled(await ask(supervisor, ['startChild', full], 'DynamicSupervisor.startChild'), `child ${full.id}`)
}

/** Stops the child with this pid, which is not restarted. Rejects with ERR_CHILD `'not_found'`. */
export async function terminateChild(supervisor: Address, pid: Pid | { readonly pid: Pid }): Promise<void> {
  const text: unknown = typeof pid === 'object' && pid !== null ? pid.pid : pid
  if (!isPid(text)) misuse('ERR_BAD_ARGUMENT', 'the pid of a child', pid, 'the pid that startChild gave')
  settled(await ask(supervisor, ['terminateChild', text], 'DynamicSupervisor.terminateChild'), `child ${text}`)
}

export interface DynamicChildInfo {
  /** Always undefined: the children have no ids. */
  readonly id: undefined
  readonly pid: Pid | 'restarting'
  readonly type: 'worker' | 'supervisor'
}

/** The children, in no particular order. */
export async function whichChildren(supervisor: Address): Promise<DynamicChildInfo[]> {
  return (await ask(supervisor, 'whichChildren', 'DynamicSupervisor.whichChildren')) as DynamicChildInfo[]
}

export async function countChildren(supervisor: Address): Promise<ChildCounts> {
  return (await ask(supervisor, 'countChildren', 'DynamicSupervisor.countChildren')) as ChildCounts
}

/** Stops all children together and waits for them. As `GenServer.stop`. */
export function stop(supervisor: Address, reason: Reason = 'normal', timeout = Infinity): Promise<void> {
  return stopServer(supervisor, reason, timeout)
}
