// Who is to be answered: the second argument of OTP's handle_call. Plain data, so it can be handed on to any process.

import type { Pid } from './pid.js'

/** The caller of a call, kept to answer later with `GenServer.reply(from, value)`, from any process. */
export interface From {
  readonly pid: Pid
  /** Tells this call from all others of the caller's thread. */
  readonly tag: number
}

export function isFrom(value: unknown): value is From {
  return (
    typeof value === 'object' && value !== null &&
    typeof (value as From).pid === 'string' && typeof (value as From).tag === 'number'
  )
}
