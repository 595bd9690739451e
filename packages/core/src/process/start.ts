// Starts a process of any behaviour: checks the options, refuses what would breed without end, tells the outcome.

import type { Restart, Shutdown } from '../term/child-spec.js'
import type { DefinitionRef, Host, Isolation, MaxMailbox, SpawnRequest, StartOptions } from '../term/definition.js'
import { misuse, UsageError } from '../term/errors.js'
import { isVia } from '../term/via.js'
import type { ProcessId } from '../term/pid.js'
import { marksOf } from '../rule/marks.js'
import { LONGEST } from './clock.js'
import { checkKeys } from './keys.js'
import { checkName } from './definition.js'
import { here, MAIN_THREAD } from './here.js'
import type { Outcome } from './role.js'
import { checkCanIsolate, checkThread } from './thread-options.js'

interface How {
  readonly link: boolean
  readonly monitor?: string
  readonly immediate?: boolean
  /** Who starts it; the process whose code is running by default. */
  readonly parent?: ProcessId
}

export function startProcess(definition: DefinitionRef, argument: unknown, options: StartOptions, how: How): Promise<Outcome> {
  refuseWhileLoading(definition)
  refuseInPool(`starts ${definition.name}`)
  checkStartOptions(options)
  if (options.maxHandlerTime !== undefined) checkHasHandlers(definition)
  if (definition.kind === 'function') misuse('ERR_BAD_ARGUMENT', 'the definition of a process', `the function ${definition.name}`, 'what define of GenServer, Agent, Supervisor or Process gave')
  if (definition.kind === 'process' && options.debug !== undefined) misuse('ERR_BAD_ARGUMENT', 'no debug option for a process that is not a server', options.debug, 'no debug option')
  const { host = definition.host, isolation = definition.child.isolation ?? 'thread', thread = definition.child.thread, standby = definition.child.standby ?? false } = options
  if (standby && host === 'main') misuse('ERR_BAD_ARGUMENT', 'standby only for a process with a thread of its own', "host: 'main'", "host: 'thread', or no standby")
  if (isolation === 'process') checkCanIsolate(host, thread)
  const request: SpawnRequest = {
    definition: host === definition.host ? definition : { ...definition, host },
    argument,
    parent: how.parent ?? here.self.id,
    link: how.link,
    name: options.name === undefined ? (definition.registered ? definition.name : null) : options.name,
    timeout: options.timeout ?? Infinity,
    isolation,
    thread,
    standby,
    maxHandlerTime: options.maxHandlerTime ?? definition.child.maxHandlerTime,
    maxMailbox: options.maxMailbox ?? definition.child.maxMailbox,
    ...(how.monitor === undefined ? {} : { monitor: how.monitor }),
    ...(how.immediate === undefined ? {} : { immediate: how.immediate }),
    ...(options.transfer === undefined ? {} : { transfer: options.transfer }),
    ...(options.debug === undefined ? {} : { debug: options.debug }),
  }
  return here.role.spawn(request)
}

// A worker imports the file of its definition. If that file starts processes as it is imported, each worker starts
// another, for ever.
function refuseWhileLoading(definition: DefinitionRef): void {
  if (here.loading === undefined || (here.thread === MAIN_THREAD && !here.inPool)) return
  here.refusal = new UsageError(
    'ERR_START_WHILE_LOADING',
    `expected a module that starts nothing while a worker imports it for a definition, got ${here.loading}, which starts ${definition.name} at its top level; ` +
      'write the definition into a file of its own (an entry of its own in a bundle), or start processes only `if (isMainThread)` (from node:worker_threads)',
  )
  throw here.refusal
}

/** Throws ERR_IN_POOL in a thread of a pool: no process of the program is known there, and one that is started belongs to nobody. */
export function refuseInPool(what: string): void {
  if (!here.inPool) return
  throw new UsageError('ERR_IN_POOL', `expected a task of a pool to compute, and nothing else, got one that ${what}; write that where the task is run, and pass it what it needs`)
}

const START_OPTIONS = ['name', 'timeout', 'host', 'isolation', 'thread', 'maxHandlerTime', 'maxMailbox', 'standby', 'transfer', 'debug']

