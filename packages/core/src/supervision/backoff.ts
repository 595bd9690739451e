// A child of a supervisor with a back-off waits here between its end and its next start: one timer for each that waits.

import { type Backoff, failuresInARow, waitAfter } from '../rule/backoff.js'
import { misuse } from '../term/errors.js'
import { clock } from '../process/clock.js'
import type { ChildState } from './child.js'

/** Ms, but for `factor` and `jitter`. */
export type BackoffOptions = Partial<Backoff>

const KEYS = ['min', 'max', 'factor', 'jitter', 'resetAfter']

/** The back-off with its defaults. Throws ERR_BAD_CHILD_SPEC. */
export function fullBackoff(options: BackoffOptions): Backoff {
  if (typeof options !== 'object' || options === null) misuse('ERR_BAD_CHILD_SPEC', 'a back-off', options, 'backoff: { min: 100, max: 30_000 }')
  for (const key of Object.keys(options)) if (!KEYS.includes(key)) misuse('ERR_BAD_CHILD_SPEC', 'a back-off option', key, `one of ${KEYS.join(', ')}`)
  const { min = 100, max = 30_000, factor = 2, jitter = 0.2, resetAfter = max } = options
  const check = (name: keyof Backoff, value: unknown, least: number, most: number, what: string): void => {
    if (typeof value !== 'number' || !(value >= least) || value > most) misuse('ERR_BAD_CHILD_SPEC', `backoff.${name} to be ${what}`, value, `backoff: { ${name}: ${least} }`)
  }
  check('min', min, 1, DAY, 'ms from 1 to a day')
  check('max', max, min, DAY, `ms from min, ${min}, to a day`)
  check('factor', factor, 1, Infinity, 'a number from 1')
  check('jitter', jitter, 0, 1, 'a number from 0 to 1')
  check('resetAfter', resetAfter, 0, Infinity, 'ms from 0')
  return { min, max, factor, jitter, resetAfter }
}

const DAY = 86_400_000

/** Notes that the child failed, and calls `over` when it has waited for it. */
export function beginWait(child: ChildState, backoff: Backoff, over: () => void): void {
  const ran = child.upSince === undefined ? 0 : clock.now() - child.upSince
  child.failures = failuresInARow(child.failures ?? 0, ran, backoff)
  child.wait = clock.setTimeout(over, waitAfter(child.failures, Math.random(), backoff))
}

/** The child is started or stopped, or its supervisor ends. */
export function endWait(child: ChildState): void {
  clock.clearTimeout(child.wait)
  child.wait = undefined
}
