// Child specs: the forms a user may write, and the one full form a supervisor works with. Checks everything where it
// is written, so that a supervisor never meets a bad spec in the middle of a restart.

import type { FullChildSpec, Restart, Shutdown, StartResult, StartSpec } from '../term/child-spec.js'
import type { DefinitionRef, Isolation, MaxMailbox, StartOptions, ThreadOptions } from '../term/definition.js'
import { misuse } from '../term/errors.js'
import { DEFINITION, isDefinition, type Definition } from '../process/definition.js'
import { checkKeys } from '../process/keys.js'
import { checkHasHandlers, checkRestart, checkShutdown, checkStartOptions } from '../process/start-options.js'
import type { AnyGenServer, ArgumentOf } from '../behaviour/types.js'

/** A module that exports `startLink`, as Elixir's modules do: `import * as Counter from './counter.js'`. */
export interface ChildModule {
  readonly startLink: (...args: any[]) => StartResult | Promise<StartResult>
  readonly default?: unknown
}

/** How a child is started: a definition, with its argument and options, or a function that runs in the supervisor. */
export type ChildStart =
  | Definition
  | readonly [definition: Definition, argument?: unknown, options?: StartOptions]
  | (() => StartResult | Promise<StartResult>)

export interface ChildSpec {
  /** Unique among the children of the supervisor. */
  readonly id: string | number
  readonly start: ChildStart
  /** `'permanent'` by default. */
  readonly restart?: Restart
  /** Ms between the shutdown signal and the kill, `'brutal_kill'` or `'infinity'`. 5000 for workers, `'infinity'` for supervisors. */
  readonly shutdown?: Shutdown
  /** `'worker'` by default; `'supervisor'` for a child that is one. */
  readonly type?: 'worker' | 'supervisor'
  /** Its end may end the supervisor: see `autoShutdown`. */
  readonly significant?: boolean
  /** The name it registers under, or `null`; the definition's own by default. */
  readonly name?: string | null
  /** What it is kept apart by, a thread or a child process, as in the start options. */
  readonly isolation?: Isolation
  /** How its thread is made. */
  readonly thread?: ThreadOptions
  /** Ms that a server may be busy with one message, as in the start options. */
  readonly maxHandlerTime?: number
  /** How many messages may wait before it takes no more, as in the start options. */
  readonly maxMailbox?: MaxMailbox
  /** A thread with its module imported stands by for its restart, as in the start options. */
  readonly standby?: boolean
}

/** What a list of children may hold: a definition, a definition with its argument, a module, or a full spec. */
export type Child = Definition | readonly [Definition | ChildModule, unknown] | ChildModule | ChildSpec

/** The argument in `[Counter, 0]` is checked against the definition's `init`. */
export type CheckedChild<C> = C extends readonly [infer D extends AnyGenServer, unknown] ? readonly [D, ArgumentOf<D>] : Child

const KEYS = ['id', 'start', 'restart', 'shutdown', 'type', 'significant', 'name', 'isolation', 'thread', 'maxHandlerTime', 'maxMailbox', 'standby']
const FORMS = "a definition, [definition, argument], a module with startLink, or { id, start: [definition, argument] }"

/**
 * The full spec of a child, in whatever form it was written. Throws ERR_BAD_CHILD_SPEC. What follows from its type follows from `type`, where that
 * is given.
 */
export function fullSpec(child: unknown, type?: ChildSpec['type']): FullChildSpec {
  if (isDefinition(child)) return ofDefinition(child, undefined, type)
  if (Array.isArray(child)) {
    const [first, argument] = child as unknown[]
    if (child.length > 2) misuse('ERR_BAD_CHILD_SPEC', 'a pair, [definition, argument]', child, "options into a spec: { id: 'counter', start: [definition, argument, options] }")
    if (isDefinition(first)) return ofDefinition(first, argument, type)
    if (isModule(first)) return ofModule(first, argument, type)
    return misuse('ERR_BAD_CHILD_SPEC', 'a definition or a module first in the pair', first, FORMS)
  }
  if (isModule(child)) return ofModule(child, undefined, type)
  if (typeof child === 'object' && child !== null && 'start' in child) return ofSpec(type === undefined ? (child as ChildSpec) : { ...(child as ChildSpec), type })
  const inner = (child as { default?: unknown } | null | undefined)?.default
  if (isDefinition(inner)) return ofDefinition(inner, undefined, type)
  return misuse('ERR_BAD_CHILD_SPEC', 'a child', child, FORMS)
}

const isModule = (value: unknown): value is ChildModule => typeof (value as Partial<ChildModule> | null | undefined)?.startLink === 'function'

function ofDefinition(definition: Definition, argument: unknown, type?: ChildSpec['type']): FullChildSpec {
  const ref = definition[DEFINITION]
  return complete({ id: ref.name, type: type ?? (ref.kind === 'supervisor' ? 'supervisor' : 'worker'), ...ref.child }, [ref, argument])
}

