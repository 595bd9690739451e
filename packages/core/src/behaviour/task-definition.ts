// What tasks run: a function, and the export it is found by.

import type { Host } from '../term/definition.js'
import { misuse } from '../term/errors.js'
import { DEFINITION, isDefinition, refOf, remember, type Definition } from '../process/definition.js'
import type { LocalProcess } from '../process/local-process.js'
import { checkKeys } from '../process/keys.js'
import { checkHost } from '../process/start-options.js'
import { runTask, type TaskOrder } from './task-process.js'
import type { Context } from './types.js'

/** A function that tasks run, exported by a module. */
export interface TaskDefinition<A, R> extends Definition {
  readonly run: (argument: A, context: Context) => R
}

/**
 * Defines what a task runs. `where` names the file and the export.
 *
 * @example
 * export const hash = Task.define(import.meta.url + '#hash', (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex'))
 */
export function define<A, R>(where: string, run: (argument: A, context: Context) => R, options: { readonly name?: string; readonly host?: Host } = {}): TaskDefinition<A, R> {
  if (typeof run !== 'function') misuse('ERR_BAD_DEFINITION', 'a function', run, "Task.define(import.meta.url + '#name', (argument) => ...)")
  checkKeys(options, ['name', 'host'], 'option')
  if (options.host !== undefined) checkHost(options.host)
  const ref = refOf('process', where, options.name, options.host ?? 'thread', { restart: 'temporary' })
  const own = { ...ref, registered: false }
  return remember({
    run,
    [DEFINITION]: own,
    begin: (process: LocalProcess, order: unknown) => void runTask(process, own, run as never, order as TaskOrder),
  })
}

/** Throws ERR_BAD_ARGUMENT for what was not made by `define`. */
export function checkTask(definition: unknown): asserts definition is TaskDefinition<any, unknown> {
  if (!isDefinition(definition) || definition[DEFINITION].kind !== 'process' || typeof (definition as Partial<TaskDefinition<any, unknown>>).run !== 'function') {
    misuse('ERR_BAD_ARGUMENT', 'a task', definition, 'what Task.define gave: a closure cannot go to another thread')
  }
}
