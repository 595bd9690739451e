// The classes of all errors of the library; error-table.ts says which code has which.
// Misuse throws a UsageError where it is written; failure rejects with an error that carries the OTP reason.

import type { ErrorCode } from './error-table.js'
import { formatReason, formatTerm } from './format.js'
import type { Reason } from './reason.js'

/** The base of all errors of this library. Tell them apart by `code`: `instanceof` fails across realms. */
export class StarfishError extends Error {
  override name = 'StarfishError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The program is wrong: says what was expected, what came, and what to write instead. */
export class UsageError extends StarfishError {
  override name = 'UsageError'
}

/** An error that stands for an exit: thrown on in a process, it ends the process with `exitReason`. */
export abstract class ExitSignalError extends StarfishError {
  abstract readonly reason: Reason
  abstract readonly exitReason: Reason
}

/** `exit(reason)`: ends the process that does not catch it. */
export class ExitError extends ExitSignalError {
  override name = 'ExitError'
  readonly reason: Reason

  constructor(reason: Reason) {
    super('ERR_EXIT', `exit with reason ${formatTerm(reason)}`)
    this.reason = reason
  }

  get exitReason(): Reason {
    return this.reason
  }
}

/** What failed, in the words of OTP's exit reason: module, function, arguments. */
export type FailedCall = readonly [module: string, name: string, args: readonly unknown[]]

const CALL_CODES: Record<string, ErrorCode> = {
  noproc: 'ERR_CALL_NOPROC',
  timeout: 'ERR_CALL_TIMEOUT',
  calling_self: 'ERR_CALL_SELF',
  aborted: 'ERR_CALL_ABORTED',
  overload: 'ERR_CALL_OVERLOAD',
}

/**
 * A call that got no reply. `reason` is `'noproc'`, `'timeout'`, `'calling_self'`, `'aborted'`, `'overload'`, or the reason the
 * server ended with. A process that does not catch it exits with `[reason, [module, function, args]]`, as in OTP.
 */
export class CallError extends ExitSignalError {
  override name = 'CallError'
  readonly reason: Reason
  readonly call: FailedCall

  constructor(reason: Reason, call: FailedCall, why: string, options?: ErrorOptions) {
    const code = (typeof reason === 'string' && CALL_CODES[reason]) || 'ERR_CALL_EXIT'
    super(code, `${call[0]}.${call[1]} failed: ${why}`, options)
    this.reason = reason
    this.call = call
  }

  get exitReason(): Reason {
    return [this.reason, this.call]
  }
}

/** A process that did not start. `reason` is what OTP's `{error, Reason}` would hold. */
export class StartError extends StarfishError {
  override name = 'StartError'
  readonly reason: Reason

  constructor(reason: Reason, what: string, options?: ErrorOptions) {
    super('ERR_START', `${what} did not start: ${formatReason(reason)}`, options)
    this.reason = reason
  }
}

/** A supervisor's no: `'not_found'`, `'running'`, `'restarting'`, `'already_present'`, `['already_started', pid]`. */
export class ChildError extends StarfishError {
  override name = 'ChildError'
  readonly reason: Reason

  constructor(reason: Reason, what: string, options?: ErrorOptions) {
    super('ERR_CHILD', `${what}: ${formatReason(reason)}`, options)
    this.reason = reason
  }
}

/** The reason an error stands for, or undefined when it is an ordinary error. */
export function exitReasonOf(error: unknown): Reason | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const code = (error as StarfishError).code
  if (code === 'ERR_EXIT' || (typeof code === 'string' && code.startsWith('ERR_CALL_'))) return (error as ExitSignalError).exitReason
  return undefined
}

/** Ends the calling process with `reason`, from anywhere in a handler. Erlang's `exit/1`. */
export function exit(reason: Reason): never {
  throw new ExitError(reason)
}

/** Throws the standard sentence: *expected, got, write this instead*. */
export function misuse(code: ErrorCode, expected: string, got: unknown, instead: string): never {
  throw new UsageError(code, `expected ${expected}, got ${formatTerm(got, 80)}; write ${instead}`)
}
