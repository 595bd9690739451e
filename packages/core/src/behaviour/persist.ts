// What a definition says of the state that is to outlive its process: which part, where, and when. Only words and checks;
// persistence.ts does it.

import { checkKeys } from '../process/keys.js'
import { GIVE_UP, type GiveUp } from '../rule/recovery.js'
import type { Key } from '../table/key.js'
import { misuse, UsageError } from '../term/errors.js'
import { formatTerm } from '../term/format.js'

/** Where rows are kept: the module `Table`, `Durable` of @starfish/store, or three functions of one's own. They may be asynchronous. */
export interface PersistStore {
  lookup(table: string, key: any): unknown
  insert(table: string, key: any, value: any): unknown
  delete(table: string, key: any): unknown
}

/** `S` is the state, `P` the part of it that is kept. */
export interface Persist<S = any, P = any> {
  readonly store: PersistStore
  /** The table there, by its name. */
  readonly table: string
  /** The key of the row, or what makes it from the argument of the start. The name of the process by default. */
  readonly key?: Key | ((argument: any) => Key)
  /** The part that is kept: a function, or the names of fields. The whole state by default. */
  readonly part?: ((state: S) => P) | readonly (keyof S & keyof P)[]
  /**
   * `'change'` (the default): after each message that changed it, before the reply leaves. `{ every: ms }`: so long after a change at
   * the latest, and at a clean end. `'terminate'`: at a clean end.
   */
  readonly when?: 'change' | 'terminate' | { readonly every: number }
  /** When a recovered state is put aside: after so many early ends with it, 2 of less than 5000 ms by default; `false`: never. */
  readonly giveUp?: false | Partial<GiveUp>
}

const KEYS = ['store', 'table', 'key', 'part', 'when', 'giveUp']

/** Throws ERR_BAD_DEFINITION. */
export function checkPersist(persist: unknown): asserts persist is Persist {
  if (typeof persist !== 'object' || persist === null) misuse('ERR_BAD_DEFINITION', 'where to keep the state', persist, "persist: { store: Table, table: 'counts' }")
  checkKeys(persist, KEYS, 'key of persist', 'ERR_BAD_DEFINITION')
  const { store, table, part, when = 'change', giveUp = {} } = persist as Persist
  for (const name of ['lookup', 'insert', 'delete'] as const) {
    if (typeof (store as Partial<PersistStore> | undefined)?.[name] !== 'function') misuse('ERR_BAD_DEFINITION', `a store with a function ${name}`, store, 'store: Table, store: Durable, or { lookup, insert, delete }')
  }
  if (typeof table !== 'string' || table === '') misuse('ERR_BAD_DEFINITION', 'the name of a table', table, "table: 'counts'")
  if (part !== undefined && typeof part !== 'function' && !(Array.isArray(part) && part.every((field) => typeof field === 'string'))) {
    misuse('ERR_BAD_DEFINITION', 'the part of the state that is kept', part, "part: (state) => state.count, or part: ['count']")
  }
  if (when !== 'change' && when !== 'terminate' && !(typeof when === 'object' && isMs(when?.every))) misuse('ERR_BAD_DEFINITION', 'when to write', when, "when: 'change', 'terminate' or { every: 1000 }")
  if (giveUp === false) return
  checkKeys(giveUp, ['deaths', 'within'], 'key of giveUp', 'ERR_BAD_DEFINITION')
  const { deaths, within } = { ...GIVE_UP, ...giveUp }
  if (!Number.isInteger(deaths) || deaths < 1 || !isMs(within)) misuse('ERR_BAD_DEFINITION', 'when to put a recovered state aside', giveUp, 'giveUp: { deaths: 2, within: 5000 }, or false')
}

/**
 * Other code is to go on with a state that is kept: it may say otherwise when, and which part, but not where, since what is there
 * would be left behind. Throws ERR_BAD_DEFINITION.
 */
export function checkSamePlace(before: Persist | undefined, after: Persist | undefined, name: string): void {
  const [was, is] = [placeOf(before, name), placeOf(after, name)]
  if (was !== is) throw new UsageError('ERR_BAD_DEFINITION', `expected code that keeps the state of ${name} where it is, ${was}, got ${is}; write the same table and key, or start the server anew with it`)
}

// What a function makes of the argument of the start, stays as it was made then.
function placeOf(persist: Persist | undefined, name: string): string {
  if (persist === undefined) return 'nowhere'
  const { table, key = name } = persist
  return `in ${table} under ${typeof key === 'function' ? 'what a function makes of its argument' : formatTerm(key)}`
}

const isMs = (ms: unknown): boolean => typeof ms === 'number' && ms >= 1 && ms <= 2 ** 31 - 1
