// The server behind a registry: its entries lie here, on the main thread, and go with the processes they stand for. It
// links itself to every process in it (registry.ex): the end of the one is known to the other.

import { decodeTerm, encodeTerm } from '../wire/codec.js'
import { Kind } from '../wire/envelope.js'
import { canonical, fits } from '../term/key.js'
import { formatPid, parsePid, type Pid, type ProcessId } from '../term/pid.js'
import { here } from '../process/here.js'
import type { LocalProcess } from '../process/local-process.js'
import { copyOf, postLetter } from '../process/post.js'
import { link, unlink } from '../process/process.js'
import { resolve } from '../process/address.js'
import type { Directory } from '../process/via.js'
import { type Entry, RegistryTable } from './registry-table.js'
import { noreply, ok, reply } from './returns.js'
import type { CallContext } from './types.js'

export interface RegistryPlan {
  readonly name: string
  readonly keys: 'unique' | 'duplicate'
  readonly listeners: readonly string[]
  readonly meta: Readonly<Record<string, unknown>>
}

interface State {
  readonly process: LocalProcess
  readonly plan: RegistryPlan
  readonly table: RegistryTable
  readonly meta: Map<string, unknown>
}

export type Registered = { readonly kind: 'ok' } | { readonly kind: 'taken'; readonly pid: Pid }

const caller = (context: CallContext): ProcessId => parsePid(context.from.pid)!

export const callbacks = {
  init: (plan: RegistryPlan) => {
    const { self: process } = here
    process.trapsExits = true
    const table = new RegistryTable(plan.keys === 'unique', (id) => here.table.isAlive(id))
    const state: State = { process, plan, table, meta: new Map(Object.entries(plan.meta)) }
    here.directories.set(`registry ${plan.name}`, directoryOf(state))
    return ok(state)
  },

  handleCall: {
    register: (state: State, [key, value]: [unknown, unknown], context: CallContext) => {
      const holder = enter(state, key, caller(context), value)
      return reply<Registered, State>(holder === undefined ? { kind: 'ok' } : { kind: 'taken', pid: formatPid(holder) }, state)
    },
    unregister: (state: State, [key, pattern]: [unknown, unknown], context: CallContext) => {
      leave(state, key, caller(context), pattern)
      return reply('ok', state)
    },
    putValue: (state: State, [key, value]: [unknown, unknown], context: CallContext) => {
      const entry = state.table.of(key).find(({ owner }) => owner === caller(context))
      if (entry) entry.value = value
      return reply(entry !== undefined, state)
    },
    lookup: (state: State, key: unknown) => reply(state.table.of(key).map(pair), state),
    match: (state: State, [key, pattern]: [unknown, unknown]) => reply(state.table.of(key).filter(({ value }) => fits(value, pattern)).map(pair), state),
    entries: (state: State) => reply(state.table.all().map(({ key, owner, value }) => [key, formatPid(owner), value]), state),
    keys: (state: State, pid: Pid) => reply(state.table.ofOwner(parsePid(pid)!).map(({ key }) => key), state),
    values: (state: State, [key, pid]: [unknown, Pid]) => reply(state.table.of(key).filter(({ owner }) => owner === parsePid(pid)).map(({ value }) => value), state),
    count: (state: State) => reply(state.table.all().length, state),
    kind: (state: State) => reply(state.plan.keys, state),
    meta: (state: State, name: string) => reply(state.meta.has(name) ? [state.meta.get(name)] : [], state),
    putMeta: (state: State, [name, value]: [string, unknown]) => {
      state.meta.set(name, value)
      return reply('ok', state)
    },
    deleteMeta: (state: State, name: string) => {
      state.meta.delete(name)
      return reply('ok', state)
    },
  },

  handleInfo: {
    EXIT: (state: State, [pid]: [Pid, unknown]) => {
      for (const { key, owner } of state.table.removeOwner(parsePid(pid)!)) {
        if (state.table.unique) here.vias.left(textOf(state, key), owner)
        tellLeft(state, key, pid)
      }
      return noreply(state)
    },
  },

  view: ({ plan: { name, keys, listeners }, table, meta }: State) => ({
    name, keys, listeners, meta: Object.fromEntries(meta), entries: table.all().map(({ key, owner, value }) => [key, formatPid(owner), value]),
  }),
}

const pair = ({ owner, value }: Entry): [Pid, unknown] => [formatPid(owner), value]

function enter(state: State, key: unknown, owner: ProcessId, value: unknown): ProcessId | undefined {
  const holder = state.table.add(key, owner, value)
  if (holder !== undefined) return holder
  if (state.table.unique) here.vias.entered(textOf(state, key), owner)
  state.process.run(() => link(formatPid(owner)))
  tell(state, ['register', state.plan.name, key, formatPid(owner), value])
  return undefined
}

function leave(state: State, key: unknown, owner: ProcessId, pattern: unknown): void {
  const had = state.table.of(key).some((entry) => entry.owner === owner && fits(entry.value, pattern))
  const gone = state.table.remove(key, owner, pattern)
  if (had && state.table.unique) here.vias.left(textOf(state, key), owner)
  if (had) tellLeft(state, key, formatPid(owner))
  // The link to who started the registry is not of its entries.
  if (had && gone && owner !== state.process.parent) state.process.run(() => unlink(formatPid(owner)))
}

const textOf = ({ plan }: State, key: unknown): string => `registry ${canonical(plan.name)} ${canonical(key)}`

const tellLeft = (state: State, key: unknown, pid: Pid): void => tell(state, ['unregister', state.plan.name, key, pid])

function tell(state: State, message: unknown): void {
  for (const name of state.plan.listeners) {
    const listener = resolve(name)
    if (listener !== undefined && listener > 0) tellOne(listener, state.process.id, message)
  }
}

// What a listener in a child process cannot be given is as text there: who registers does not know who listens.
function tellOne(listener: ProcessId, from: ProcessId, message: unknown): void {
  try {
    postLetter(Kind.info, listener, from, 0, message)
  } catch {
    postLetter(Kind.info, listener, from, 0, decodeTerm(encodeTerm(message)))
  }
}

function directoryOf(state: State): Directory {
  return {
    keeper: state.process.id,
    whereis: (key) => (state.table.unique ? state.table.of(key)[0]?.owner : undefined),
    textOf: (key) => textOf(state, key),
    ...(state.table.unique && { claim: (key, owner, value) => enter(state, copyOf(key, undefined, 'key'), owner, copyOf(value, undefined, 'value')) }),
  }
}
