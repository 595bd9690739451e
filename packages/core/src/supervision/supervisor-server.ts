// The server in every supervisor: starts its children in order, restarts them by strategy, stops them in reverse. Itself a GenServer, as in
// OTP, hosted on the main thread: it hears of a child's end as an EXIT message like anybody (supervisor.erl).

import { affected } from '../rule/strategy.js'
import { addRestart } from '../rule/intensity.js'
import { endsSupervisor, verdict } from '../rule/restart.js'
import type { FullChildSpec } from '../term/child-spec.js'
import { exitReasonOf } from '../term/errors.js'
import { isPid, type Pid } from '../term/pid.js'
import { isErrorLike, type Reason } from '../term/reason.js'
import { clock, wallTime } from '../process/clock.js'
import { here } from '../process/here.js'
import { AHEAD } from '../process/spares.js'
import type { LocalProcess } from '../process/local-process.js'
import { cast } from '../behaviour/gen-server.js'
import { ignore, noreply, ok, reply, stop, type CastReturn, type InitReturn } from '../behaviour/returns.js'
import { bootAhead, type ChildState, isRunning, startChild, stopChild } from './child.js'
import { beginWait, endWait } from './backoff.js'
import { viewOf, withSpecs } from './look.js'
import { reportChild } from './report.js'
import type { FullOptions } from './options.js'
import { settleNames } from './held-names.js'
import { type ChildAnswer, failed, refused, specIn } from './requests.js'

/** What a supervisor's init comes to. */
export interface Plan {
  readonly children: readonly FullChildSpec[]
  readonly options: FullOptions
}

export interface SupervisorState {
  readonly process: LocalProcess
  /** What its plan was made of. */
  readonly argument: unknown
  options: FullOptions
  /** In start order. */
  children: ChildState[]
  /** The seconds of the restarts that still count. */
  restarts: readonly number[]
}

type State = SupervisorState

/** The callbacks of every supervisor; `plan` says what it supervises, given the argument of the start. */
export const callbacks = (plan: (argument: unknown) => Plan | 'ignore' | Promise<Plan | 'ignore'>) => ({
  host: 'main' as const,

  init: async (argument: unknown): Promise<InitReturn<State>> => {
    const process = here.self
    process.sharesMemory = true // child specs may hold functions; nobody but its clients talks to it
    process.trapsExits = true
    const planned = await plan(argument)
    if (planned === 'ignore') return ignore()
    const state: State = { process, argument, options: planned.options, children: planned.children.map((spec) => ({ spec, pid: undefined })), restarts: [] }
    process.signal.addEventListener('abort', () => state.children.forEach(endWait))
    const failure = await startAll(state, state.children)
    if (failure === undefined) {
      settleNames(process, state.children)
      return ok(state)
    }
    await stopAll(state, state.children)
    return stop(['shutdown', ['failed_to_start_child', failure.child.spec.id, failure.reason]])
  },

  handleCall: {
    startChild: async (state: State, asked: unknown) => {
      const answer = await addChild(state, asked)
      settleNames(state.process, state.children)
      return reply(answer, state)
    },
    terminateChild: async (state: State, id: string | number) => {
      const child = find(state, id)
      if (!child) return reply(refused('not_found'), state)
      const before = child.pid
      await stopAndReport(state, child)
      if (child.spec.restart === 'temporary') remove(state, child)
      settleNames(state.process, state.children, [before])
      return reply(done(undefined), state)
    },
    restartChild: async (state: State, id: string | number) => {
      const child = find(state, id)
      if (!child) return reply(refused('not_found'), state)
      if (child.pid !== undefined) return reply(refused(child.pid === 'restarting' ? 'restarting' : 'running'), state)
      const started = await startChild(state.process, child, explain)
      settleNames(state.process, state.children)
      return reply(started.kind === 'error' ? failed(started.reason) : done(child.pid, started.info), state)
    },
    deleteChild: (state: State, id: string | number) => {
      const child = find(state, id)
      if (!child) return reply(refused('not_found'), state)
      if (child.pid !== undefined) return reply(refused(child.pid === 'restarting' ? 'restarting' : 'running'), state)
      remove(state, child)
      return reply(done(undefined), state)
    },
    whichChildren: (state: State) => reply([...state.children].reverse().map(({ spec, pid }) => ({ id: spec.id, pid, type: spec.type })), state),
    countChildren: (state: State) => {
      const supervisors = state.children.filter(({ spec }) => spec.type === 'supervisor').length
      const counts = { specs: state.children.length, active: state.children.filter(isRunning).length, supervisors, workers: state.children.length - supervisors }
      return reply(counts, state)
    },
    getChildSpec: (state: State, id: string | number) => {
      const child = find(state, id)
      if (!child) return reply(undefined, state)
      const { start: _, ...fields } = child.spec
      return reply(fields, state)
    },
  },

  handleCast: {
    // A failed restart is tried again through the mailbox, so that requests and exits are served in between.
    tryAgainRestart: async (state: State, id: string | number) => {
      const child = find(state, id)
      return child?.pid === 'restarting' ? restart(state, child) : noreply(state)
    },
    // The back-off is over. The restart was granted and counted when it began.
    startAgain: async (state: State, id: string | number) => {
      const child = find(state, id)
      return child?.pid === 'restarting' ? bringBack(state, child) : noreply(state)
    },
  },

  handleInfo: async (state: State, message: unknown): Promise<CastReturn<State>> => {
    if (!Array.isArray(message) || message[0] !== 'EXIT' || !isPid(message[1])) {
      here.role.log({ kind: 'text', level: 'error', time: wallTime(), pid: state.process.pid, message: `Supervisor ${state.process.name} got an unexpected message`, data: message })
      return noreply(state)
    }
    const [, pid, reason] = message as [string, Pid, Reason]
    const child = state.children.find((one) => one.pid === pid)
    return child ? childEnded(state, child, reason) : noreply(state)
  },

  terminate: (_reason: Reason, state: State) => stopAll(state, state.children),

  codeChange: async (_oldVsn: unknown, state: State) => {
    const planned = await plan(state.argument)
    if (planned === 'ignore') return ok(state)
    state.options = planned.options
    state.children = withSpecs(state.children, planned.children)
    return ok(state)
  },

  view: ({ options, children }: State) => ({ ...options, children: viewOf(children) }),
})

