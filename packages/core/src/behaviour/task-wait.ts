// What the owner of a task does with it: waits for its result, stops it, forgets it.

import { CallError, misuse } from '../term/errors.js'
import { formatReason } from '../term/format.js'
import type { Pid } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import type { Ref } from '../term/ref.js'
import { clock } from '../process/clock.js'
import { here } from '../process/here.js'
import type { Letter } from '../process/mailbox.js'
import { demonitor, exit, monitor, unlink } from '../process/process.js'
import { checkKeys } from '../process/keys.js'
import { checkTimeout } from '../process/start-options.js'

export const DEFAULT_TIMEOUT = 5000

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
  checkTasks(tasks)
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
  checkTasks(tasks)
  checkKeys(options, ['timeout', 'limit', 'onTimeout'], 'option')
  const { timeout = DEFAULT_TIMEOUT, limit = tasks.length, onTimeout = 'nothing' } = options
  checkTimeout(timeout)
  if (!Number.isInteger(limit) || limit < 0) misuse('ERR_BAD_ARGUMENT', 'limit to be a whole number from 0', limit, 'limit: 1')
  if (onTimeout !== 'nothing' && onTimeout !== 'ignore' && onTimeout !== 'kill_task') misuse('ERR_BAD_ARGUMENT', 'what to do onTimeout', onTimeout, "onTimeout: 'nothing', 'ignore' or 'kill_task'")
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
 * is the ms after which it is killed, 5000 by default, or `'brutal_kill'`. Throws ERR_BAD_ARGUMENT for `Task.completed`.
 */
export async function shutdown<R>(task: Task<R>, timeout: number | 'brutal_kill' = DEFAULT_TIMEOUT): Promise<Outcome<R> | undefined> {
  checkOwner(task)
  if (timeout !== 'brutal_kill') checkTimeout(timeout)
  const { self } = here
  const { pid, ref } = task
  if (pid === undefined) misuse('ERR_BAD_ARGUMENT', 'a task with a process', 'one that was completed from the start', 'Task.await or Task.ignore')
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

// ---- helpers

function checkOwner(task: Task<unknown>): void {
  if (typeof task !== 'object' || task === null || typeof task.ref !== 'string') misuse('ERR_BAD_ARGUMENT', 'a task', task, 'what Task.async gave')
  if (task.owner !== here.self.pid) misuse('ERR_BAD_ARGUMENT', `a task of ${here.self.pid}: only the process that started a task can wait for it`, task.owner, 'the wait in its owner')
}

function checkTasks(tasks: unknown): asserts tasks is readonly Task[] {
  if (!Array.isArray(tasks)) misuse('ERR_BAD_ARGUMENT', 'a list of tasks', tasks, '[task, another]')
  tasks.forEach(checkOwner)
}

export const isDown = (letter: Letter): boolean => (letter.body as unknown[])[0] === 'DOWN'

export const outcomeOf = <R>(letter: Letter): Outcome<R> =>
  isDown(letter) ? ['exit', (letter.body as unknown[])[3] as Reason] : ['ok', (letter.body as unknown[])[2] as R]

const forget = (ref: Ref): void => void demonitor(ref, { flush: true })

export const nextOf = (refs: ReadonlySet<Ref>, deadline: number): Promise<Letter | undefined> =>
  here.self.wait((letter) => refs.has(letter.tag as Ref), deadline === Infinity ? Infinity : Math.max(0, deadline - clock.now()))

export { awaitTask as await, yieldTask as yield }
