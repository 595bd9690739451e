// What a start gives: a handle whose `await using` stops the server, or what it failed with, thrown.

import { StartError } from '../term/errors.js'
import { formatPid } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import { Handle } from '../process/handle.js'
import type { Outcome } from '../process/role.js'
import { shutdown } from './stop.js'
import type { Started } from './types.js'

export function startError(reason: Reason, what: string): StartError {
  return new StartError(reason, what, Array.isArray(reason) ? { cause: reason[1] } : undefined)
}

/** The handle of a start, or what it failed with, thrown. */
export function started(outcome: Outcome, name: string): Started | 'ignore' {
  if (outcome.kind === 'error') {
    throw startError(outcome.reason, name)
  }
  if (outcome.kind === 'ignore') return 'ignore'
  const pid = formatPid(outcome.id)
  return new Handle(pid, async () => {
    await shutdown(pid)
  })
}
