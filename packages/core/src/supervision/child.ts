// One child of a supervisor: started by its spec, stopped as its spec says. Works on the supervisor's behalf, whose
// handler waits meanwhile.

import { isOrderlyDynamicStop, isOrderlyStop } from '../rule/shutdown.js'
import type { FullChildSpec, StartResult } from '../term/child-spec.js'
import { formatPid, isPid, parsePid, type Pid } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import { clock, type TimerHandle } from '../process/clock.js'
import { type ProcessRestartMessage, restarts } from '../process/diagnostics.js'
import { here } from '../process/here.js'
import type { LocalProcess } from '../process/local-process.js'
import type { Letter } from '../process/mailbox.js'
import { exit, monitor, unlink } from '../process/process.js'
import { startProcess } from '../process/start.js'
import type { Ref } from '../term/ref.js'
import { endWait } from './backoff.js'
import { reportChild } from './report.js'

export interface ChildState {
  spec: FullChildSpec
  /** Undefined when it does not run; `'restarting'` when its last restart failed and will be tried again, or has to wait. */
  pid: Pid | 'restarting' | undefined
  /** Its pid when it ran last. */
  previous?: Pid
  /** On the clock of this thread; undefined when its last start failed. */
  upSince?: number | undefined
  /** In a row, for the back-off. */
  failures?: number
  /** Until it may be started again. */
  wait?: TimerHandle | undefined
}

export const isRunning = ({ pid }: ChildState): boolean => pid !== undefined && pid !== 'restarting' && here.table.isAlive(parsePid(pid)!)

export type ChildStarted =
  | { readonly kind: 'ok'; readonly info?: unknown }
  | { readonly kind: 'error'; readonly reason: Reason }

/** What a supervisor waits for that was killed while it started a child: its code goes no further. */
const never = new Promise<never>(() => undefined)

/** Says what a start that threw comes to. */
export type Explain = (thrown: unknown) => Reason

/** Says which children are started next, one after the other: their threads may boot meanwhile. */
export function bootAhead(children: readonly ChildState[]): void {
  if (children.length < 2) return // its start comes at once
  here.role.bootAhead(
    children.flatMap(({ spec: { start } }) => {
      if (typeof start === 'function') return []
      const [definition, , { host = definition.host, isolation = definition.child.isolation ?? 'thread', thread = definition.child.thread, standby = definition.child.standby ?? false } = {}] = start
      return [{ definition: { ...definition, host }, isolation, thread, standby }]
    }),
  )
}

/** Starts a child and notes its pid; undefined when its init said ignore. */
export async function startChild(supervisor: LocalProcess, child: ChildState, explain: Explain): Promise<ChildStarted> {
  const { start } = child.spec
  child.pid = child.upSince = undefined
  endWait(child)
  if (typeof start === 'function') return startByFunction(supervisor, child, start, explain)
  const [definition, argument, options = {}] = start
  try {
    const outcome = await startProcess(definition, argument, options, { link: true, parent: supervisor.id })
    if (supervisor.ended) return never
    if (outcome.kind === 'error') return outcome
    if (outcome.kind === 'ok') started(supervisor, child, formatPid(outcome.id))
    return { kind: 'ok' }
  } catch (error) {
    return { kind: 'error', reason: explain(error) }
  }
}

// A start function runs in the supervisor: what it throws is a failed start, not the supervisor's end.
async function startByFunction(supervisor: LocalProcess, child: ChildState, start: () => StartResult | Promise<StartResult>, explain: Explain): Promise<ChildStarted> {
  let result: unknown
  try {
    result = await here.runThroughout(supervisor, () => supervisor.run(start))
  } catch (thrown) {
    return supervisor.ended ? never : { kind: 'error', reason: startReasonOf(thrown) ?? explain(thrown) }
  }
  if (supervisor.ended) return never
  if (result === 'ignore') return { kind: 'ok' }
  const [first, info] = Array.isArray(result) ? (result as unknown[]) : [result]
  const pid = pidIn(first)
  if (pid === undefined) return { kind: 'error', reason: result as Reason }
  started(supervisor, child, pid)
  return info === undefined ? { kind: 'ok' } : { kind: 'ok', info }
}

function started(supervisor: LocalProcess, child: ChildState, pid: Pid): void {
  child.pid = pid
  child.upSince = clock.now()
  reportChild(supervisor, 'progress', child, 'normal')
  const { previous, spec } = child
  if (previous !== undefined && restarts.hasSubscribers) restarts.publish({ supervisor: supervisor.pid, id: spec.id, pid, previous } satisfies ProcessRestartMessage)
  child.previous = pid
}

