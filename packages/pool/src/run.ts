// The client side of a pool: `run` and its kin, the same from the main program and from any process.

import { CallError, type ChildSpec, type Definition, GenServer, type Message, type Pid, Process, type Reason, type Started, type StartOptions, Supervisor, type Transferred, UsageError } from 'starfish'
import { checkKeys, checkSignal, decodeTerm, refOfDefinition } from 'starfish/internal'
import type { PoolInfo } from './crew.js'
import type { PoolDefinition } from './define.js'
import { LONGEST, type PoolOptions } from './options.js'
import type { Order, Outcome } from './wire.js'

export interface RunOptions {
  /** Ms that the task may run, from when it starts; past that its thread is ended. The pool's own limit by default. */
  readonly timeout?: number
  /** Gives the task up: it is not started any more, or its thread is ended. `AbortSignal.timeout(ms)` limits waiting and running together. */
  readonly signal?: AbortSignal
  /** Objects in the argument to move into the thread instead of copying them. They are gone here afterwards. */
  readonly transfer?: readonly unknown[]
}

/** The tasks among what a module exports, for a pool of a file. */
type TasksIn<T> = { [K in keyof T as T[K] extends (...args: any[]) => unknown ? K : never]: T[K] }

type MessageFor<Name, F> = F extends (...args: infer A) => unknown
  ? A extends readonly [] ? Name : undefined extends A[0] ? Name | readonly [Name, A[0]?] : readonly [Name, A[0]]
  : never

/** `'name'` for a task that takes nothing, `['name', argument]` for one that does. */
export type RunMessage<T> = { [K in keyof TasksIn<T> & string]: MessageFor<K, TasksIn<T>[K]> }[keyof TasksIn<T> & string]

type NameIn<M> = M extends readonly [infer Name, ...unknown[]] ? Name : M

/** What the task of message `M` gives. */
export type ResultOf<T, M> = T[NameIn<M> & keyof T] extends (...args: any[]) => infer R ? (Awaited<R> extends Transferred<infer V> ? V : Awaited<R>) : unknown

/** A pool to talk to. */
export type PoolServer<T> = PoolDefinition<T> | Started<PoolDefinition<T>>

/**
 * Runs a task on a free thread of the pool, and gives what it returns. By name or definition it waits while a supervisor
 * restarts the pool.
 *
 * Settles in any case. Rejects with what the task threw, its own fields and cause kept; or with a CallError whose `reason`
 * is `'timeout'` (it ran too long, and its thread was ended), `'overload'` (`maxQueue` tasks wait), `'aborted'`, `'noproc'`,
 * what its thread died of (`['process_exit', 3]`, `['out_of_memory', error]`), or what the pool ended with.
 *
 * @throws ERR_NOT_CLONEABLE when the argument or the result cannot be copied, ERR_BAD_ARGUMENT when there is no such task
 * @example
 * const digest = await Pool.run(Digests, ['sha256', text], { timeout: 1000 })
 */
export function run<T, const M extends RunMessage<T>>(pool: PoolServer<T>, message: M, options?: RunOptions): Promise<ResultOf<T, M>>
export function run<R = unknown>(pool: Pid | string, message: Message, options?: RunOptions): Promise<R>
export async function run(pool: unknown, message: unknown, options: RunOptions = {}): Promise<unknown> {
  const order = orderOf(message, options)
  const { signal, transfer } = options
  const { id } = order
  const giveUp = (): void => void GenServer.cast(pool as Pid, ['cancel', [Process.self(), id]])
  const failed = (reason: Reason, why: string, options?: ErrorOptions): CallError => new CallError(reason, ['Pool', 'run', [nameOf(pool), order.task]], why, options)
  let outcome: Outcome
  try {
    outcome = await GenServer.call<Outcome>(pool as Pid, ['run', order], { timeout: Infinity, ...(signal ? { signal } : {}), ...(transfer ? { transfer } : {}) })
  } catch (error) {
    if (!isCallError(error)) throw error
    const { reason, cause } = error as CallError
    if (reason === 'aborted') giveUp()
    throw failed(reason, WHY[reason as string] ?? `the pool ended: ${wordOf(reason)}`, cause === undefined ? causeOf(reason) : { cause })
  }
  switch (outcome[0]) {
    case 'ok':
      return outcome[1]
    case 'error':
      throw decodeTerm(outcome[1])
    case 'timeout':
      throw failed('timeout', `${order.task} ran for more than ${outcome[1]} ms, and its thread was ended`)
    case 'overload':
      throw failed('overload', 'as many tasks wait as its maxQueue allows')
    case 'unknown':
      throw new UsageError('ERR_BAD_ARGUMENT', `expected a task of ${nameOf(pool)}, got '${order.task}'; write one of ${outcome[1].join(', ')}`)
    case 'exit':
    case 'closed': {
      const reason = decodeTerm(outcome[1]) as Reason
      throw failed(reason, `${outcome[0] === 'exit' ? `the thread of ${order.task}` : 'the pool'} ended: ${wordOf(reason)}`, causeOf(reason))
    }
  }
}

