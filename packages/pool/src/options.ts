// The options of a pool: checked where they are written, completed when it starts.

import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { UsageError } from 'starfish'
import { checkKeys, checkThread } from 'starfish/internal'

export interface PoolOptions {
  /** How many threads there are at least, also when there is nothing to do; 1 by default. The start waits for them. */
  readonly minThreads?: number
  /** How many threads there are at most; the number of cores by default. */
  readonly maxThreads?: number
  /** How many tasks may wait for a thread; one more is refused with `'overload'`. `Infinity` by default. */
  readonly maxQueue?: number
  /** Ms that a task may run, from when it starts; past that its thread is ended. `Infinity` by default. */
  readonly timeout?: number
  /** Ms after which a thread beyond `minThreads` that has nothing to do is let go; 10,000 by default. */
  readonly idleTimeout?: number
  /** Ms that a thread may take to load the module of the tasks; 60,000 by default. */
  readonly bootTimeout?: number
  /** How many threads may die within `maxSeconds`, or fail to load in a row at any pace; one more, and the pool exits. 3 by default. */
  readonly maxDeaths?: number
  /** The window of `maxDeaths` in seconds; 5 by default. */
  readonly maxSeconds?: number
  /** How the threads are made. */
  readonly thread?: PoolThreadOptions
}

export interface PoolThreadOptions {
  /** Heap limits in MB, as in `new Worker`. */
  readonly resourceLimits?: {
    readonly maxOldGenerationSizeMb?: number
    readonly maxYoungGenerationSizeMb?: number
    readonly codeRangeSizeMb?: number
    readonly stackSizeMb?: number
  }
  /** The threads' `process.env`; a copy of the program's by default. */
  readonly env?: Readonly<Record<string, string>>
  /** What is added to the threads' `process.argv`. */
  readonly argv?: readonly string[]
  /** Node options of the threads. By default the program's own without its preloads and loaders. */
  readonly execArgv?: readonly string[]
  /** What Piscina's `workerData` is in the threads. */
  readonly workerData?: unknown
  /** By how much the priority of the threads is lowered; 0 by default. Needs `@napi-rs/nice`, which npm installs along with Piscina where it exists. */
  readonly niceIncrement?: number
}

export type FullOptions = Required<PoolOptions>

/** Timers of Node know no more. */
export const LONGEST = 2 ** 31 - 1

interface Rule {
  readonly what: string
  readonly holds: (value: number) => boolean
  readonly instead: string
}

const count = (least: number, instead: string): Rule => ({ what: `a whole number from ${least}`, holds: (value) => Number.isInteger(value) && value >= least, instead })
const ms = (instead: string): Rule => ({ what: `ms from 1 to ${LONGEST}, or Infinity`, holds: (value) => (value >= 1 && value <= LONGEST) || value === Infinity, instead })

const RULES: Record<Exclude<keyof PoolOptions, 'thread'>, Rule> = {
  minThreads: count(0, 'minThreads: 1'),
  maxThreads: count(1, 'maxThreads: 4'),
  maxQueue: { what: 'a whole number from 0, or Infinity', holds: (value) => value === Infinity || (Number.isInteger(value) && value >= 0), instead: 'maxQueue: 100' },
  timeout: ms('timeout: 1000'),
  idleTimeout: ms('idleTimeout: 10_000'),
  bootTimeout: ms('bootTimeout: 60_000'),
  maxDeaths: count(0, 'maxDeaths: 3'),
  maxSeconds: count(1, 'maxSeconds: 5'),
}

export const OPTIONS = [...Object.keys(RULES), 'thread']
const THREAD_OPTIONS = ['resourceLimits', 'env', 'argv', 'execArgv', 'workerData', 'niceIncrement']

const refuse = (what: string, got: unknown, instead: string): never => {
  throw new UsageError('ERR_BAD_ARGUMENT', `expected ${what}, got ${String(got)}; write ${instead}`)
}

/** Throws ERR_BAD_ARGUMENT. */
export function checkOptions(options: PoolOptions): void {
  checkKeys(options, OPTIONS, 'option of a pool')
  for (const [name, { what, holds, instead }] of Object.entries(RULES)) {
    const value: unknown = options[name as keyof PoolOptions]
    if (value !== undefined && (typeof value !== 'number' || !holds(value))) refuse(`${name} to be ${what}`, value, instead)
  }
  if (options.thread !== undefined) checkThreads(options.thread)
  const { minThreads, maxThreads } = options
  if (minThreads !== undefined && maxThreads !== undefined && minThreads > maxThreads) refuse(`minThreads up to maxThreads, ${maxThreads}`, minThreads, `minThreads: ${maxThreads}`)
}

function checkThreads(thread: PoolThreadOptions): void {
  checkKeys(thread, THREAD_OPTIONS, 'thread option of a pool')
  const { resourceLimits, env, execArgv, argv, niceIncrement = 0 } = thread
  checkThread({ resourceLimits, env, execArgv })
  if (argv !== undefined && !Array.isArray(argv)) refuse('a list of words for process.argv', argv, "argv: ['--fast']")
  if (!Number.isInteger(niceIncrement) || niceIncrement < 0) refuse('niceIncrement to be a whole number from 0', niceIncrement, 'niceIncrement: 10')
  if (niceIncrement > 0 && !canBeNice()) refuse('the package @napi-rs/nice, for niceIncrement', 'none', 'npm install @napi-rs/nice, or leave niceIncrement out')
}

// Piscina would go on without it, and say nothing.
function canBeNice(): boolean {
  try {
    createRequire(require.resolve('piscina')).resolve('@napi-rs/nice')
    return true
  } catch {
    return false
  }
}

/** What is not said: one thread is kept ready, and there are as many as there are cores. */
export function fullOptions(options: PoolOptions): FullOptions {
  const maxThreads = options.maxThreads ?? Math.max(availableParallelism(), options.minThreads ?? 1)
  return {
    maxThreads,
    minThreads: Math.min(options.minThreads ?? 1, maxThreads),
    maxQueue: options.maxQueue ?? Infinity,
    timeout: options.timeout ?? Infinity,
    idleTimeout: options.idleTimeout ?? 10_000,
    bootTimeout: options.bootTimeout ?? 60_000,
    maxDeaths: options.maxDeaths ?? 3,
    maxSeconds: options.maxSeconds ?? 5,
    thread: options.thread ?? {},
  }
}

/** `options` with those of `over` instead, where they say something. */
export const merge = (options: PoolOptions, over: PoolOptions | undefined): PoolOptions => ({ ...options, ...over, ...(options.thread && over?.thread ? { thread: { ...options.thread, ...over.thread } } : {}) })

/** A timer that may be of no limit. */
export const after = (time: number, callback: () => void): NodeJS.Timeout | undefined => (time === Infinity ? undefined : setTimeout(callback, time))