function pidIn(value: unknown): Pid | undefined {
  const pid: unknown = typeof value === 'object' && value !== null ? (value as { pid?: unknown }).pid : value
  return isPid(pid) ? pid : undefined
}

// A startLink that rejects is `{error, Reason}` in the words of OTP.
const startReasonOf = (thrown: unknown): Reason | undefined =>
  (thrown as { code?: unknown } | undefined)?.code === 'ERR_START' ? (thrown as { reason: Reason }).reason : undefined

/**
 * Stops a child as its spec says, and waits until it is gone. Gives its reason when it did not end as ordered. Watches
 * it with a monitor, since a child that unlinked itself would otherwise never be heard of again.
 */
export async function stopChild(supervisor: LocalProcess, child: ChildState): Promise<{ reason: Reason; pid: Pid } | undefined> {
  const { pid, spec } = child
  child.pid = undefined
  endWait(child)
  if (pid === undefined || pid === 'restarting') return undefined
  const down = await end(supervisor, pid, supervisor.run(() => monitor(pid)), spec.shutdown)
  const reason = takeExit(supervisor, pid) ?? down
  return isOrderlyStop(spec.shutdown, spec.restart, reason) ? undefined : { reason, pid }
}

// The EXIT must not be met later as news. Of a child that had died already it tells the true reason (unlink_flush).
function takeExit(supervisor: LocalProcess, pid: Pid): Reason | undefined {
  supervisor.run(() => unlink(pid))
  const letter = supervisor.take((one) => one.tag === 'EXIT' && (one.body as unknown[])[1] === pid)
  return letter && (letter.body as [string, Pid, Reason])[2]
}

async function end(supervisor: LocalProcess, pid: Pid, ref: Ref, how: FullChildSpec['shutdown']): Promise<Reason> {
  const down = (ms: number): Promise<Letter | undefined> => supervisor.wait((letter) => letter.tag === ref, ms)
  here.role.stops(parsePid(pid)!)
  let letter: Letter | undefined
  if (how !== 'brutal_kill') {
    supervisor.run(() => exit(pid, 'shutdown'))
    letter = await down(how === 'infinity' ? Infinity : how)
  }
  if (letter === undefined) {
    supervisor.run(() => exit(pid, 'kill'))
    letter = await down(Infinity)
  }
  return (letter!.body as [string, Ref, Pid, Reason])[3]
}

export interface Unorderly {
  readonly child: ChildState
  readonly reason: Reason
  readonly pid: Pid
}

interface Ending {
  readonly child: ChildState
  readonly pid: Pid
  deadline: number
}

/** Stops children of a DynamicSupervisor at once and waits for all of them; gives those that did not end as ordered. */
export async function stopTogether(supervisor: LocalProcess, children: readonly ChildState[]): Promise<Unorderly[]> {
  const unorderly: Unorderly[] = []
  const endings = new Map<Ref, Ending>()
  const ended = (child: ChildState, pid: Pid, reason: Reason, before: boolean): void => {
    if (!isOrderlyDynamicStop(child.spec.shutdown, child.spec.restart, reason, before)) unorderly.push({ child, reason, pid })
  }
  for (const child of children) {
    const { pid, spec } = child
    child.pid = undefined
    endWait(child)
    if (pid === undefined || pid === 'restarting') continue
    const ref = supervisor.run(() => monitor(pid))
    here.role.stops(parsePid(pid)!)
    const brutal = spec.shutdown === 'brutal_kill'
    supervisor.run(() => exit(pid, brutal ? 'kill' : 'shutdown'))
    endings.set(ref, { child, pid, deadline: typeof spec.shutdown === 'number' ? clock.now() + spec.shutdown : Infinity })
  }
  while (endings.size > 0) {
    const next = Math.min(...[...endings.values()].map(({ deadline }) => deadline))
    const letter = await supervisor.wait((one) => endings.has(one.tag as Ref), next === Infinity ? Infinity : Math.max(0, next - clock.now()))
    if (letter) {
      const { child, pid } = endings.get(letter.tag as Ref)!
      endings.delete(letter.tag as Ref)
      const reason = (letter.body as [string, Ref, Pid, Reason])[3]
      // One that had died already is gone when it is first watched; its EXIT tells the true reason.
      ended(child, pid, takeExit(supervisor, pid) ?? reason, reason === 'noproc')
      continue
    }
    for (const ending of endings.values()) {
      if (ending.deadline > clock.now()) continue
      ending.deadline = Infinity
      supervisor.run(() => exit(ending.pid, 'kill'))
    }
  }
  return unorderly
}
