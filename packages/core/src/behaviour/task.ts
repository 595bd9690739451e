// Task: one computation in a process of its own, and its result. A task is a named export of a module, never a closure:
// closures do not cross threads. Semantics: Elixir's Task.

import type { Host, StartOptions } from '../term/definition.js'
import { misuse, StartError } from '../term/errors.js'
import { formatPid, type Pid } from '../term/pid.js'
import { DEFINITION, isDefinition, refOf, remember, type Definition } from '../process/definition.js'
import { here } from '../process/here.js'
import type { LocalProcess } from '../process/local-process.js'
import { checkHost, checkKeys, checkStartOptions, startProcess } from '../process/start.js'
import { type Result, runTask, TRANSFER, type TaskOrder, type Transferred } from './task-process.js'
import { type Limits, LIMITS, stream } from './task-stream.js'
import type { Outcome, Task } from './task-wait.js'
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
  return remember({
    run,
    [DEFINITION]: { ...ref, registered: false },
    begin: (process: LocalProcess, order: unknown) => void runTask(process, run as never, order as TaskOrder),
  })
}

/** A result whose `transfer` objects are moved to the owner instead of copied. */
export function transfer<V>(value: V, objects: readonly unknown[]): Transferred<V> {
  if (!Array.isArray(objects)) misuse('ERR_BAD_ARGUMENT', 'a list of objects to transfer', objects, 'Task.transfer(bytes, [bytes.buffer])')
  return { value, [TRANSFER]: objects }
}

/**
 * Starts a task, linked to the caller and watched by it. Wait for it with `Task.await` or `Task.yield`.
 * If it fails, so does the caller, unless it traps exits, as the main program does.
 *
 * @example
 * const task = await Task.async(hash, 'package.json')
 * console.log(await Task.await(task))
 */
async function asyncTask<A, R>(definition: TaskDefinition<A, R>, argument: A, options: StartOptions = {}): Promise<Task<Result<R>>> {
  const ref = here.makeRef()
  const owner = here.self
  const pid = await launchTask(definition, { owner: owner.pid, ref, argument }, options, { link: true, monitor: ref })
  return { pid, ref, owner: owner.pid }
}

/** Starts a task for its effect: nobody gets its result. Gives its pid. */
export const start = <A>(definition: TaskDefinition<A, unknown>, argument: A, options: StartOptions = {}): Promise<Pid> =>
  launchTask(definition, { argument }, options, { link: false })

/** Like `start`, linked to the caller. */
export const startLink = <A>(definition: TaskDefinition<A, unknown>, argument: A, options: StartOptions = {}): Promise<Pid> =>
  launchTask(definition, { argument }, options, { link: true })

/** Throws ERR_BAD_ARGUMENT for what was not made by `define`. */
export function checkTask(definition: unknown): asserts definition is TaskDefinition<any, unknown> {
  if (!isDefinition(definition) || definition[DEFINITION].kind !== 'process' || typeof (definition as Partial<TaskDefinition<any, unknown>>).run !== 'function') {
    misuse('ERR_BAD_ARGUMENT', 'a task', definition, 'what Task.define gave: a closure cannot go to another thread')
  }
}

async function launchTask(definition: TaskDefinition<any, unknown>, order: TaskOrder, options: StartOptions, how: { link: boolean; monitor?: string }): Promise<Pid> {
  checkTask(definition)
  const outcome = await startProcess(definition[DEFINITION], order, options, { ...how, immediate: true })
  if (outcome.kind !== 'ok') throw new StartError(outcome.kind === 'error' ? outcome.reason : 'ignore', definition[DEFINITION].name)
  return formatPid(outcome.id)
}

/** A task that is done already, with `value`: for functions that return a task but need not start one. */
export function completed<R>(value: R): Task<R> {
  const { self } = here
  const ref = here.makeRef()
  self.monitors.set(ref, self.id)
  self.receiveTaskReply(self.id, ref, value)
  return { pid: undefined, ref, owner: self.pid }
}

export interface StreamOptions extends Limits, Pick<StartOptions, 'host' | 'thread'> {}

/** Runs a task for each item and gives the outcomes, at most `maxConcurrency` tasks and outcomes ahead of the reader. */
export function asyncStream<A, R>(items: Iterable<A> | AsyncIterable<A>, definition: TaskDefinition<A, R>, options: StreamOptions = {}): AsyncGenerator<Outcome<Result<R>>, void, void> {
  checkTask(definition)
  checkKeys(options, [...LIMITS, 'host', 'thread'], 'stream option')
  const { host, thread, ...limits } = options
  const start: StartOptions = { ...(host === undefined ? {} : { host }), ...(thread === undefined ? {} : { thread }) }
  checkStartOptions(start)
  return stream(items, (item) => asyncTask(definition, item, start), limits)
}

export { asyncTask as async }
export { await, awaitMany, ignore, shutdown, yield, yieldMany, type Outcome, type Task, type YieldOptions } from './task-wait.js'
