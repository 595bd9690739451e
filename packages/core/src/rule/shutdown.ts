// Whether a child that was told to stop ended as it should. The two kinds of supervisors differ in small ways.

import type { Restart, Shutdown } from '../term/child-spec.js'
import { isShutdown, type Reason } from '../term/reason.js'

/** True when the end is as ordered, so that no `shutdown_error` is reported (supervisor.erl, shutdown/1 and do_terminate/2). */
export function isOrderlyStop(how: Shutdown, restart: Restart, reason: Reason): boolean {
  if (reason === (how === 'brutal_kill' ? 'killed' : 'shutdown')) return true
  return restart !== 'permanent' && (reason === 'normal' || isShutdown(reason))
}

/**
 * The same for a DynamicSupervisor (dynamic_supervisor.ex, wait_child/4). `before`: it had ended already when it was
 * to be stopped.
 */
export function isOrderlyDynamicStop(how: Shutdown, restart: Restart, reason: Reason, before: boolean): boolean {
  if (how === 'brutal_kill' && !before) return reason === 'killed'
  if (reason === 'normal') return restart !== 'permanent'
  return !before && isShutdown(reason)
}
