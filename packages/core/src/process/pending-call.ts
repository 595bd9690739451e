// A call that waits for its answer, and the error it fails with.

import { CallError, type FailedCall } from '../term/errors.js'
import { formatReason, formatTerm } from '../term/format.js'
import type { ProcessId } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import type { Moment } from './clock.js'
import type { Lane } from './lanes.js'

/** Made a million times a second: as few fields as will do. */
export class PendingCall {
  /** When it was made, once it has a timeout. */
  made: Moment | undefined = undefined
  next: PendingCall | undefined = undefined
  previous: PendingCall | undefined = undefined
  lane: Lane | undefined = undefined
  /** Takes the call off its AbortSignal, if it has one. */
  release: (() => void) | undefined = undefined
  /** Makes the call once more: it was made by name, to a process that was still starting. */
  again: (() => Promise<unknown>) | undefined = undefined
  /** It had waited for the name before. */
  hasWaited = false

  constructor(
    readonly tag: number,
    readonly target: ProcessId,
    readonly thread: number,
    readonly resolve: (value: unknown) => void,
    /** What failed, in the words of an error: 'GenServer.call'. */
    private readonly api: string,
    private readonly server: unknown,
    private readonly message: unknown,
    private readonly timeout: number,
  ) {}

  reject(error: unknown): void {
    // Resolving with a rejected promise saves every call a second function.
    this.resolve(Promise.reject(error as Error))
  }

  /** Fails it with the CallError for a reason. */
  fail(reason: Reason, options?: ErrorOptions): void {
    this.resolve(thrown(() => callError(reason, failedCall(this.api, this.server, this.message, this.timeout), options)))
  }
}

const soon = Promise.resolve()

// Thrown where the caller waits, an error has the caller in its stack. That takes V8 two microtasks to see: in the first, nobody
// waits for this yet.
async function thrown(make: () => Error): Promise<never> {
  await soon
  await soon
  const error = make()
  Error.captureStackTrace(error, thrown) // only the caller
  throw error
}

export function failedCall(api: string, server: unknown, message: unknown, timeout: number): FailedCall {
  const [module, name] = api.split('.') as [string, string]
  return [module, name, [server, message, timeout]]
}

export function callError(reason: Reason, call: FailedCall, options?: ErrorOptions): CallError {
  const [, , [server, message, timeout]] = call
  const what = message === undefined ? formatTerm(server) : `${formatTerm(server)}, ${formatTerm(message)}`
  return new CallError(reason, call, `(${what}) ${explain(reason, timeout)}`, options)
}

function explain(reason: Reason, timeout: unknown): string {
  switch (reason) {
    case 'noproc':
      return 'noproc: no process is there'
    case 'timeout':
      return `timeout: no reply within ${String(timeout)} ms`
    case 'calling_self':
      return 'calling_self: a process cannot wait for its own reply'
    case 'overload':
      return 'overload: it has as many messages as its maxMailbox allows'
    case 'aborted':
      return 'aborted by its signal'
    default:
      return `the process ended first: ${formatReason(reason)}`
  }
}
