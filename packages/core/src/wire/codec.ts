// How reasons and errors travel. Structured clone drops an error's class, code and own fields; the codec keeps name,
// message, stack, cause, code and every own field that can be cloned, and gives our own errors their class back.

import { type ErrorCode, ERRORS } from '../term/error-table.js'
import { CallError, ChildError, ExitError, StarfishError, StartError, UsageError, type FailedCall } from '../term/errors.js'
import { isErrorLike, type Reason } from '../term/reason.js'
import { fromBytes, toBytes } from './line.js'

const MARK = '$starfish.error'
const DEPTH = 8

interface WireError {
  readonly [MARK]: true
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  readonly fields: Record<string, unknown>
}

/** A form of `value` (a reason, an error, what an init stopped with) that surely can be copied, to a child process too. */
export const encodeTerm = (value: unknown): unknown => encode(value, DEPTH, new Map())

// `done` holds what has been met: a graph of cross-references is walked once, and a circle ends.
function encode(value: unknown, depth: number, done: Map<object, unknown>): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (done.has(value)) return done.get(value)
  if (depth === 0) return isErrorLike(value) ? `${value.name}: ${value.message}` : Array.isArray(value) ? '[…]' : '{…}'
  done.set(value, '[Circular]')
  const encoded = encodeObject(value, depth, done)
  done.set(value, encoded)
  return encoded
}

function encodeObject(value: object, depth: number, done: Map<object, unknown>): unknown {
  const part = (key: string): unknown => encode(read(value, key), depth - 1, done)
  if (isErrorLike(value)) return encodeError(value, part)
  if (Array.isArray(value)) return value.map((one) => encode(one, depth - 1, done))
  if (isPlain(value)) return Object.fromEntries(Object.keys(value).map((key) => [key, part(key)]))
  try {
    // What only threads of one program can share is no part of a reason: it may go to a child process.
    return fromBytes(toBytes([value]))[0]
  } catch {
    return String(value)
  }
}

function encodeError(error: Error, part: (key: string) => unknown): WireError {
  const own = Object.getOwnPropertyNames(error).filter((key) => !APART.has(key))
  // The class may have the code, and not the error itself.
  const keys = 'code' in error && !own.includes('code') ? [...own, 'code'] : own
  return { [MARK]: true, name: error.name, message: error.message, stack: stackOf(error), fields: Object.fromEntries(keys.map((key) => [key, part(key)])) }
}

// An Error.prepareStackTrace may give anything, and throw.
function stackOf(error: Error): string | undefined {
  const stack = read(error, 'stack')
  return typeof stack === 'string' ? stack : undefined
}

const APART = new Set(['name', 'message', 'stack', '__proto__'])

function read(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key]
  } catch {
    return '[unreadable]'
  }
}

/** Whether it is an object literal, of any realm, or has no prototype. */
function isPlain(value: object): boolean {
  const proto: unknown = Object.getPrototypeOf(value)
  return proto === null || Object.getPrototypeOf(proto) === null
}

/** The opposite of `encodeTerm`. */
export const decodeTerm = (value: unknown): unknown => decode(value, new Map())

function decode(value: unknown, done: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (done.has(value)) return done.get(value)
  const decoded = decodeObject(value, done)
  done.set(value, decoded)
  return decoded
}

function decodeObject(value: object, done: Map<object, unknown>): unknown {
  if (Array.isArray(value)) return value.map((part) => decode(part, done))
  if (isWireError(value)) return decodeError(value, done)
  if (!isPlain(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, decode(part, done)]))
}

export const encodeReason = (reason: Reason): unknown => encodeTerm(reason)
export const decodeReason = (value: unknown): Reason => decodeTerm(value) as Reason

/** Whether it is an error that was encoded; what only looks a little like one is left as it is. */
export function isWireError(value: unknown): value is WireError {
  const { [MARK]: mark, name, message, fields } = (value ?? {}) as Partial<WireError>
  return mark === true && typeof name === 'string' && typeof message === 'string' && typeof fields === 'object' && fields !== null
}

function decodeError(wire: WireError, done: Map<object, unknown>): Error {
  const fields = decode(wire.fields, done) as Record<string, unknown>
  const error = revive(wire, fields) ?? standard(wire.name, wire.message)
  for (const [key, value] of Object.entries(fields)) {
    if (key === 'cause') Object.defineProperty(error, 'cause', { value, configurable: true, writable: true })
    else (error as unknown as Record<string, unknown>)[key] = value
  }
  if (error.name !== wire.name) Object.defineProperty(error, 'name', { value: wire.name, configurable: true, writable: true })
  Object.defineProperty(error, 'message', { value: wire.message, configurable: true, writable: true })
  Object.defineProperty(error, 'stack', { value: wire.stack, configurable: true, writable: true })
  return error
}

// Our own errors come back as their class, found by code. Others may use the same codes.
function revive({ name, message }: WireError, fields: Record<string, unknown>): Error | undefined {
  const code = fields['code'] as ErrorCode
  if (typeof code !== 'string' || !Object.hasOwn(ERRORS, code) || ERRORS[code].class !== name) return undefined
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

function standard(name: string, message: string): Error {
  if (name === 'AggregateError') return new AggregateError([], message)
  return Object.hasOwn(STANDARD, name) ? new STANDARD[name]!(message) : new Error(message)
}
