// The server in every DynamicSupervisor: children come and go one by one, have no order and are found by their pid
// (dynamic_supervisor.ex). It comes back empty when it is restarted itself.

import type { Backoff } from '../rule/backoff.js'
import { addRestart, type Intensity } from '../rule/intensity.js'
import { verdict } from '../rule/restart.js'
import type { FullChildSpec } from '../term/child-spec.js'
import { exitReasonOf } from '../term/errors.js'
import { isPid, type Pid } from '../term/pid.js'
import { isErrorLike, type Reason } from '../term/reason.js'
import { cast } from '../behaviour/gen-server.js'
import { startInPool } from '../behaviour/pooled-task.js'
import { ignore, noreply, ok, reply, stop, type CastReturn, type InitReturn } from '../behaviour/returns.js'
import { clock, wallTime } from '../process/clock.js'
import { here } from '../process/here.js'
import type { LocalProcess } from '../process/local-process.js'
import { type ChildState, startChild, stopTogether } from './child.js'
import { beginWait, endWait } from './backoff.js'
import { viewOf } from './look.js'
import { reportChild } from './report.js'
import { settleNames } from './held-names.js'
import { type ChildAnswer, failed, refused, specIn } from './requests.js'

export interface DynamicPlan extends Intensity {
  /** How many children there may be, those that are being restarted included. */
  readonly maxChildren: number
  /** Put before the argument of every start. */
  readonly extraArguments: readonly unknown[]
  readonly backoff: Backoff | undefined
  /** Where tasks run, if not in threads of their own. */
  readonly pool?: string
}

interface State {
  readonly process: LocalProcess
  /** What its plan was made of. */
  readonly argument: unknown
  plan: DynamicPlan
  /** By the pid it had when it last ran: that is what a restarting child is still called by. */
  readonly children: Map<Pid, ChildState>
  restarts: readonly number[]
}

export const callbacks = (plan: (argument: unknown) => DynamicPlan | 'ignore' | Promise<DynamicPlan | 'ignore'>) => ({
  init: async (argument: unknown): Promise<InitReturn<State>> => {
    const process = here.self
    process.sharesMemory = true
    process.trapsExits = true
    const planned = await plan(argument)
    if (planned === 'ignore') return ignore()
    const children = new Map<Pid, ChildState>()
    process.signal.addEventListener('abort', () => children.forEach(endWait))
    return ok({ process, argument, plan: planned, children, restarts: [] })
  },

  handleCall: {
    startChild: async (state: State, asked: unknown) => {
      const answer = await addChild(state, asked)
      settleNames(state.process, state.children.values())
      return reply(answer, state)
    },
    terminateChild: async (state: State, pid: Pid) => {
      const child = state.children.get(pid)
      if (!child) return reply(refused('not_found'), state)
      await stopAll(state, [child])
      state.children.delete(pid)
      settleNames(state.process, state.children.values(), [pid])
      return reply({ kind: 'ok', pid: undefined } satisfies ChildAnswer, state)
    },
    whichChildren: (state: State) => reply([...state.children.values()].map(({ spec, pid }) => ({ id: undefined, pid, type: spec.type })), state),
    countChildren: (state: State) => {
      const children = [...state.children.values()]
      const supervisors = children.filter(({ spec }) => spec.type === 'supervisor').length
      const active = children.filter(({ pid }) => pid !== 'restarting').length
      return reply({ specs: children.length, active, supervisors, workers: children.length - supervisors }, state)
    },
  },

  handleCast: {
    tryAgainRestart: async (state: State, pid: Pid) => {
      const child = state.children.get(pid)
      return child?.pid === 'restarting' ? restart(state, pid, child) : noreply(state)
    },
    // The back-off is over. The restart was granted and counted when it began.
    startAgain: async (state: State, pid: Pid) => {
      const child = state.children.get(pid)
      return child?.pid === 'restarting' ? bringBack(state, pid, child) : noreply(state)
    },
  },

  handleInfo: async (state: State, message: unknown): Promise<CastReturn<State>> => {
    if (!Array.isArray(message) || message[0] !== 'EXIT') {
      here.role.log({ kind: 'text', level: 'error', time: wallTime(), pid: state.process.pid, message: `DynamicSupervisor ${state.process.name} got an unexpected message`, data: message })
      return noreply(state)
    }
    const [, pid, reason] = message as [string, Pid, Reason]
    const child = state.children.get(pid)
    return child ? childEnded(state, pid, child, reason) : noreply(state)
  },

  terminate: (_reason: Reason, state: State) => stopAll(state, [...state.children.values()]),

  codeChange: async (_oldVsn: unknown, state: State) => {
    const planned = await plan(state.argument)
    if (planned !== 'ignore') state.plan = planned
    return ok(state)
  },

  view: ({ plan: { maxRestarts, maxSeconds, maxChildren, extraArguments }, children }: State) =>
    ({ strategy: 'one_for_one', maxRestarts, maxSeconds, maxChildren, extraArguments, children: viewOf(children.values()) }),
})