let ids = 0

function orderOf(message: unknown, options: RunOptions): Order {
  checkKeys(options, ['timeout', 'signal', 'transfer'], 'option of run')
  const { timeout, signal, transfer } = options
  const [task, argument] = Array.isArray(message) ? (message as [unknown, unknown]) : [message]
  if (typeof task !== 'string' || (Array.isArray(message) && message.length > 2)) throw new UsageError('ERR_BAD_ARGUMENT', `expected the name of a task and its argument, got ${String(message)}; write 'name' or ['name', argument]`)
  if (timeout !== undefined && !(typeof timeout === 'number' && ((timeout >= 1 && timeout <= LONGEST) || timeout === Infinity))) throw new UsageError('ERR_BAD_ARGUMENT', `expected a timeout in ms, got ${String(timeout)}; write a number from 1 to ${LONGEST}, or Infinity`)
  if (signal !== undefined) checkSignal(signal)
  if (transfer !== undefined && !Array.isArray(transfer)) throw new UsageError('ERR_BAD_ARGUMENT', `expected a list of objects to transfer, got ${String(transfer)}; write { transfer: [buffer] }`)
  return { task, argument, ...(timeout === undefined ? {} : { timeout }), ...(transfer ? { transfer } : {}), ...(signal ? { id: ++ids } : {}) }
}

const WHY: Record<string, string | undefined> = {
  noproc: 'no such pool is there',
  aborted: 'the signal fired before it had run',
  overload: 'the pool has as many messages as its maxMailbox allows',
  calling_self: 'a pool cannot run a task of its own',
}

const wordOf = (reason: Reason): string => (Array.isArray(reason) ? String(reason[0]) : (reason as string))

const isCallError = (error: unknown): boolean => String((error as CallError | undefined)?.code).startsWith('ERR_CALL_')

const causeOf = (reason: Reason): ErrorOptions | undefined => (Array.isArray(reason) && typeof (reason[1] as Error | undefined)?.message === 'string' ? { cause: reason[1] } : undefined)

function nameOf(pool: unknown): string {
  if (typeof pool === 'string') return pool
  return (pool as { pid?: Pid }).pid ?? refOfDefinition(pool as Definition).name
}

/**
 * Starts a pool, linked to the caller, and waits until its first threads have loaded the module. `await using` stops it.
 *
 * @throws ERR_START when they cannot: `reason` is `['undef', error]` when the module cannot be loaded
 * @example
 * await using digests = await Pool.startLink(Digests, { maxThreads: 2 })
 */
export const startLink = <T>(definition: PoolDefinition<T>, options?: PoolOptions, start: Pick<StartOptions, 'name' | 'timeout'> = {}): Promise<Started<PoolDefinition<T>>> =>
  GenServer.startLink(definition as never, options as never, start) as never

/** A pool as a child with other options, or another id or name: `Pool.childSpec(Digests, { maxThreads: 2 }, { id: 'small' })`. */
export const childSpec = <T>(definition: PoolDefinition<T>, options?: PoolOptions, changes: Partial<Omit<ChildSpec, 'start'>> = {}): ChildSpec =>
  Supervisor.childSpec([definition, options] as never, changes)

/** What the pool is doing, and how long tasks took and waited. Rejects as a call does. */
export const info = (pool: PoolServer<any> | Pid | string): Promise<PoolInfo> => GenServer.call<PoolInfo>(pool as Pid, 'info')

/** Begins to count run and wait times anew. */
export const resetTimes = async (pool: PoolServer<any> | Pid | string): Promise<void> => void (await GenServer.call(pool as Pid, 'resetTimes'))
