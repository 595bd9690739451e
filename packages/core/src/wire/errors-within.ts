// Errors inside of messages and replies, `['failed', error]`: a structured clone alone would take their class, code and
// own fields from them. Looked for in what a message usually is, a few levels deep; nothing else is touched.

import { isErrorLike } from '../term/reason.js'
import { decodeTerm, encodeTerm, isWireError } from './codec.js'

const DEPTH = 4
const BUDGET = 64

/** The body as it should travel: itself when it holds no errors, else a form for `unpackErrors`. */
export function packErrors(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body
  budget = BUDGET
  return holdsError(body, DEPTH) ? replace(body, DEPTH, encodeError) : body
}

/** The body as it was before it was packed. */
export const unpackErrors = (packed: unknown): unknown => replace(packed, DEPTH, decodeError)

let budget = 0

function holdsError(value: object, depth: number): boolean {
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return false // what is usually moved
  const list = Array.isArray(value)
  if (!list && isWireError(value)) return false // encoded already, by somebody who will decode it
  if (!list && isErrorLike(value)) return true
  if (depth === 0 || !isContainer(value)) return false
  for (const part of (list ? value : Object.values(value)) as unknown[]) {
    if (--budget < 0) return false
    if (typeof part === 'object' && part !== null && holdsError(part, depth - 1)) return true
  }
  return false
}

function replace(value: unknown, depth: number, change: (error: unknown) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (isWireError(value) || isErrorLike(value)) return change(value)
  if (depth === 0 || !isContainer(value)) return value
  if (Array.isArray(value)) return value.map((part) => replace(part, depth - 1, change))
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, replace(part, depth - 1, change)]))
}

const encodeError = (value: unknown): unknown => (isWireError(value) ? value : encodeTerm(value))

const decodeError = (value: unknown): unknown => (isWireError(value) ? decodeTerm(value) : value)

function isContainer(value: object): boolean {
  if (Array.isArray(value)) return true
  const proto: unknown = Object.getPrototypeOf(value)
  return proto === null || Object.getPrototypeOf(proto) === null
}
