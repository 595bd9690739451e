// What can be said of a process when it is defined or started, one by one: whether it is of its kind. Pure; each throws
// ERR_BAD_ARGUMENT, or ERR_BAD_CHILD_SPEC, with what to write instead.

import type { Restart, Shutdown } from '../term/child-spec.js'
import type { DefinitionRef, Host, Isolation, MaxMailbox, StartOptions } from '../term/definition.js'
import { misuse } from '../term/errors.js'
import { isVia } from '../term/via.js'
import { marksOf } from '../rule/marks.js'
import { LONGEST } from './clock.js'
import { checkName } from './definition.js'
import { checkKeys } from './keys.js'
import { checkThread } from './thread-options.js'

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