async function childEnded(state: State, pid: Pid, child: ChildState, reason: Reason): Promise<CastReturn<State>> {
  const { restart: again, report } = verdict(child.spec.restart, reason)
  if (report) reportChild(state.process, 'child_terminated', child, reason)
  if (again) return restart(state, pid, child)
  state.children.delete(pid)
  settleNames(state.process, state.children.values(), [pid])
  return noreply(state)
}

async function restart(state: State, pid: Pid, child: ChildState): Promise<CastReturn<State>> {
  const granted = addRestart(state.restarts, clock.now(), state.plan)
  state.restarts = granted.restarts
  if (!granted.allowed) {
    reportChild(state.process, 'shutdown', child, 'reached_max_restart_intensity')
    state.children.delete(pid)
    return stop('shutdown', state)
  }
  const { backoff } = state.plan
  if (backoff === undefined) return bringBack(state, pid, child)
  child.pid = 'restarting'
  beginWait(child, backoff, () => cast(state.process.pid, ['startAgain', pid]))
  return noreply(state)
}

async function bringBack(state: State, pid: Pid, child: ChildState): Promise<CastReturn<State>> {
  const started = await startChild(state.process, child, explain)
  if (started.kind === 'error') {
    reportChild(state.process, 'start_error', child, started.reason)
    child.pid = 'restarting'
    cast(state.process.pid, ['tryAgainRestart', pid])
    return noreply(state)
  }
  state.children.delete(pid)
  if (isPid(child.pid)) state.children.set(child.pid, child)
  settleNames(state.process, state.children.values())
  return noreply(state)
}

// dynamic_supervisor.ex, start_child/3.
function explain(thrown: unknown): Reason {
  const exit = exitReasonOf(thrown)
  if (exit !== undefined) return exit
  return isErrorLike(thrown) ? ['error', thrown] : ['nocatch', thrown]
}

async function addChild(state: State, asked: unknown): Promise<ChildAnswer> {
  if (state.children.size >= state.plan.maxChildren) return refused('max_children')
  const checked = specIn(asked)
  if (checked.kind !== 'spec') return checked
  const child: ChildState = { spec: inPool(withExtra(checked.spec, state.plan.extraArguments), state.plan.pool), pid: undefined }
  const started = await startChild(state.process, child, explain)
  if (started.kind === 'error') return failed(started.reason)
  if (!isPid(child.pid)) return { kind: 'ok', pid: undefined }
  state.children.set(child.pid, child)
  return { kind: 'ok', pid: child.pid, ...(started.info === undefined ? {} : { info: started.info }) }
}

// A definition's init takes one argument: with extra ones it is the list of them all.
function withExtra(spec: FullChildSpec, extra: readonly unknown[]): FullChildSpec {
  if (extra.length === 0) return spec
  const { start } = spec
  if (typeof start === 'function') return { ...spec, start: Object.defineProperty(() => start(...(extra as [])), 'name', { value: start.name }) }
  return { ...spec, start: [start[0], [...extra, start[1]], start[2]] }
}

function inPool(spec: FullChildSpec, pool: string | undefined): FullChildSpec {
  const { start } = spec
  return pool === undefined || typeof start === 'function' ? spec : { ...spec, start: startInPool(pool, start) }
}

/** Stops children together: all are told at once, each has its own time. */
async function stopAll(state: State, children: readonly ChildState[]): Promise<void> {
  for (const { child, reason, pid } of await stopTogether(state.process, children)) reportChild(state.process, 'shutdown_error', child, reason, pid)
}
