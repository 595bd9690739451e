// The three strategies are one question: who goes down with it? (supervisor.erl, restart/3)

import type { Strategy } from '../term/child-spec.js'

/**
 * The children that are stopped (last first) and started again (first first) when `failed` went down.
 * `started` is in start order and contains `failed`.
 */
export function affected<C>(strategy: Strategy, started: readonly C[], failed: C): readonly C[] {
  switch (strategy) {
    case 'one_for_one':
      return [failed]
    case 'rest_for_one':
      return started.slice(started.indexOf(failed))
    case 'one_for_all':
      return started
  }
}
