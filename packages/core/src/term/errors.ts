// Every error of the library: one table, five classes. docs/errors.md is held against this table by a test.
// Misuse throws a UsageError where it is written; failure rejects with an error that carries the OTP reason.

import { formatReason, formatTerm } from './format.js'
import type { Reason } from './reason.js'

/** Code by code: the class that carries it and when it happens. What to do about each stands in docs/errors.md. */
export const ERRORS = {
  ERR_BAD_ARGUMENT: { class: 'UsageError', when: 'an argument is not what the function takes' },
  ERR_BAD_DEFINITION: { class: 'UsageError', when: 'a definition, or the module that should export it, is not usable' },
  ERR_BAD_CHILD_SPEC: { class: 'UsageError', when: 'a child spec or a supervisor option is not valid' },
  ERR_NOT_CLONEABLE: { class: 'UsageError', when: 'a value that should go to another process cannot be copied' },
  ERR_NO_HANDLER: { class: 'UsageError', when: 'a server got a call or cast it has no handler for' },
  ERR_IN_POOL: { class: 'UsageError', when: 'a task in a thread of a pool starts a process, or calls one' },
  ERR_START_WHILE_LOADING: { class: 'UsageError', when: 'a module starts processes at its top level while a worker loads it' },
  ERR_NO_TYPESCRIPT: { class: 'UsageError', when: 'a thread has no way to load a TypeScript module' },
  ERR_BUNDLED: { class: 'UsageError', when: 'the library has been put into a bundle, away from the files its threads run' },
  ERR_NESTED_TOO_DEEP: { class: 'UsageError', when: 'processes start each other in a chain that does not end' },
  ERR_NOT_ALIVE: { class: 'UsageError', when: 'a process is linked to, or a name given to, a process that is not alive' },
  ERR_NAME_TAKEN: { class: 'UsageError', when: 'a name belongs to another process, or the process has a name already' },
  ERR_ALREADY_REGISTERED: { class: 'StarfishError', when: 'a key of a unique registry belongs to another process' },
  ERR_TWO_RUNTIMES: { class: 'StarfishError', when: 'two versions of the library are loaded in one thread' },
  ERR_CALL_NOPROC: { class: 'CallError', when: 'nobody is there to be called' },
  ERR_CALL_TIMEOUT: { class: 'CallError', when: 'no reply came within the timeout' },
  ERR_CALL_SELF: { class: 'CallError', when: 'a process called itself' },
  ERR_CALL_EXIT: { class: 'CallError', when: 'the server ended before it replied' },
  ERR_CALL_OVERLOAD: { class: 'CallError', when: 'the server has as many messages as its maxMailbox allows' },
  ERR_CALL_ABORTED: { class: 'CallError', when: 'the AbortSignal of the call fired' },
  ERR_START: { class: 'StartError', when: 'a process could not be started' },
  ERR_CHILD: { class: 'ChildError', when: 'a supervisor refused a request about a child' },
  ERR_NOT_SUSPENDED: { class: 'UsageError', when: 'the code of a server that is not suspended should be changed' },
  ERR_CALLBACK_FAILED: { class: 'StarfishError', when: 'a function that should change a server from outside threw, or gave what it must not' },
  ERR_RECEIVE_TIMEOUT: { class: 'StarfishError', when: 'no matching message came within the timeout of a receive' },
  ERR_NO_TABLE: { class: 'StarfishError', when: 'a table does not exist, or not any more' },
  ERR_TABLE_ACCESS: { class: 'UsageError', when: 'a process reads, writes or gives away a table that it may not' },
  ERR_TABLE_FULL: { class: 'StarfishError', when: 'a table, or the memory of all tables, has no room for another row' },
  ERR_NO_STORE: { class: 'StarfishError', when: 'there is no store for a durable table in this Node, or not the one that wrote its file' },
  ERR_FILE_IN_USE: { class: 'StarfishError', when: 'the file of a durable table is open already' },
  ERR_FILE_DAMAGED: { class: 'StarfishError', when: 'the file of a table cannot be read' },
  ERR_STORE_FAILED: { class: 'StarfishError', when: 'the disk refuses what a table reads or writes' },
  ERR_ISOLATED: { class: 'UsageError', when: 'a process with memory of its own is asked for what takes shared memory' },
  ERR_EXIT: { class: 'ExitError', when: 'exit(reason) was called outside of a process, or caught' },
} as const

export type ErrorCode = keyof typeof ERRORS

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
