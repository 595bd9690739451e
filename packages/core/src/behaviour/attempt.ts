// What became of a callback: its value, or what it threw, which is an exit reason or a return in disguise.

import { exitReasonOf } from '../term/errors.js'
import { isErrorLike, type Reason } from '../term/reason.js'

export class Caught {
  constructor(readonly thrown: unknown) {}
}

export const isThrown = (result: unknown): result is Caught => result instanceof Caught

export const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'

export const settle = (promise: Promise<unknown>): Promise<unknown> => promise.then(undefined, (thrown: unknown) => new Caught(thrown))

/** The exit reason for what a callback threw. */
export function reasonOf(thrown: unknown): Reason {
  const exit = exitReasonOf(thrown)
  if (exit !== undefined) return exit
  return isErrorLike(thrown) ? ['error', thrown] : ['bad_return_value', thrown]
}

