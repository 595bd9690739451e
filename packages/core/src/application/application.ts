// Application: a tree that is started and stopped as one, with its settings and the applications it needs. Lives on the
// main thread. Semantics: Elixir's Application and OTP's application_controller.

import { misuse, StartError } from '../term/errors.js'
import { formatReason } from '../term/format.js'
import type { Pid } from '../term/pid.js'
import { errorOf, isClean, type Reason } from '../term/reason.js'
import { encodeTerm } from '../wire/codec.js'
import { clock, LONGEST, wallTime } from '../process/clock.js'
import { here } from '../process/here.js'
import { exit, info, monitor } from '../process/process.js'
import { checkKeys } from '../process/keys.js'
import { checkTimeout } from '../process/start-options.js'

/** What becomes of the program when the application ends by itself: see docs/application.md. */
export type ApplicationType = 'temporary' | 'transient' | 'permanent'

export interface ApplicationDefinition<Args = unknown> {
  readonly name: string
  /** Those that must run before this one. */
  readonly applications: readonly ApplicationDefinition<any>[]
  readonly env: Readonly<Record<string, unknown>>
  /** Starts the top of the tree, a supervisor as a rule. */
  readonly start: (args: Args, type: ApplicationType) => Promise<Top | readonly [Top, unknown]>
  /** Before the tree is stopped; what it returns is the state that `stop` gets. */
  readonly prepStop?: (state: unknown) => unknown
  /** After the tree has stopped. */
  readonly stop?: (state: unknown) => unknown
}

type Top = { readonly pid: Pid } | 'ignore'

interface Running {
  readonly application: ApplicationDefinition<any>
  readonly type: ApplicationType
  readonly top: Pid
  state: unknown
  stopping: Promise<void> | undefined
}

const running = new Map<string, Running>() // in the order of their starts
const starting = new Map<string, Promise<void>>()
const settings = new Map<string, Map<string, unknown>>()
const KEYS = ['name', 'applications', 'env', 'start', 'prepStop', 'stop']

/**
 * Defines an application.
 *
 * @example
 * export default Application.define({
 *   name: 'counter',
 *   env: { tick: 1000 },
 *   start: () => Supervisor.startLink([One, Two, Three], { strategy: 'one_for_one', name: 'Counter.Supervisor' }),
 * })
 */
export function define<Args = undefined>(application: Omit<ApplicationDefinition<Args>, 'applications' | 'env'> & Partial<Pick<ApplicationDefinition<Args>, 'applications' | 'env'>>): ApplicationDefinition<Args> {
  checkKeys(application, KEYS, 'key of an application', 'ERR_BAD_DEFINITION')
  if (typeof application.name !== 'string' || application.name === '') misuse('ERR_BAD_DEFINITION', 'the name of an application', application.name, "name: 'counter'")
  if (typeof application.start !== 'function') misuse('ERR_BAD_DEFINITION', 'a function start', application.start, 'start: () => Supervisor.startLink(children, options)')
  for (const key of ['prepStop', 'stop'] as const) {
    if (application[key] !== undefined && typeof application[key] !== 'function') misuse('ERR_BAD_DEFINITION', `a function ${key}`, application[key], `${key}: (state) => ...`)
  }
  const { applications = [] } = application
  if (!Array.isArray(applications)) misuse('ERR_BAD_DEFINITION', 'a list of applications', applications, 'applications: [Database]')
  applications.forEach(checkApplication)
  if (application.env !== undefined && (typeof application.env !== 'object' || application.env === null)) misuse('ERR_BAD_DEFINITION', 'an object of settings', application.env, 'env: { tick: 1000 }')
  const env = envOf(application.name)
  for (const [key, value] of Object.entries(application.env ?? {})) if (!env.has(key)) env.set(key, value) // what was put before counts
  return { applications: [], env: {}, ...application }
}

function checkApplication(application: unknown): void {
  const { name, start } = (application ?? {}) as Partial<ApplicationDefinition>
  if (typeof name !== 'string' || typeof start !== 'function') misuse('ERR_BAD_ARGUMENT', 'an application', application, 'what Application.define gave')
}

function nameOf(application: Named): string {
  if (typeof application === 'string') return application
  checkApplication(application)
  return application.name
}

export interface ApplicationStart<Args> {
  /** `'temporary'` by default: its end is reported and that is all. */
  readonly type?: ApplicationType
  /** What `start` gets. */
  readonly args?: Args
}

/**
 * Starts an application. Fine when it runs already.
 * Rejects with ERR_START: the reason is `['not_started', name]` when one that it needs does not run, or what its tree
 * failed with, down to the child: `['shutdown', ['failed_to_start_child', id, reason]]`.
 */
