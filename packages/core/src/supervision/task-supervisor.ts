// Task.Supervisor: tasks as children of a supervisor, so that a tree knows them and stops them. A DynamicSupervisor whose
// children are temporary. Semantics: Elixir's Task.Supervisor.

import { Kind } from '../wire/envelope.js'
import type { FullChildSpec, Restart, Shutdown } from '../term/child-spec.js'
import { parsePid, type Pid } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import type { StartOptions } from '../term/definition.js'
import { type Address, checkAddress } from '../process/address.js'
import { DEFINITION, type Definition } from '../process/definition.js'
import { here } from '../process/here.js'
import { postLetter } from '../process/post.js'
import { checkKeys } from '../process/keys.js'
import { checkRestart, checkShutdown } from '../process/start-options.js'
import { launch } from '../behaviour/hosted.js'
import { labelOfPool } from '../behaviour/pooled-task.js'
import { checkTask, type TaskDefinition } from '../behaviour/task-definition.js'
import type { Result, TaskOrder } from '../behaviour/task-process.js'
import { type Limits, LIMITS, stream } from '../behaviour/task-stream.js'
import { type Outcome, shutdown as shutdownTask, type Task } from '../behaviour/task-wait.js'
import type { Started } from '../behaviour/types.js'
import type { ChildSpec } from './child-spec.js'
import type { DynamicPlan } from './dynamic-supervisor-server.js'
import * as DynamicSupervisor from './dynamic-supervisor.js'
import { ask, settled } from './requests.js'

export interface TaskSupervisorOptions extends Omit<DynamicSupervisor.DynamicSupervisorOptions, 'strategy' | 'extraArguments'> {
  /**
   * Runs the tasks in the threads of this pool, of `@starfish/pool`, instead of a thread for each. By name, so that it may be
   * restarted. See docs/task.md.
   */
  readonly pool?: Pid | string | Definition | { readonly pid: Pid }
}

/**
 * Starts a supervisor for tasks.
 *
 * @example
 * await using tasks = await TaskSupervisor.startLink({ name: 'Tasks', maxChildren: 8 })
 * const task = await TaskSupervisor.asyncNolink('Tasks', hash, file)
 */
export async function startLink(options: TaskSupervisorOptions = {}): Promise<Started> {
  const { signal, ...own } = checked(options)
  const [definition, plan] = spec(own).start as readonly [Definition, unknown]
  return (await launch(definition, plan, own.name ?? null, signal)) as Started
}

/** A supervisor for tasks as a child of another supervisor. */
export function spec(options: Omit<TaskSupervisorOptions, 'signal'> & Pick<Partial<ChildSpec>, 'id' | 'restart' | 'shutdown' | 'significant'> = {}): ChildSpec {
  const { pool, ...own } = checked(options)
  const plain = DynamicSupervisor.spec({ id: own.name ?? 'TaskSupervisor', ...own })
  if (pool === undefined) return plain
  const [definition, plan, start] = plain.start as readonly [Definition, DynamicPlan, StartOptions]
  return { ...plain, start: [definition, { ...plan, pool: labelOfPool(pool) } satisfies DynamicPlan, start] }
}

function checked<O extends object>(options: O): O {
  checkKeys(options, ['maxRestarts', 'maxSeconds', 'backoff', 'maxChildren', 'pool', 'name', 'signal', 'id', 'restart', 'shutdown', 'significant'], 'TaskSupervisor option', 'ERR_BAD_CHILD_SPEC')
  return options
}

export interface TaskChildOptions {
  /** How the supervisor stops it; 5000 ms by default. */
  readonly shutdown?: Shutdown
}

const start = async (supervisor: Address, definition: TaskDefinition<any, unknown>, order: TaskOrder, restart: Restart, shutdown: Shutdown): Promise<Pid> => {
  checkTask(definition)
  const ref = definition[DEFINITION]
  const child: FullChildSpec = { id: ref.name, start: [ref, order, { name: null }], restart, shutdown: checkShutdown(shutdown), type: 'worker', significant: false }
  return settled(await ask(supervisor, ['startChild', child], 'TaskSupervisor.startChild'), `task ${ref.name}`).pid!
}

