// What a server does, as those who watch it are told: the system events of gen_server.erl. `V` is how values are given:
// printed and short, or, to debug functions, which run in the server, as they are.

import type { Pid } from './pid.js'

interface EventBase {
  /** Milliseconds since the epoch. */
  readonly time: number
  /** How many events before this one were left out because the receiver had too many unread messages. */
  readonly missed?: number
}

/** A message is about to be handled. */
export interface InEvent<V = string> extends EventBase {
  readonly kind: 'in'
  readonly type: 'call' | 'cast' | 'info'
  readonly message: V
  /** Who called. */
  readonly from?: Pid
}

/** A `{ continue: message }` is about to be handled. */
export interface ContinueEvent<V = string> extends EventBase {
  readonly kind: 'continue'
  readonly message: V
}

/** A call has been answered by what its handler returned. */
export interface OutEvent<V = string> extends EventBase {
  readonly kind: 'out'
  readonly reply: V
  readonly to: Pid
  readonly state: V
}

/** A message has been handled, and nobody answered. */
export interface NoReplyEvent<V = string> extends EventBase {
  readonly kind: 'noreply'
  readonly state: V
}

export type SysEvent<V = string> = InEvent<V> | ContinueEvent<V> | OutEvent<V> | NoReplyEvent<V>