export function checkStartOptions(options: StartOptions): void {
  checkKeys(options, START_OPTIONS, 'start option')
  if (options.name !== undefined && options.name !== null && !isVia(options.name)) checkName(options.name)
  if (options.timeout !== undefined) checkTimeout(options.timeout)
  if (options.host !== undefined) checkHost(options.host)
  if (options.isolation !== undefined) checkIsolation(options.isolation)
  if (options.thread !== undefined) checkThread(options.thread)
  if (options.maxHandlerTime !== undefined) checkMaxHandlerTime(options.maxHandlerTime)
  if (options.maxMailbox !== undefined) checkMaxMailbox(options.maxMailbox)
  if (options.standby !== undefined) checkStandby(options.standby)
  if (options.transfer !== undefined && !Array.isArray(options.transfer)) misuse('ERR_BAD_ARGUMENT', 'a list of objects to transfer', options.transfer, '{ transfer: [buffer] }')
  if (options.debug !== undefined) checkDebug(options.debug)
}

function checkDebug(flags: unknown): void {
  const isFlag = (flag: unknown): boolean => flag === 'trace' || flag === 'statistics' || flag === 'log' || (Array.isArray(flag) && flag.length === 2 && flag[0] === 'log' && isCount(flag[1]))
  if (!Array.isArray(flags) || !flags.every(isFlag)) misuse('ERR_BAD_ARGUMENT', 'a list of debug flags', flags, "{ debug: ['trace', 'statistics', 'log'] }, or some of them; ['log', 20] for another length")
}

/** A whole number from 1. */
export const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 1

export function checkHost(host: unknown): asserts host is Host {
  if (host !== 'thread' && host !== 'main') misuse('ERR_BAD_ARGUMENT', 'a host', host, "'thread' or 'main'")
}

export function checkIsolation(isolation: unknown): asserts isolation is Isolation {
  if (isolation !== 'thread' && isolation !== 'process') misuse('ERR_BAD_ARGUMENT', 'an isolation', isolation, "'thread' or 'process'")
}

export function checkSignal(signal: unknown): asserts signal is AbortSignal {
  if (typeof (signal as Partial<AbortSignal> | null)?.addEventListener !== 'function') misuse('ERR_BAD_ARGUMENT', 'an AbortSignal', signal, 'controller.signal, or AbortSignal.timeout(1000)')
}

/** Milliseconds from 0 to Infinity. */
export function checkTimeout(ms: unknown): asserts ms is number {
  if (typeof ms !== 'number' || !(ms >= 0)) misuse('ERR_BAD_ARGUMENT', 'a timeout in ms', ms, 'a number from 0, or Infinity')
}

export function checkMaxHandlerTime(ms: unknown): asserts ms is number {
  if (typeof ms !== 'number' || !(ms >= 1) || ms > LONGEST) misuse('ERR_BAD_ARGUMENT', 'a maxHandlerTime in ms', ms, `a number from 1 to ${LONGEST}, or leave it out`)
}

const MARKS = 'maxMailbox: 1000, or { high: 1000, low: 500 }: whole numbers, from 1, the low one not above the high one'

export function checkMaxMailbox(limit: unknown): asserts limit is MaxMailbox {
  if (typeof limit === 'object') checkKeys(limit, ['high', 'low'], 'mark')
  const { high, low } = marksOf(limit as MaxMailbox)
  if (!isMark(high) || !isMark(low) || low > high) misuse('ERR_BAD_ARGUMENT', 'how many messages may wait', limit, MARKS)
}

const isMark = (mark: unknown): boolean => Number.isInteger(mark) && (mark as number) >= 1 && (mark as number) <= 2 ** 30

export function checkStandby(standby: unknown): asserts standby is boolean {
  if (typeof standby !== 'boolean') misuse('ERR_BAD_ARGUMENT', 'standby to be true or false', standby, 'standby: true')
}

/** Refuses `maxHandlerTime` for what does not take messages one by one. */
export function checkHasHandlers({ kind, name }: DefinitionRef): void {
  if (kind !== 'gen_server') misuse('ERR_BAD_ARGUMENT', 'maxHandlerTime for a GenServer or an Agent', name, 'a timeout where the work is awaited: only they have handlers')
}

export function checkRestart(restart: unknown): Restart {
  if (restart === 'permanent' || restart === 'transient' || restart === 'temporary') return restart
  return misuse('ERR_BAD_CHILD_SPEC', 'a restart type', restart, "'permanent', 'transient' or 'temporary'")
}

export function checkShutdown(shutdown: unknown): Shutdown {
  if (shutdown === 'brutal_kill' || shutdown === 'infinity' || (typeof shutdown === 'number' && shutdown >= 0)) return shutdown
  return misuse('ERR_BAD_CHILD_SPEC', 'a shutdown', shutdown, "ms from 0, 'brutal_kill' or 'infinity'")
}
