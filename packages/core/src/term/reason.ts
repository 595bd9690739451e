// Why a process ended: an atom or a tagged tuple, as in OTP. Plain data apart from the Error it may carry.

import { types } from 'node:util'
import { canonical } from './key.js'

/** `'normal'`, `'shutdown'`, `'killed'`, `['shutdown', why]`, `['error', Error]` ... see docs/errors.md for all. */
export type Reason = string | readonly [unknown, ...unknown[]]

/** True for the two reasons of an orderly end besides `normal`: `shutdown` and `['shutdown', why]`. */
export const isShutdown = (reason: Reason): boolean =>
  reason === 'shutdown' || (Array.isArray(reason) && reason.length === 2 && reason[0] === 'shutdown')

/** True when nobody needs to hear of it: `normal`, `shutdown`, `['shutdown', why]` (gen_server.erl, terminate/8). */
export const isClean = (reason: Reason): boolean => reason === 'normal' || isShutdown(reason)

export function isReason(value: unknown): value is Reason {
  return typeof value === 'string' || (Array.isArray(value) && value.length > 0)
}

/** Whether two reasons say the same, one of them a copy perhaps; the Errors inside are compared by name and message. */
export function sameReason(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((part, i) => sameReason(part, b[i]))
  if (isErrorLike(a) && isErrorLike(b)) return a.name === b.name && a.message === b.message
  return typeof a === typeof b && sameText(a, b)
}

// As data, since a copy may be of another realm, as in a test runner: its prototypes differ.
function sameText(a: unknown, b: unknown): boolean {
  try {
    return canonical(a) === canonical(b)
  } catch {
    return false // a circle
  }
}

/** An Error by its looks: what crossed a thread was built in another realm, where `instanceof` is false. */
export function isErrorLike(value: unknown): value is Error {
  return (
    typeof value === 'object' && value !== null &&
    typeof (value as Error).message === 'string' && typeof (value as Error).name === 'string' && 'stack' in value &&
    // `instanceof` alone misses errors of another realm, such as a test runner's; a record with such fields is no error.
    (types.isNativeError(value) || value instanceof Error || Object.prototype.toString.call(value) === '[object DOMException]')
  )
}

/** The Error inside a reason, however deep, or undefined. */
export function errorOf(reason: unknown): Error | undefined {
  if (isErrorLike(reason)) return reason
  if (Array.isArray(reason)) {
    for (const part of reason) {
      const found = errorOf(part)
      if (found) return found
    }
  }
  return undefined
}
