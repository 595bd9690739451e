// Task: one computation in a process of its own, and its result. A task is a named export of a module, never a closure:
// closures do not cross threads. Semantics: Elixir's Task.

import { availableParallelism } from 'node:os'
import type { Host, StartOptions } from '../term/definition.js'
import { CallError, misuse, StartError } from '../term/errors.js'
import { formatReason } from '../term/format.js'
import { formatPid, parsePid, type Pid } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import type { Ref } from '../term/ref.js'
import { clock } from '../process/clock.js'
import { DEFINITION, isDefinition, refOf, remember, type Definition } from '../process/definition.js'
import { here } from '../process/here.js'
import type { LocalProcess } from '../process/local-process.js'
import type { Letter } from '../process/mailbox.js'
import { demonitor, exit, monitor, unlink } from '../process/process.js'
import { checkKeys, checkTimeout, startProcess } from '../process/start.js'
import { type Result, runTask, TRANSFER, type TaskOrder, type Transferred } from './task-process.js'
import type { Context } from './types.js'

const DEFAULT_TIMEOUT = 5000

/** A function that tasks run, exported by a module. */
export interface TaskDefinition<A, R> extends Definition {
  readonly run: (argument: A, context: Context) => R
}

/** A computation under way. Plain data, but only its owner can wait for it. */
export interface Task<R = unknown> {
  readonly pid: Pid | undefined
  readonly ref: Ref
  readonly owner: Pid
  /** Only for the type checker. */
  readonly $result?: R
}

/** `['ok', value]`, or `['exit', reason]` of a task that ended without one. */
export type Outcome<R> = readonly ['ok', R] | readonly ['exit', Reason]

/**
 * Defines what a task runs. `where` names the file and the export.
 *
 * @example
 * export const hash = Task.define(import.meta.url + '#hash', (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex'))
 */
export function define<A, R>(where: string, run: (argument: A, context: Context) => R, options: { readonly name?: string; readonly host?: Host } = {}): TaskDefinition<A, R> {
  if (typeof run !== 'function') misuse('ERR_BAD_DEFINITION', 'a function', run, "Task.define(import.meta.url + '#name', (argument) => ...)")
  checkKeys(options, ['name', 'host'], 'option')
  const ref = refOf('process', where, options.name, options.host ?? 'thread', { restart: 'temporary' })
  return remember({
    run,
    [DEFINITION]: { ...ref, registered: false },
    begin: (process: LocalProcess, order: unknown) => void runTask(process, run as never, order as TaskOrder),
  })
}

/** A result whose `transfer` objects are moved to the owner instead of copied. */
export const transfer = <V>(value: V, objects: readonly unknown[]): Transferred<V> => ({ value, [TRANSFER]: objects })

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
  if (!isDefinition(definition)) misuse('ERR_BAD_ARGUMENT', 'a task', definition, 'what Task.define gave: a closure cannot go to another thread')
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

/**
 * Waits for the result. `timeout` in ms, 5000 by default.
 *
 * Rejects with a CallError: its `reason` is `'timeout'` (the task goes on, its answer is dropped) or what the task ended
 * with before it answered. Only the owner may wait, and only once.
 */
async function awaitTask<R>(task: Task<R>, timeout = DEFAULT_TIMEOUT): Promise<R> {
  return (await collect([task], timeout, ['Task', 'await', [task, timeout]]))[0] as R
}

/** Waits for the results of several tasks, in their order, `timeout` ms in all. Rejects as soon as one of them ends without. */
export async function awaitMany<R>(tasks: readonly Task<R>[], timeout = DEFAULT_TIMEOUT): Promise<R[]> {
  return collect(tasks, timeout, ['Task', 'awaitMany', [tasks, timeout]])
}

async function collect<R>(tasks: readonly Task<R>[], timeout: number, call: readonly [string, string, readonly unknown[]]): Promise<R[]> {
  checkTimeout(timeout)
  tasks.forEach(checkOwner)
  const failed = (reason: Reason, why: string): CallError => new CallError(reason, call, why)
  const waiting = new Set(tasks.map(({ ref }) => ref))
  const results = new Map<Ref, R>()
  const deadline = timeout === Infinity ? Infinity : clock.now() + timeout
  try {
    while (waiting.size > 0) {
      const letter = await nextOf(waiting, deadline)
      if (letter === undefined) throw failed('timeout', `timeout: no result within ${timeout} ms`)
      const [kind, ref] = letter.body as [string, Ref]
      if (kind !== 'TASK') {
        const reason = (letter.body as unknown[])[3] as Reason
        throw failed(reason, `the task ended first: ${formatReason(reason)}`)
      }
      waiting.delete(ref)
      forget(ref)
      results.set(ref, (letter.body as unknown[])[2] as R)
    }
  } finally {
    waiting.forEach(forget)
  }
  return tasks.map(({ ref }) => results.get(ref)!)
}

