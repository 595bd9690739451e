// `define`: a pool as the definition of a process, which a supervisor takes as a child. The process is on the main
// thread, so that its threads are the program's own children; it takes orders, and its end is what a supervisor hears of.

import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type CallContext, type Context, type Definition, GenServer, noreply, ok, type Pid, Process, type Reason, type Ref, reply, stop, UsageError } from 'starfish'
import { type DefinitionRef, type PoolOrder, refOfDefinition } from 'starfish/internal'
import { checkOptions, fullOptions, merge, type PoolOptions } from './options.js'
import type { Pool } from './pool.js'
import type { Order } from './wire.js'

/** What a pool can be asked to run, by name. */
export type Tasks = Readonly<Record<string, (argument: any) => unknown>>

type GenServerOptions = Parameters<typeof GenServer.define<unknown, unknown, never>>[1]

interface Common extends PoolOptions, Pick<GenServerOptions, 'name' | 'restart' | 'shutdown'> {}

/** A pool of the tasks that are given here. */
export interface TasksOptions<T> extends Common {
  readonly tasks: T
}

/** A pool of the functions that a file exports, as Piscina's `filename`. */
export interface FileOptions extends Common {
  readonly file: URL | string
}

/** A pool, as a child of a supervisor or to be started. The argument of a start is options, which go before its own. */
export interface PoolDefinition<T> extends Definition {
  readonly tasks: T
  readonly init: (argument: PoolOptions | void) => unknown
  /** Only for the type checker. */
  readonly $types?: { readonly argument: PoolOptions | void; readonly state: unknown; readonly calls: {}; readonly casts: {}; readonly ignores: false }
}

/**
 * Defines a pool of threads for tasks that take time and keep nothing. `where` is the place of this file,
 * `import.meta.url` (in CommonJS `__filename`), with `#Name` behind it unless the pool is the default export: each
 * thread imports the file and finds its `tasks` there. Or `file` names a file whose exported functions are the tasks,
 * such as one that was written for Piscina.
 *
 * A thread runs one task at a time. A task that throws rejects its own `run`. A thread that dies (`process.exit`, an
 * error in a timer, no memory left) rejects the `run` of its task and is replaced; when more than `maxDeaths` die within
 * `maxSeconds`, or fail to load in a row, the pool exits with `['max_deaths', reason]`, and its supervisor decides.
 *
 * @throws ERR_BAD_DEFINITION, ERR_BAD_ARGUMENT when the place or an option is not what it should be
 * @example
 * export default Pool.define(import.meta.url, {
 *   name: 'Digests',
 *   tasks: { sha256: (text: string) => createHash('sha256').update(text).digest('hex') },
 * })
 */
export function define<T extends Tasks>(where: string, options: TasksOptions<T>): PoolDefinition<T>
export function define<T = Tasks>(where: string, options: FileOptions): PoolDefinition<T>
export function define(where: string, options: TasksOptions<Tasks> | FileOptions): PoolDefinition<Tasks> {
  const { tasks, file, name, restart, shutdown, ...own } = options as Partial<TasksOptions<Tasks> & FileOptions>
  const url = file === undefined ? undefined : urlOf(file)
  if (url === undefined) checkTasks(tasks)
  else if (tasks !== undefined) throw new UsageError('ERR_BAD_DEFINITION', 'expected tasks or a file, got both; write one of them')
  checkOptions(own)
  const definition: Definition = GenServer.define(where, {
    ...(name === undefined ? {} : { name }),
    ...(restart === undefined ? {} : { restart }),
    ...(shutdown === undefined ? {} : { shutdown }),
    ...callbacks(own, url, patienceOf(shutdown), () => refOfDefinition(definition)),
  })
  return Object.assign(definition, { tasks: tasks ?? {} }) as unknown as PoolDefinition<Tasks>
}

/** How long tasks that run have when the pool is stopped, in ms: no longer than a supervisor would wait for it. */
const patienceOf = (shutdown: GenServerOptions['shutdown'] = 5000): number => (shutdown === 'infinity' ? Infinity : shutdown === 'brutal_kill' ? 0 : shutdown)

// The threads of a pool load this file as well, with the definition, and need nothing of Piscina and all that: it would
// double the time that they take to be ready.
const serverSide = (): typeof import('./pool.js') => require('./pool.js') as typeof import('./pool.js')

const callbacks = (own: PoolOptions, file: string | undefined, patience: number, self: () => DefinitionRef) => ({
  host: 'main' as const,

  init: async (over: PoolOptions | void, context: Context) => {
    Process.flag('trapExit', true)
    const options = merge(own, over ?? undefined)
    checkOptions(options)
    const definition = self()
    const { Pool } = serverSide()
    const pool = new Pool(file === undefined ? { definition } : { url: file }, definition.name, fullOptions(options), context.self)
    try {
      await pool.crew.start()
    } catch (reason) {
      pool.crew.end()
      return stop(reason as Reason)
    }
    return ok(pool)
  },

  handleCall: {
    run: (pool: Pool, order: Order, { from }: CallContext) => {
      pool.run(from, order)
      return noreply(pool)
    },
    run_task: (pool: Pool, { definition, argument }: PoolOrder, { from }: CallContext) => {
      pool.runTask(from, definition, argument)
      return noreply(pool)
    },
    info: (pool: Pool) => reply(pool.crew.info, pool),
    resetTimes: (pool: Pool) => {
      pool.crew.resetTimes()
      return reply(undefined, pool)
    },
  },

  handleCast: {
    cancel: (pool: Pool, [pid, id]: readonly [Pid, number]) => {
      pool.crew.cancel(pid, id)
      return noreply(pool)
    },
  },

  handleInfo: (pool: Pool, message: unknown) => {
    const [tag, subject, reason] = Array.isArray(message) ? (message as [unknown, unknown, Reason]) : [message]
    if (tag === 'DOWN') pool.crew.down(subject as Ref)
    if (tag === 'max_deaths') return stop(['max_deaths', subject as Reason], pool)
    if (tag === 'EXIT' && reason !== 'normal') return stop(reason!, pool) // it traps exits only to hear of its parent's
    return noreply(pool)
  },

  // Else the end of the process tells those who wait, and ends the threads.
  terminate: async (reason: Reason, pool: Pool) => {
    if (isOrderly(reason)) await pool.crew.close(reason, patience)
  },

  formatStatus: ({ state, message }: { readonly state: unknown; readonly message: unknown }) => ({ state: (state as Pool).crew.info, message }),
})

const isOrderly = (reason: Reason): boolean => reason === 'normal' || reason === 'shutdown' || (Array.isArray(reason) && reason[0] === 'shutdown')

function checkTasks(tasks: unknown): void {
  const instead = 'tasks: { double: (n: number) => n * 2 }'
  if (typeof tasks !== 'object' || tasks === null || Object.keys(tasks).length === 0) throw new UsageError('ERR_BAD_DEFINITION', `expected tasks, functions by name, got ${String(tasks)}; write ${instead}`)
  for (const [name, task] of Object.entries(tasks)) {
    if (typeof task !== 'function') throw new UsageError('ERR_BAD_DEFINITION', `expected a function as the task ${name}, got ${typeof task}; write ${instead}`)
  }
}

function urlOf(file: unknown): string {
  const text = String(file)
  if (text.startsWith('file:')) return text
  if (isAbsolute(text)) return pathToFileURL(text).href
  throw new UsageError('ERR_BAD_DEFINITION', `expected a file: URL or an absolute path, got ${text}; write file: new URL('./worker.js', import.meta.url)`)
}