// ---- what the end of a child means

async function childEnded(state: State, child: ChildState, reason: Reason): Promise<CastReturn<State>> {
  const { restart: again, report } = verdict(child.spec.restart, reason)
  if (report) reportChild(state.process, 'child_terminated', child, reason)
  if (again) return restart(state, child)
  const { pid } = child
  child.pid = undefined
  if (child.spec.restart === 'temporary') remove(state, child)
  settleNames(state.process, state.children, [pid])
  const another = state.children.some((one) => one.spec.significant && one.pid !== undefined)
  return endsSupervisor(state.options.autoShutdown, child.spec.significant, another) ? stop('shutdown', state) : noreply(state)
}

async function restart(state: State, child: ChildState): Promise<CastReturn<State>> {
  const granted = addRestart(state.restarts, clock.now(), state.options)
  state.restarts = granted.restarts
  if (!granted.allowed) {
    reportChild(state.process, 'shutdown', child, 'reached_max_restart_intensity')
    remove(state, child)
    return stop('shutdown', state)
  }
  const { backoff } = state.options
  if (backoff === undefined) return bringBack(state, child)
  await sweep(state, child)
  beginWait(child, backoff, () => cast(state.process.pid, ['startAgain', child.spec.id]))
  return noreply(state)
}

/** Stops those who go down with the child; gives those who come back with it. */
async function sweep(state: State, child: ChildState): Promise<readonly ChildState[]> {
  const swept = affected(state.options.strategy, state.children, child)
  const gone = swept.filter((one) => one !== child && one.spec.restart === 'temporary')
  const pids = gone.map(({ pid }) => pid)
  child.pid = undefined
  await stopAll(state, swept)
  child.pid = 'restarting'
  state.children = state.children.filter((one) => !gone.includes(one))
  if (gone.length > 0) settleNames(state.process, state.children, pids)
  return swept.filter((one) => !gone.includes(one))
}

async function bringBack(state: State, child: ChildState): Promise<CastReturn<State>> {
  // Their threads boot while those before them end.
  bootAhead(affected(state.options.strategy, state.children, child).filter((one) => one === child || one.spec.restart !== 'temporary'))
  const returning = await sweep(state, child)
  child.pid = undefined // of those that do not come back, only who fails to start is tried again
  const failure = await startAll(state, returning)
  if (failure) {
    failure.child.pid = 'restarting'
    cast(state.process.pid, ['tryAgainRestart', failure.child.spec.id])
  } else {
    settleNames(state.process, state.children)
  }
  return noreply(state)
}

// ---- starting and stopping

async function addChild(state: State, asked: unknown): Promise<ChildAnswer> {
  const checked = specIn(asked)
  if (checked.kind !== 'spec') return checked
  const { spec } = checked
  if (spec.significant && state.options.autoShutdown === 'never') return refused(['bad_combination', [['auto_shutdown', 'never'], ['significant', true]]])
  const present = find(state, spec.id)
  if (present) return refused(isPid(present.pid) ? ['already_started', present.pid] : 'already_present')
  const child: ChildState = { spec, pid: undefined }
  const started = await startChild(state.process, child, explain)
  if (started.kind === 'error') return failed(started.reason) // no report: who asked is told (supervisor.erl, handle_start_child)
  if (child.pid !== undefined || spec.restart !== 'temporary') state.children.push(child)
  return done(child.pid, started.info)
}

// The `catch` of Erlang tags what is raised and hands a thrown value on as it is (supervisor.erl, do_start_child).
function explain(thrown: unknown): Reason {
  const exit = exitReasonOf(thrown)
  if (exit !== undefined) return ['EXIT', exit]
  return isErrorLike(thrown) ? ['EXIT', ['error', thrown]] : (thrown as Reason)
}

/** Starts children in order up to the first that fails. */
async function startAll(state: State, children: readonly ChildState[]): Promise<{ child: ChildState; reason: Reason } | undefined> {
  for (const [at, child] of children.entries()) {
    bootAhead(children.slice(at, at + AHEAD))
    const started = await startChild(state.process, child, explain)
    if (started.kind === 'error') {
      here.role.callOff()
      reportChild(state.process, 'start_error', child, started.reason)
      return { child, reason: started.reason }
    }
    if (child.pid === undefined && child.spec.restart === 'temporary') remove(state, child)
  }
  return undefined
}

/** Stops children one by one, the last started first. */
async function stopAll(state: State, children: readonly ChildState[]): Promise<void> {
  for (const child of [...children].reverse()) await stopAndReport(state, child)
}

async function stopAndReport(state: State, child: ChildState): Promise<void> {
  const unorderly = await stopChild(state.process, child)
  if (unorderly !== undefined) reportChild(state.process, 'shutdown_error', child, unorderly.reason, unorderly.pid)
}

const find = (state: State, id: string | number): ChildState | undefined => state.children.find((child) => child.spec.id === id)

function remove(state: State, child: ChildState): void {
  state.children = state.children.filter((one) => one !== child)
}

const done = (pid: ChildState['pid'], info?: unknown): ChildAnswer => ({ kind: 'ok', pid: isPid(pid) ? pid : undefined, ...(info === undefined ? {} : { info }) })