async function supervised<A, R>(supervisor: Address, definition: TaskDefinition<A, R>, argument: A, options: TaskChildOptions, link: boolean): Promise<Task<Result<R>>> {
  checkKeys(options, ['shutdown'], 'option')
  const owner = here.self
  const ref = here.makeRef()
  const pid = await start(supervisor, definition, { owner: owner.pid, ref, waits: true }, 'temporary', options.shutdown ?? 5000)
  const id = parsePid(pid)!
  if (link) {
    owner.links.add(id)
    here.role.link(owner.id, id)
  }
  owner.monitors.set(ref, id)
  here.role.monitor(owner.id, id, ref, undefined)
  const task: Task<Result<R>> = { pid, ref, owner: owner.pid }
  try {
    postLetter(Kind.info, id, owner.id, 0, ['TASK_GO', argument])
  } catch (error) {
    await shutdownTask(task, 'brutal_kill') // it waits for what cannot be sent
    throw error
  }
  return task
}

/** Starts a task under the supervisor, linked to the caller as well. Rejects with ERR_CHILD `'max_children'`. */
const asyncTask = <A, R>(supervisor: Address, definition: TaskDefinition<A, R>, argument: A, options: TaskChildOptions = {}): Promise<Task<Result<R>>> =>
  supervised(supervisor, definition, argument, options, true)

/** Starts a task under the supervisor, not linked to the caller, which survives its failure and gets a `DOWN`. */
export const asyncNolink = <A, R>(supervisor: Address, definition: TaskDefinition<A, R>, argument: A, options: TaskChildOptions = {}): Promise<Task<Result<R>>> =>
  supervised(supervisor, definition, argument, options, false)

/** Starts a task for its effect: nobody gets its result. `restart` is `'temporary'` by default. */
export function startChild<A>(supervisor: Address, definition: TaskDefinition<A, unknown>, argument: A, options: TaskChildOptions & { readonly restart?: Restart } = {}): Promise<Pid> {
  checkKeys(options, ['shutdown', 'restart'], 'option')
  return start(supervisor, definition, { argument }, checkRestart(options.restart ?? 'temporary'), options.shutdown ?? 5000)
}

export interface SupervisedStreamOptions extends Limits, TaskChildOptions {}

/** `Task.asyncStream` with tasks of the supervisor, linked to the caller. */
export const asyncStream = <A, R>(supervisor: Address, items: Iterable<A> | AsyncIterable<A>, definition: TaskDefinition<A, R>, options: SupervisedStreamOptions = {}): AsyncGenerator<Outcome<Result<R>>, void, void> =>
  supervisedStream(supervisor, items, definition, options, true)

/** `Task.asyncStream` with tasks of the supervisor that are not linked to the caller: their failures are outcomes. */
export const asyncStreamNolink = <A, R>(supervisor: Address, items: Iterable<A> | AsyncIterable<A>, definition: TaskDefinition<A, R>, options: SupervisedStreamOptions = {}): AsyncGenerator<Outcome<Result<R>>, void, void> =>
  supervisedStream(supervisor, items, definition, options, false)

function supervisedStream<A, R>(supervisor: Address, items: Iterable<A> | AsyncIterable<A>, definition: TaskDefinition<A, R>, options: SupervisedStreamOptions, link: boolean): AsyncGenerator<Outcome<Result<R>>, void, void> {
  checkTask(definition)
  checkKeys(options, [...LIMITS, 'shutdown'], 'stream option')
  const { shutdown, ...limits } = options
  const child: TaskChildOptions = shutdown === undefined ? {} : { shutdown: checkShutdown(shutdown) }
  checkAddress(supervisor)
  return stream(items, (item) => supervised(supervisor, definition, item, child, link), limits)
}

/** Stops a task. Rejects with ERR_CHILD `'not_found'`. */
export const terminateChild = (supervisor: Address, pid: Pid): Promise<void> => DynamicSupervisor.terminateChild(supervisor, pid)

/** The tasks that run. */
export async function children(supervisor: Address): Promise<Pid[]> {
  return (await DynamicSupervisor.whichChildren(supervisor)).flatMap(({ pid }) => (pid === 'restarting' ? [] : [pid]))
}

/** As `GenServer.stop`. */
export const stop = (supervisor: Address, reason: Reason = 'normal', timeout = Infinity): Promise<void> => DynamicSupervisor.stop(supervisor, reason, timeout)

export { asyncTask as async }