export async function start<Args>(application: ApplicationDefinition<Args>, options: ApplicationStart<Args> = {}): Promise<void> {
  checkApplication(application)
  checkKeys(options, ['type', 'args'], 'option')
  const { type = 'temporary', args } = options
  if (type !== 'temporary' && type !== 'transient' && type !== 'permanent') misuse('ERR_BAD_ARGUMENT', 'a type of application', type, "'temporary', 'transient' or 'permanent'")
  if (running.has(application.name)) return
  const begun = starting.get(application.name) ?? begin(application, args as Args, type).finally(() => starting.delete(application.name))
  starting.set(application.name, begun)
  await begun
}

async function begin<Args>(application: ApplicationDefinition<Args>, args: Args, type: ApplicationType): Promise<void> {
  const missing = application.applications.find(({ name }) => !running.has(name))
  if (missing) throw new StartError(['not_started', missing.name], `application ${application.name}`)
  const { top, state } = await startTop(application, args, type)
  const one: Running = { application, type, top, state, stopping: undefined }
  running.set(application.name, one)
  void watch(one)
}

async function startTop<Args>(application: ApplicationDefinition<Args>, args: Args, type: ApplicationType): Promise<{ top: Pid; state: unknown }> {
  let result: Top | readonly [Top, unknown]
  try {
    result = await application.start(args, type)
  } catch (error) {
    const reason = (error as { code?: unknown } | undefined)?.code === 'ERR_START' ? (error as StartError).reason : (['bad_return', ['error', error]] as Reason)
    throw new StartError(reason, `application ${application.name}`, { cause: error })
  }
  const [top, state] = Array.isArray(result) ? (result as readonly [Top, unknown]) : [result as Top, undefined]
  const pid = typeof top === 'object' && top !== null ? top.pid : undefined
  if (typeof pid !== 'string') throw new StartError(['bad_return', result], `application ${application.name}`)
  return { top: pid, state }
}

/** Starts an application and, before it, all that it needs. Gives the names of those that were started, in order. If one fails, those started for it are stopped again. */
export async function ensureAllStarted<Args>(application: ApplicationDefinition<Args>, options: ApplicationStart<Args> = {}): Promise<string[]> {
  checkApplication(application)
  checkKeys(options, ['type', 'args'], 'option')
  const begun: string[] = []
  try {
    for (const needed of order(application)) {
      if (running.has(needed.name)) continue
      await start(needed, needed === application ? options : options.type === undefined ? {} : { type: options.type })
      begun.push(needed.name)
    }
  } catch (error) {
    for (const name of begun.reverse()) await stopByName(name)
    throw error
  }
  return begun
}

// Every application after those it needs.
function order(application: ApplicationDefinition<any>, path: readonly string[] = []): ApplicationDefinition<any>[] {
  if (path.includes(application.name)) misuse('ERR_BAD_DEFINITION', 'applications that do not need each other in a circle', [...path, application.name].join(' needs '), 'them without the circle')
  const needed = application.applications.flatMap((one) => order(one, [...path, application.name]))
  return [...new Set([...needed, application])]
}

/** Stops an application: prepStop, its tree within its shutdown times, stop. Rejects with ERR_BAD_ARGUMENT when it does not run. */
export async function stop(application: ApplicationDefinition<any> | string): Promise<void> {
  const name = nameOf(application)
  if (!running.has(name)) misuse('ERR_BAD_ARGUMENT', 'an application that runs', name, `one of: ${[...running.keys()].join(', ') || 'none runs'}`)
  await stopByName(name)
}

function stopByName(name: string): Promise<void> {
  const one = running.get(name)
  if (!one) return Promise.resolve()
  return (one.stopping ??= takeDown(one))
}

async function takeDown(one: Running): Promise<void> {
  const { application, top } = one
  if (application.prepStop) one.state = await farewell(one, 'prepStop')
  const gone = down(top)
  exit(top, 'shutdown')
  await gone
  await farewell(one, 'stop')
  running.delete(application.name)
}

// What fails in it is reported, and stops nobody from stopping (application_master.erl).
async function farewell({ application, state }: Running, callback: 'prepStop' | 'stop'): Promise<unknown> {
  try {
    return await application[callback]?.(state)
  } catch (error) {
    report('error', `${callback} of application ${application.name} failed: ${formatReason(['error', error])}`)
    return state
  }
}

const report = (level: 'info' | 'warn' | 'error', message: string, error?: Error): void =>
  here.role.log({ kind: 'text', level, time: wallTime(), pid: here.root.pid, message, ...(error && { data: encodeTerm(error) }) })

/** Stops all applications, the last started first. */
export async function stopAll(): Promise<void> {
  for (const name of [...running.keys()].reverse()) await stopByName(name)
}

