// Task: one computation in a process of its own, and its result. A task is a named export of a module, never a closure:
// closures do not cross threads. Semantics: Elixir's Task.

import type { StartOptions } from '../term/definition.js'
import { misuse, StartError } from '../term/errors.js'
import { formatPid, type Pid } from '../term/pid.js'
import { DEFINITION } from '../process/definition.js'
import { here } from '../process/here.js'
import { checkKeys } from '../process/keys.js'
import { startProcess } from '../process/start.js'
import { checkStartOptions } from '../process/start-options.js'
import { checkTask, type TaskDefinition } from './task-definition.js'
import { type Result, TRANSFER, type TaskOrder, type Transferred } from './task-process.js'
import { type Limits, LIMITS, stream } from './task-stream.js'
import type { Outcome, Task } from './task-wait.js'

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
export { define, type TaskDefinition } from './task-definition.js'
export { await, awaitMany, ignore, shutdown, yield, yieldMany, type Outcome, type Task, type YieldOptions } from './task-wait.js'
