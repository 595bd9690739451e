// Restart intensity: how many restarts a supervisor grants within a window of whole seconds (supervisor.erl, add_restart/1).

export interface Intensity {
  readonly maxRestarts: number
  readonly maxSeconds: number
}

export interface Granted {
  readonly allowed: boolean
  /** The restarts that still count, this one included, newest first. */
  readonly restarts: readonly number[]
}

/**
 * Counts one more restart at `nowMs` (a monotonic clock, in ms) against the limit. OTP reckons in whole seconds:
 * a restart counts as long as its second is at most `maxSeconds` before the present one.
 */
export function addRestart(restarts: readonly number[], nowMs: number, limit: Intensity): Granted {
  const now = Math.floor(nowMs / 1000)
  const counted = [now, ...restarts.filter((second) => second >= now - limit.maxSeconds)]
  return { allowed: counted.length <= limit.maxRestarts, restarts: counted.slice(0, limit.maxRestarts + 1) }
}
