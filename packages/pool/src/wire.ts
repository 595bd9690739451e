// What travels: from a caller to the pool, from the pool to a thread, and back. Plain data all the way.

import type { Pid } from 'starfish'
import type { DefinitionRef, PoolOutcome, TypeScriptLoader } from 'starfish/internal'

/** A call to the pool, `['run', order]`: one of the pool's own tasks. */
export interface Order {
  readonly task: string
  readonly argument: unknown
  /** Ms that it may run; the pool's own limit by default. */
  readonly timeout?: number
  /** Objects that are moved on into the thread. */
  readonly transfer?: readonly unknown[]
  /** What the caller calls it by, should it give it up. */
  readonly id?: number
}

/** The answer to a call: as core says that a pool answers; for the pool's own tasks also that there is none of that name. */
export type Outcome = PoolOutcome | readonly ['unknown', known: readonly string[]]

/** How a task is found in a thread: by its name in the module that the thread has loaded, or by a definition of its own. */
export type Place =
  | { readonly kind: 'own'; readonly task: string }
  | { readonly kind: 'task'; readonly task: string; readonly definition: DefinitionRef; readonly self: Pid }

/** What a thread loads before it is ready. */
export type Module = { readonly typescript: TypeScriptLoader | undefined } & ({ readonly definition: DefinitionRef } | { readonly url: string })

/** What a thread is given to do. */
export type Work =
  | { readonly kind: 'boot'; readonly module: Module }
  | { readonly kind: 'run'; readonly place: Place; readonly argument: unknown }

/** What a thread answers. `moved` lists the parts of the value that were moved, and are to be moved on. */
export type Answer =
  | { readonly kind: 'ok'; readonly value: unknown; readonly moved?: readonly unknown[] }
  | { readonly kind: 'error'; readonly thrown: unknown }
  | { readonly kind: 'unknown'; readonly known: readonly string[] }

/** What a thread says last, if it can. */
export interface LastWord {
  readonly $starfishPool: unknown
}
