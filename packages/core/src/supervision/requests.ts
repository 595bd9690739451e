// What all kinds of supervisors are asked, and how they answer.

import { Kind } from '../wire/envelope.js'
import { decodeReason, encodeReason } from '../wire/codec.js'
import type { FullChildSpec } from '../term/child-spec.js'
import { ChildError, misuse } from '../term/errors.js'
import type { Pid } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import type { Address } from '../process/address.js'
import { request } from '../behaviour/request.js'
import { startError } from '../behaviour/started.js'
import { requestedSpec } from './child-spec.js'

/** The answers to requests about children. */
export type ChildAnswer =
  | { readonly kind: 'ok'; readonly pid: Pid | undefined; readonly info?: unknown }
  | { readonly kind: 'refused'; readonly reason: Reason }
  /** The reason is encoded: it may hold an error, and who asked may be on another thread. */
  | { readonly kind: 'failed'; readonly reason: unknown }

export const refused = (reason: Reason): ChildAnswer => ({ kind: 'refused', reason })
export const failed = (reason: Reason): ChildAnswer => ({ kind: 'failed', reason: encodeReason(reason) })

/** The spec in a request to add a child, or the answer to what is none: a supervisor does not end of what it is asked for (supervisor.erl, handle_call). */
export function specIn(child: unknown): { readonly kind: 'spec'; readonly spec: FullChildSpec } | ChildAnswer {
  try {
    return { kind: 'spec', spec: requestedSpec(child) }
  } catch (error) {
    return refused(['invalid_child_spec', (error as Error).message])
  }
}

/** A child that was started: without a pid when its init said ignore. */
export interface StartedChild {
  readonly pid: Pid | undefined
  /** The extra information a start function gave. */
  readonly info?: unknown
}

export interface ChildCounts {
  readonly specs: number
  /** How many run. */
  readonly active: number
  readonly supervisors: number
  readonly workers: number
}

/** A supervisor may be busy with restarts for as long as they take: requests wait without limit (supervisor.erl, call/2). */
export const ask = (supervisor: Address, message: unknown, api: string): Promise<unknown> => request(Kind.call, supervisor, message, { timeout: Infinity }, api)

/** Throws ERR_BAD_ARGUMENT for what no child has as its id. */
export function checkId(id: unknown): asserts id is string | number {
  if (typeof id !== 'string' && typeof id !== 'number') misuse('ERR_BAD_ARGUMENT', 'the id of a child', id, "'counter', as in its spec: by default the name of its definition")
}

export function settled(reply: unknown, what: string): StartedChild {
  const answer = reply as ChildAnswer
  if (answer.kind === 'ok') return { pid: answer.pid, ...('info' in answer ? { info: answer.info } : {}) }
  if (answer.kind === 'refused') throw new ChildError(answer.reason, what)
  throw startError(decodeReason(answer.reason), what)
}