/** The names of those that run, in the order of their starts. */
export const startedApplications = (): string[] => [...running.keys()]

function down(pid: Pid): Promise<Reason> {
  const root = here.root
  const ref = root.run(() => monitor(pid))
  return root.wait((letter) => letter.tag === ref, Infinity).then((letter) => (letter!.body as unknown[])[3] as Reason)
}

// The tree has ended by itself: what that means depends on the type (application_controller.erl).
async function watch(one: Running): Promise<void> {
  const reason = await down(one.top)
  if (one.stopping) return
  const { application, type } = one
  running.delete(application.name)
  if (application.prepStop) one.state = await farewell(one, 'prepStop')
  await farewell(one, 'stop')
  report(isClean(reason) ? 'info' : 'error', `Application ${application.name} exited: ${formatReason(reason)}`)
  if (type === 'permanent' || (type === 'transient' && reason !== 'normal')) {
    await stopAll()
    process.exit(1)
  }
}

// ---- settings

type Named = ApplicationDefinition<any> | string

function envOf(application: Named): Map<string, unknown> {
  const name = nameOf(application)
  const env = settings.get(name)
  if (env) return env
  const empty = new Map<string, unknown>()
  settings.set(name, empty)
  return empty
}

/** A setting of an application, which may be given by its name: what was put, else what its definition says, else `fallback`. */
export const getEnv = <T = unknown>(application: Named, key: string, fallback?: T): T => {
  checkSetting(key)
  const env = envOf(application)
  return (env.has(key) ? env.get(key) : fallback) as T
}

/** Changes a setting, as a rule before the application is started. */
export function putEnv(application: Named, key: string, value: unknown): void {
  checkSetting(key)
  envOf(application).set(key, value)
}

export function deleteEnv(application: Named, key: string): void {
  checkSetting(key)
  envOf(application).delete(key)
}

function checkSetting(key: unknown): void {
  if (typeof key !== 'string') misuse('ERR_BAD_ARGUMENT', 'the name of a setting', key, "'tick'")
}

// ---- as a program

export interface RunOptions<Args> extends ApplicationStart<Args> {
  /** Ms after which a shutdown that does not come to its end is cut short, with exit code 1; none by default. */
  readonly patience?: number
}

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const

/** A shutdown that takes longer says for whom it waits, in ms. */
const SAYS_AFTER = 5_000

/**
 * Runs an application as the whole program: starts it and all that it needs, and handles SIGINT and SIGTERM. The first
 * signal shuts everything down within the shutdown times of its children, a second one ends the program at once. A shutdown that
 * takes more than five seconds says for whom it waits: a child whose `init` does not settle holds up its supervisor, as in OTP.
 *
 * Exit codes: 0 after a shutdown by signal, 1 when the start fails or a permanent application ends, 130 (SIGINT) or
 * 143 (SIGTERM) after a second signal. Resolves when the application has been started.
 */
export async function run<Args>(application: ApplicationDefinition<Args>, options: RunOptions<Args> = {}): Promise<void> {
  checkKeys(options, ['type', 'args', 'patience'], 'option')
  const { patience, ...rest } = options
  if (patience !== undefined) checkTimeout(patience)
  const starting = ensureAllStarted(application, { type: 'permanent', ...rest })
  let stopping = false
  const onSignal = (signal: keyof typeof SIGNALS): void => {
    if (stopping) process.exit(SIGNALS[signal])
    stopping = true
    clock.setTimeout(() => report('warn', `${signal}: the shutdown still waits for ${stillThere()}`), SAYS_AFTER).unref()
    if (patience !== undefined) clock.setTimeout(() => cutShort(patience), patience).unref()
    // What is only just starting has to be up before it can be taken down.
    void starting.then(stopAll, () => undefined).then(() => process.exit(0))
  }
  for (const signal of Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]) process.on(signal, onSignal)
  stayUp()
  try {
    await starting
  } catch (error) {
    report('error', (error as Error).message, error instanceof StartError ? errorOf(error.reason) : undefined)
    if (!stopping) process.exit(1)
  }
}

function cutShort(patience: number): void {
  report('error', `the shutdown was cut short after ${patience} ms; still there: ${stillThere()}`)
  process.exit(1)
}

/** Who has not ended yet, and what it does: `Site (starting), Slow (call spin)`. */
function stillThere(): string {
  const words = here.role.liveProcesses().map(({ pid, name }) => {
    const { status, busyMs, busyWith } = info(pid)!
    return `${name} (${status === 'running' && busyMs > 0 ? busyWith : status})`
  })
  return words.join(', ') || 'nobody'
}

// A program is up until it is told to stop, also one whose tree has no thread to keep it up.
function stayUp(): void {
  clock.setTimeout(stayUp, LONGEST)
}
