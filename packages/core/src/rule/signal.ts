// What an exit signal does to the process that gets it (Erlang reference manual, Processes, "Receiving Exit Signals").

import type { Reason } from '../term/reason.js'

export type Effect =
  | { readonly kind: 'drop' }
  | { readonly kind: 'message' }
  | { readonly kind: 'end'; readonly reason: Reason }

export interface Receiver {
  readonly trapsExits: boolean
  /** The sender is the receiver itself. */
  readonly isSender: boolean
}

/** `viaLink`: sent because a linked process ended; there `kill` is a reason like any other. */
export function effectOf(reason: Reason, viaLink: boolean, to: Receiver): Effect {
  if (reason === 'kill' && !viaLink) return { kind: 'end', reason: 'killed' }
  if (to.trapsExits) return { kind: 'message' }
  if (reason === 'normal' && !to.isSender) return { kind: 'drop' }
  return { kind: 'end', reason }
}
