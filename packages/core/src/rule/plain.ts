// A value as JSON can hold it: what `JSON.stringify` would drop or refuse is spelt out. For values that have been made
// safe to travel, so that nothing in them runs and no circle is left.

import { types } from 'node:util'
import { formatTerm } from '../term/format.js'
import { isErrorLike } from '../term/reason.js'

export function plain(value: unknown, mapStack: (stack: string) => string): unknown {
  const part = (inner: unknown): unknown => plain(inner, mapStack)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (isErrorLike(value)) {
    const { name, message, stack, cause } = value
    return { name, message, ...fields(value, part), ...(cause === undefined ? {} : { cause: part(cause) }), stack: mapStack(stack ?? '') }
  }
  if (Array.isArray(value)) return value.map(part)
  if (types.isSet(value)) return [...value].map(part)
  if (types.isMap(value)) return Object.fromEntries([...value].map(([key, one]) => [typeof key === 'string' ? key : formatTerm(key), part(one)]))
  if (types.isDate(value)) return value
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value) || types.isRegExp(value)) return formatTerm(value)
  return fields(value, part)
}

const fields = (value: object, part: (inner: unknown) => unknown): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).map(([key, one]) => [key, part(one)]))