/** Waits at most `timeout` ms: the outcome, or undefined; then it can be asked again. */
async function yieldTask<R>(task: Task<R>, timeout = DEFAULT_TIMEOUT): Promise<Outcome<R> | undefined> {
  return (await yieldMany([task], { timeout }))[0]![1]
}

export interface YieldOptions {
  /** Ms in all; 5000 by default. */
  readonly timeout?: number
  /** How many outcomes are enough; all by default. */
  readonly limit?: number
  /** What becomes of tasks that are not done by then: `'nothing'` (the default), `'ignore'` or `'kill_task'`. */
  readonly onTimeout?: 'nothing' | 'ignore' | 'kill_task'
}

/** Waits for several tasks at once: each with its outcome, or undefined. */
export async function yieldMany<R>(tasks: readonly Task<R>[], options: YieldOptions = {}): Promise<[Task<R>, Outcome<R> | undefined][]> {
  const { timeout = DEFAULT_TIMEOUT, limit = tasks.length, onTimeout = 'nothing' } = options
  checkKeys(options, ['timeout', 'limit', 'onTimeout'], 'option')
  checkTimeout(timeout)
  tasks.forEach(checkOwner)
  const waiting = new Set(tasks.map(({ ref }) => ref))
  const outcomes = new Map<Ref, Outcome<R>>()
  const deadline = timeout === Infinity ? Infinity : clock.now() + timeout
  let timedOut = false
  while (waiting.size > 0 && outcomes.size < limit) {
    const letter = await nextOf(waiting, deadline)
    if (letter === undefined) {
      timedOut = true
      break
    }
    const ref = (letter.body as [string, Ref])[1]
    waiting.delete(ref)
    outcomes.set(ref, outcomeOf(letter))
    forget(ref)
  }
  for (const task of timedOut && onTimeout !== 'nothing' ? tasks : []) {
    if (outcomes.has(task.ref)) continue
    const late = onTimeout === 'ignore' ? ignore(task) : await shutdown(task, 'brutal_kill')
    if (late) outcomes.set(task.ref, late)
  }
  return tasks.map((task) => [task, outcomes.get(task.ref)])
}

/**
 * Stops a task: its outcome if it had one, `['exit', reason]` if it ended otherwise than told, else undefined. `timeout`
 * is the ms after which it is killed, 5000 by default, or `'brutal_kill'`.
 */
export async function shutdown<R>(task: Task<R>, timeout: number | 'brutal_kill' = DEFAULT_TIMEOUT): Promise<Outcome<R> | undefined> {
  checkOwner(task)
  if (timeout !== 'brutal_kill') checkTimeout(timeout)
  const { self } = here
  const { pid, ref } = task
  if (pid === undefined) return ignore(task)
  const watch = self.run(() => monitor(pid))
  self.run(() => unlink(pid)) // its end is not the owner's
  self.run(() => exit(pid, timeout === 'brutal_kill' ? 'kill' : 'shutdown'))
  let expected = timeout === 'brutal_kill' ? 'killed' : 'shutdown'
  let down = await self.wait((letter) => letter.tag === watch, timeout === 'brutal_kill' ? Infinity : timeout)
  if (down === undefined) {
    self.run(() => exit(pid, 'kill'))
    expected = 'shutdown' // killed for being late is worth telling
    down = (await self.wait((letter) => letter.tag === watch, Infinity))!
  }
  let reason = (down.body as unknown[])[3] as Reason
  // The task was gone before: what it ended with lies in the mailbox, unless it was taken out already.
  if (reason === 'noproc') reason = ((self.take((letter) => letter.tag === ref && isDown(letter))?.body as unknown[] | undefined)?.[3] as Reason | undefined) ?? 'noproc'
  const answer = self.take((letter) => letter.tag === ref && !isDown(letter))
  self.run(() => forget(ref))
  if (answer) return outcomeOf<R>(answer)
  return reason === expected ? undefined : ['exit', reason]
}

/** Forgets a task, which goes on: its outcome if it has one by now, else undefined. */
export function ignore<R>(task: Task<R>): Outcome<R> | undefined {
  checkOwner(task)
  here.drainAll()
  const letter = here.self.take((one) => one.tag === task.ref)
  if (task.pid !== undefined) unlink(task.pid)
  forget(task.ref)
  return letter && outcomeOf<R>(letter)
}

export interface StreamOptions extends StartOptions {
  /** How many tasks run at once; the number of cores by default. */
  readonly maxConcurrency?: number
  /** Whether outcomes come in the order of the items; true by default. Else as they are ready. */
  readonly ordered?: boolean
  /** Ms that each task may take; 5000 by default. */
  readonly timeout?: number
  /** What becomes of a task that takes longer: `'exit'` ends the stream with a CallError (the default), `'kill_task'` gives `['exit', 'timeout']`. */
  readonly onTimeout?: 'exit' | 'kill_task'
}

