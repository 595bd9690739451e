// Functions for servers to run that are not of their own module: exports that any thread can import, or closures for
// servers of the caller's own thread, which are handed over by a number.

import { misuse } from '../term/errors.js'
import type { DefinitionRef } from '../term/definition.js'
import type { Ref } from '../term/ref.js'
import { DEFINITION, findDefinition, isDefinition, refOf, remember, type Definition } from '../process/definition.js'
import { here } from '../process/here.js'

type Run = (...args: any[]) => unknown

/** A function that servers can be given, wherever they run. */
export interface SysFunction<F extends Run = Run> extends Definition {
  readonly run: F
}

/** A function as a message names it. */
export type FunctionRef = { readonly exported: DefinitionRef } | { readonly handed: Ref }

export function defineFunction<F extends Run>(where: string, run: F): SysFunction<F> {
  if (typeof run !== 'function') misuse('ERR_BAD_DEFINITION', 'a function', run, "Sys.define(import.meta.url + '#double', (state) => state * 2)")
  return remember({ run, [DEFINITION]: refOf('function', where, undefined, 'main'), begin: () => undefined })
}

export const isFunction = (value: unknown): value is SysFunction | Run => typeof value === 'function' || isFunctionDefinition(value)

const isFunctionDefinition = (value: unknown): value is SysFunction => isDefinition(value) && value[DEFINITION].kind === 'function'

/** Lets `use` name a function in a message. A closure can be named until the answer is there. */
export async function withFunction<T>(fn: SysFunction | Run, use: (ref: FunctionRef) => Promise<T>): Promise<T> {
  if (typeof fn !== 'function') return use({ exported: fn[DEFINITION] })
  const ref = here.makeRef()
  here.closures.set(ref, fn)
  try {
    return await use({ handed: ref })
  } finally {
    here.closures.delete(ref)
  }
}

/** The function that a message names. Rejects when this thread cannot have it. */
export async function functionOf(ref: FunctionRef): Promise<Run> {
  if ('exported' in ref) return ((await findDefinition(ref.exported)) as SysFunction).run
  return here.closures.get(ref.handed) ?? misuse('ERR_NOT_CLONEABLE', 'a function that the thread of the server can import', 'a closure', "export const change = Sys.define(import.meta.url + '#change', (state) => ...), and give that")
}
