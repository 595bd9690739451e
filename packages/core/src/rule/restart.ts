// What the end of a child means for its supervisor (supervisor.erl, do_restart/3).

import type { AutoShutdown, Restart } from '../term/child-spec.js'
import { isClean, type Reason } from '../term/reason.js'

export interface Verdict {
  /** Start it again. */
  readonly restart: boolean
  /** Log `child_terminated`. */
  readonly report: boolean
}

export function verdict(restart: Restart, reason: Reason): Verdict {
  const clean = isClean(reason)
  return { restart: restart === 'permanent' || (restart === 'transient' && !clean), report: restart === 'permanent' || !clean }
}

/** Whether a significant child that ended for good takes its supervisor along (supervisor.erl, check_auto_shutdown). */
export function endsSupervisor(mode: AutoShutdown, significant: boolean, anotherSignificantRuns: boolean): boolean {
  if (!significant || mode === 'never') return false
  return mode === 'any_significant' || !anotherSignificantRuns
}
