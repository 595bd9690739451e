// How reasons and errors travel. Structured clone drops an error's class, code and own fields; the codec keeps name,
// message, stack, cause, code and every own field that can be cloned, and gives our own errors their class back.

import {
  CallError, ChildError, ExitError, StarfishError, StartError, UsageError, type ErrorCode, type FailedCall, ERRORS,
} from '../term/errors.js'
import { isErrorLike, type Reason } from '../term/reason.js'
import { isSmall } from './cloneable.js'

const MARK = '$starfish.error'
const DEPTH = 8

interface WireError {
  readonly [MARK]: true
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  readonly fields: Record<string, unknown>
}

/** A form of `value` (a reason, an error, what an init stopped with) that surely passes a structured clone. */
export function encodeTerm(value: unknown, depth = DEPTH): unknown {
  if (typeof value !== 'object' || value === null) return isSmall(value) ? value : String(value)
  if (isErrorLike(value)) return encodeError(value, depth)
  if (Array.isArray(value)) return depth === 0 ? '[…]' : value.map((part) => encodeTerm(part, depth - 1))
  if (isSmall(value) && !holdsError(value, depth)) return value
  const proto: unknown = Object.getPrototypeOf(value)
  if (proto === Object.prototype || proto === null) {
    return depth === 0 ? '{…}' : Object.fromEntries(Object.entries(value).map(([key, part]) => [key, encodeTerm(part, depth - 1)]))
  }
  try {
    return structuredClone(value)
  } catch {
    return String(value)
  }
}

function holdsError(value: object, depth: number): boolean {
  return depth > 0 && Object.values(value).some((part) => typeof part === 'object' && part !== null && (isErrorLike(part) || holdsError(part, depth - 1)))
}

function encodeError(error: Error, depth: number): WireError | string {
  if (depth === 0) return `${error.name}: ${error.message}`
  const fields: Record<string, unknown> = {}
  for (const key of Object.getOwnPropertyNames(error)) {
    if (key === 'name' || key === 'message' || key === 'stack' || key === '__proto__') continue
    fields[key] = encodeTerm((error as unknown as Record<string, unknown>)[key], depth - 1)
  }
  return { [MARK]: true, name: String(error.name), message: String(error.message), stack: error.stack, fields }
}

/** The opposite of `encodeTerm`. */
export function decodeTerm(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(decodeTerm)
  if ((value as Partial<WireError>)[MARK] === true) return decodeError(value as WireError)
  const proto: unknown = Object.getPrototypeOf(value)
  if (proto !== null && Object.getPrototypeOf(proto) !== null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, decodeTerm(part)]))
}

export const encodeReason = (reason: Reason): unknown => encodeTerm(reason)
export const decodeReason = (value: unknown): Reason => decodeTerm(value) as Reason

function decodeError(wire: WireError): Error {
  const fields = decodeTerm(wire.fields) as Record<string, unknown>
  const error = revive(fields, wire.message) ?? standard(wire.name, wire.message)
  for (const [key, value] of Object.entries(fields)) {
    if (key === 'cause') Object.defineProperty(error, 'cause', { value, configurable: true, writable: true })
    else (error as unknown as Record<string, unknown>)[key] = value
  }
  if (error.name !== wire.name) Object.defineProperty(error, 'name', { value: wire.name, configurable: true, writable: true })
  Object.defineProperty(error, 'message', { value: wire.message, configurable: true, writable: true })
  Object.defineProperty(error, 'stack', { value: wire.stack, configurable: true, writable: true })
  return error
}

// Our own errors come back as their class, found by code.
function revive(fields: Record<string, unknown>, message: string): Error | undefined {
  const code = fields['code'] as ErrorCode
  if (typeof code !== 'string' || !Object.hasOwn(ERRORS, code)) return undefined
  const reason = fields['reason'] as Reason
  switch (ERRORS[code].class) {
    case 'CallError':
      return new CallError(reason, fields['call'] as FailedCall, message)
    case 'StartError':
      return new StartError(reason, message)
    case 'ChildError':
      return new ChildError(reason, message)
    case 'ExitError':
      return new ExitError(reason)
    case 'UsageError':
      return new UsageError(code, message)
    case 'StarfishError':
      return new StarfishError(code, message)
  }
}

const STANDARD: Record<string, new (message: string) => Error> = {
  EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError,
}

const standard = (name: string, message: string): Error =>
  Object.hasOwn(STANDARD, name) ? new STANDARD[name]!(message) : new Error(message)