export type Launch<A, R> = (item: A) => Promise<Task<R>>

/** Runs a task for each item and gives the outcomes, at most `maxConcurrency` tasks and outcomes ahead of the reader. */
export function asyncStream<A, R>(items: Iterable<A> | AsyncIterable<A>, definition: TaskDefinition<A, R>, options: StreamOptions = {}): AsyncGenerator<Outcome<Result<R>>, void, void> {
  const { maxConcurrency, ordered, timeout, onTimeout, ...start } = options
  return stream(items, (item) => asyncTask(definition, item, start), { maxConcurrency, ordered, timeout, onTimeout })
}

/** The stream over any way to launch a task. */
export async function* stream<A, R>(items: Iterable<A> | AsyncIterable<A>, launch: Launch<A, R>, options: Omit<StreamOptions, keyof StartOptions> & { readonly timeout?: number | undefined; readonly maxConcurrency?: number | undefined; readonly ordered?: boolean | undefined; readonly onTimeout?: 'exit' | 'kill_task' | undefined }): AsyncGenerator<Outcome<R>, void, void> {
  const { maxConcurrency = cores(), ordered = true, timeout = DEFAULT_TIMEOUT, onTimeout = 'exit' } = options
  if (!Number.isInteger(maxConcurrency) || maxConcurrency < 1) misuse('ERR_BAD_ARGUMENT', 'maxConcurrency to be a whole number from 1', maxConcurrency, 'maxConcurrency: 4')
  checkTimeout(timeout)
  const source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  // In the order of the items; a finished one waits here for its turn.
  const running: { task: Task<R>; outcome: Promise<Outcome<R>>; done: boolean }[] = []
  let more = true
  try {
    for (;;) {
      while (more && running.length < maxConcurrency) {
        more = false // a source that fails is not told to return
        const next = await source.next()
        if (next.done) break
        more = true
        const task = await launch(next.value)
        const entry = { task, done: false, outcome: waitFor(task, timeout, onTimeout).finally(() => (entry.done = true)) }
        entry.outcome.catch(() => undefined) // looked at in its turn
        running.push(entry)
      }
      if (running.length === 0) return
      const index = ordered ? 0 : await firstDone(running)
      const outcome = await running[index]!.outcome
      running.splice(index, 1)
      yield outcome
    }
  } finally {
    await Promise.all(running.filter(({ done }) => !done).map(({ task }) => abandon(task)))
    if (more) await source.return?.()
  }
}

async function firstDone(running: readonly { outcome: Promise<unknown> }[]): Promise<number> {
  return Promise.race(running.map(({ outcome }, index) => outcome.then(() => index, () => index)))
}

async function waitFor<R>(task: Task<R>, timeout: number, onTimeout: 'exit' | 'kill_task'): Promise<Outcome<R>> {
  const outcome = await yieldTask(task, timeout)
  release(task)
  if (outcome !== undefined) return outcome
  const late = await abandon(task)
  if (late?.[0] === 'ok') return late as Outcome<R>
  if (onTimeout === 'kill_task') return ['exit', 'timeout']
  throw new CallError('timeout', ['Task', 'asyncStream', [timeout]], `timeout: a task took longer than ${timeout} ms`)
}

function abandon<R>(task: Task<R>): Promise<Outcome<R> | undefined> {
  release(task)
  return shutdown(task, 'brutal_kill')
}

// The outcome says how a task of a stream ended: the owner that traps exits gets no message besides.
function release({ pid }: Task<unknown>): void {
  if (pid === undefined) return
  unlink(pid)
  here.self.discard((letter) => letter.tag === 'EXIT' && letter.from === parsePid(pid))
}

// ---- helpers

const cores = (): number => availableParallelism()

function checkOwner(task: Task<unknown>): void {
  if (typeof task !== 'object' || task === null || typeof task.ref !== 'string') misuse('ERR_BAD_ARGUMENT', 'a task', task, 'what Task.async gave')
  if (task.owner !== here.self.pid) misuse('ERR_BAD_ARGUMENT', `a task of ${here.self.pid}: only the process that started a task can wait for it`, task.owner, 'the wait in its owner')
}

const isDown = (letter: Letter): boolean => (letter.body as unknown[])[0] === 'DOWN'

const outcomeOf = <R>(letter: Letter): Outcome<R> =>
  isDown(letter) ? ['exit', (letter.body as unknown[])[3] as Reason] : ['ok', (letter.body as unknown[])[2] as R]

const forget = (ref: Ref): void => void demonitor(ref, { flush: true })

const nextOf = (refs: ReadonlySet<Ref>, deadline: number): Promise<Letter | undefined> =>
  here.self.wait((letter) => refs.has(letter.tag as Ref), deadline === Infinity ? Infinity : Math.max(0, deadline - clock.now()))

export { asyncTask as async, awaitTask as await, yieldTask as yield }