function ofModule(module: ChildModule, argument: unknown, type?: ChildSpec['type']): FullChildSpec {
  const ref = isDefinition(module.default) ? module.default[DEFINITION] : undefined
  if (ref === undefined) misuse('ERR_BAD_CHILD_SPEC', 'a module whose default export is a definition', module, FORMS)
  const start = Object.defineProperty((...extra: unknown[]) => module.startLink(...extra, argument), 'name', { value: `${ref.name}.startLink` })
  return complete({ id: ref.name, type: type ?? (ref.kind === 'supervisor' ? 'supervisor' : 'worker'), ...ref.child }, start)
}

function ofSpec(spec: ChildSpec): FullChildSpec {
  for (const key of Object.keys(spec)) if (!KEYS.includes(key)) misuse('ERR_BAD_CHILD_SPEC', 'a key of a child spec', key, `one of ${KEYS.join(', ')}`)
  const { start } = spec
  const { name, isolation, thread, maxHandlerTime, maxMailbox, standby } = spec
  const extra: StartOptions = Object.fromEntries(Object.entries({ name, isolation, thread, maxHandlerTime, maxMailbox, standby }).filter(([, value]) => value !== undefined))
  if (typeof start === 'function') {
    if (Object.keys(extra).length > 0) misuse('ERR_BAD_CHILD_SPEC', 'name, isolation, thread, maxHandlerTime, maxMailbox and standby only beside start: [definition, argument]', Object.keys(extra), 'them into the start function')
    return complete(spec, start)
  }
  const [definition, argument, options = {}] = isDefinition(start) ? [start] : Array.isArray(start) ? (start as [Definition, unknown, StartOptions?]) : []
  if (!isDefinition(definition)) return misuse('ERR_BAD_CHILD_SPEC', 'a start', start, 'start: [definition, argument, options] or a function')
  const ref = definition[DEFINITION]
  const all = { ...options, ...extra }
  checkStartOptions(all)
  if (all.maxHandlerTime !== undefined) checkHasHandlers(ref)
  if (all.transfer !== undefined) misuse('ERR_BAD_CHILD_SPEC', 'start options that hold for every start', 'transfer', 'the value itself: what is moved into the first start is gone for the next')
  const type = ref.kind === 'supervisor' ? 'supervisor' : 'worker'
  return complete({ type, ...ref.child, ...spec }, [ref, argument, all])
}

type Partly = Omit<ChildSpec, 'start'>

function complete(spec: Partly, start: StartSpec): FullChildSpec {
  const { id, restart = 'permanent', type = 'worker', significant = false } = spec
  const shutdown = spec.shutdown ?? (type === 'supervisor' ? 'infinity' : 5000)
  if ((typeof id !== 'string' || id === '') && typeof id !== 'number') misuse('ERR_BAD_CHILD_SPEC', 'an id', id, "id: 'counter'")
  if (type !== 'worker' && type !== 'supervisor') misuse('ERR_BAD_CHILD_SPEC', 'a type', type, "'worker' or 'supervisor'")
  if (typeof significant !== 'boolean') misuse('ERR_BAD_CHILD_SPEC', 'significant to be true or false', significant, 'significant: true')
  if (significant && restart === 'permanent') misuse('ERR_BAD_CHILD_SPEC', 'a significant child to be transient or temporary', restart, "restart: 'transient'")
  return { id, start, restart: checkRestart(restart), shutdown: checkShutdown(shutdown), type, significant }
}

/** The full spec a request brought. Who calls without `startChild` goes past the checks there (supervisor.erl, check_childspec). Throws a UsageError. */
export function requestedSpec(child: unknown): FullChildSpec {
  const start = (child as Partial<FullChildSpec> | null | undefined)?.start
  if (!Array.isArray(start) || !isRef(start[0])) return fullSpec(child)
  checkKeys(child, ['id', 'start', 'restart', 'shutdown', 'type', 'significant'], 'key of a child spec')
  if (start[2] !== undefined) checkStartOptions(start[2] as StartOptions)
  return complete(child as FullChildSpec, start as unknown as StartSpec)
}

function isRef(value: unknown): boolean {
  const { url, exportName, name, child } = (value ?? {}) as Partial<DefinitionRef>
  return [url, exportName, name].every((one) => typeof one === 'string') && typeof child === 'object' && child !== null
}

/** The same spec, once it is known to be valid. Throws ERR_BAD_CHILD_SPEC. */
export function checkedSpec(spec: ChildSpec): ChildSpec {
  ofSpec(spec)
  return spec
}

/** What reports call the code a child runs. */
export const startedName = (start: StartSpec): string => (typeof start === 'function' ? start.name || 'a start function' : (start[0] as DefinitionRef).name)

/** A child with some fields changed: Elixir's `Supervisor.child_spec/2`. Throws ERR_BAD_CHILD_SPEC. */
export function override(child: unknown, changes: Partial<Omit<ChildSpec, 'start'>>): ChildSpec {
  checkKeys(changes, KEYS.filter((key) => key !== 'start'), 'field of a child spec')
  const { start, ...rest } = fullSpec(child, changes.type)
  return checkedSpec({ ...rest, start: typeof start === 'function' ? start : [asDefinition(start[0]), start[1], start[2]], ...changes })
}

// The full spec knows a definition by its place only; that is all a spec needs of it.
const asDefinition = (ref: DefinitionRef): Definition => ({ [DEFINITION]: ref, begin: () => undefined })
