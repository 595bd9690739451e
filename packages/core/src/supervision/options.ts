// The options of a supervisor, their defaults and their checks.

import type { AutoShutdown, Strategy } from '../term/child-spec.js'
import type { Backoff } from '../rule/backoff.js'
import { misuse } from '../term/errors.js'
import { type BackoffOptions, fullBackoff } from './backoff.js'

export interface SupervisorOptions {
  /** Who is restarted with a child that died. `'one_for_one'`: nobody else; `'rest_for_one'`: those started after it; `'one_for_all'`: all. */
  readonly strategy: Strategy
  /** How many restarts within `maxSeconds` are granted before the supervisor gives up; 3 by default. */
  readonly maxRestarts?: number
  /** The window of `maxRestarts` in seconds; 5 by default. */
  readonly maxSeconds?: number
  /** Lets a child that died wait before it is started again, longer each time: for children that die because the world is down. None by default. */
  readonly backoff?: BackoffOptions
  /** Whether the end of significant children ends the supervisor; `'never'` by default. */
  readonly autoShutdown?: AutoShutdown
  /** Registers the supervisor under this name. */
  readonly name?: string
}

export type FullOptions = Required<Omit<SupervisorOptions, 'name' | 'backoff'>> & { readonly backoff: Backoff | undefined }

const KEYS = ['strategy', 'maxRestarts', 'maxSeconds', 'backoff', 'autoShutdown']
const STRATEGIES = ['one_for_one', 'one_for_all', 'rest_for_one']
const MODES = ['never', 'any_significant', 'all_significant']

/** `more` are the keys that may be there beside those of every supervisor. Throws ERR_BAD_CHILD_SPEC. */
export function fullOptions(options: SupervisorOptions, more: readonly string[] = []): FullOptions {
  if (typeof options !== 'object' || options === null) misuse('ERR_BAD_CHILD_SPEC', 'supervisor options', options, "{ strategy: 'one_for_one' }")
  const known = [...KEYS, ...more]
  for (const key of Object.keys(options)) if (!known.includes(key)) misuse('ERR_BAD_CHILD_SPEC', 'a supervisor option', key, `one of ${known.join(', ')}`)
  const { strategy, maxRestarts = 3, maxSeconds = 5, autoShutdown = 'never', backoff } = options
  if (!STRATEGIES.includes(strategy)) misuse('ERR_BAD_CHILD_SPEC', 'a strategy', strategy, `strategy: one of ${STRATEGIES.join(', ')}`)
  if (!Number.isInteger(maxRestarts) || maxRestarts < 0) misuse('ERR_BAD_CHILD_SPEC', 'maxRestarts to be a whole number from 0', maxRestarts, 'maxRestarts: 3')
  if (!Number.isInteger(maxSeconds) || maxSeconds < 1) misuse('ERR_BAD_CHILD_SPEC', 'maxSeconds to be a whole number from 1', maxSeconds, 'maxSeconds: 5')
  if (!MODES.includes(autoShutdown)) misuse('ERR_BAD_CHILD_SPEC', 'an autoShutdown', autoShutdown, `autoShutdown: one of ${MODES.join(', ')}`)
  return { strategy, maxRestarts, maxSeconds, autoShutdown, backoff: backoff && fullBackoff(backoff) }
}
