// When a mailbox takes another message: up to the high mark, and after that not before it has sunk below the low mark.
// Two marks, so that senders do not meet an open door and a closed one in turns.

import type { MaxMailbox } from '../term/definition.js'

export interface Marks {
  readonly high: number
  readonly low: number
}

export const marksOf = (limit: MaxMailbox): Marks => (typeof limit === 'number' ? { high: limit, low: Math.ceil(limit / 2) } : limit)

/** Whether a mailbox with `length` messages takes no more. `wasFull`: it took none at the last look. */
export const isFull = (length: number, wasFull: boolean, { high, low }: Marks): boolean => length >= (wasFull ? low : high)
