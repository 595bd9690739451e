// Whether a child that was told to stop ended as it should (supervisor.erl, shutdown/1 and terminate_child report).

import type { Restart, Shutdown } from '../term/child-spec.js'
import { isShutdown, type Reason } from '../term/reason.js'

/** True when the end is as ordered, so that no `shutdown_error` is reported. */
export function isOrderlyStop(how: Shutdown, restart: Restart, reason: Reason): boolean {
  if (reason === (how === 'brutal_kill' ? 'killed' : 'shutdown')) return true
  return restart !== 'permanent' && (reason === 'normal' || isShutdown(reason))
}
