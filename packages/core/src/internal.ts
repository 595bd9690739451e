// For @starfish/testing, @starfish/pool, @starfish/store and observers only: not part of the API, changes without notice.

import { Arbiter } from './process/arbiter.js'
import type { DefinitionRef } from './term/definition.js'
import { DEFINITION, type Definition, findDefinition, importModule } from './process/definition.js'
import type { CallContext, Context } from './behaviour/types.js'
import { here } from './process/here.js'
import { loadTypeScriptBy } from './process/typescript-hook.js'
import { type TypeScriptLoader, typescriptLoader } from './process/typescript.js'
import { inheritedExecArgv } from './rule/exec-argv.js'
import './index.js'

export { checkKeys } from './process/keys.js'
export { checkSignal, checkTimeout } from './process/start-options.js'
export { checkThread } from './process/thread-options.js'
export { addRestart } from './rule/intensity.js'
export { decodeTerm, encodeTerm } from './wire/codec.js'
export { uncloneablePath } from './wire/cloneable.js'
export { installClock, type Clock, type TimerHandle } from './process/clock.js'

/** How many worker threads exist, those that are ending included. */
export const threadCount = (): number => (here.role instanceof Arbiter ? here.role.threads.count : 0)

export interface LiveProcess {
  readonly pid: string
  readonly name: string
}

/** The processes that are alive, the main program not counted. */
export const liveProcesses = (): LiveProcess[] => here.role.liveProcesses()

/** Settles when no worker thread exists. */
export const noThreads = (): Promise<void> => (here.role instanceof Arbiter ? here.role.threads.whenNone() : Promise.resolve())

/** How many threads are booted ahead of need. */
export const spareCount = (): number => (here.role instanceof Arbiter ? here.role.threads.spares.count : 0)

export type { PoolOrder, PoolOutcome } from './behaviour/pooled-task.js'
export type { DefinitionRef, TypeScriptLoader }

/** Where a definition is to be found, and what it is called. */
export const refOfDefinition = (definition: Definition): DefinitionRef => definition[DEFINITION]

/** What a thread must be made with, and what it must do, so that it can load `url` as the program does. */
export const loaderFor = (url: string): { readonly execArgv: readonly string[] | undefined; readonly typescript: TypeScriptLoader | undefined } => ({
  execArgv: inheritedExecArgv(process.execArgv, url),
  typescript: typescriptLoader(url),
})

/** What takes every call or cast whole, those that nobody foresaw as well. */
export interface CatchAll<S> {
  readonly handleCall: (state: S, message: unknown, context: CallContext) => unknown
  readonly handleCast: (state: S, message: unknown, context: Context) => unknown
}

/** Gives a GenServer one handler for all calls and one for all casts. What no handler takes would be its end. */
export function catchAll<D extends Definition>(definition: D, handlers: CatchAll<any>): D {
  return Object.assign(definition, handlers)
}

/** Makes this thread one of a pool: nothing may be started while its modules load, as each thread would start the next. */
export function joinPool(typescript: TypeScriptLoader | undefined): void {
  here.inPool = true
  if (typescript !== undefined) loadTypeScriptBy(typescript)
}

/** Imports the definition into a thread of a pool. */
export const importDefinition = (ref: DefinitionRef): Promise<Definition> => findDefinition(ref)

/** Imports a module into a thread of a pool. */
export async function importPoolModule(url: string): Promise<unknown> {
  const loaded = await importModule(url)
  if (here.refusal !== undefined) throw here.refusal
  return loaded
}
