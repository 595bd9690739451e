// A key of a registry: any plain data. Two keys are the same when they look the same.

import { isAnyArrayBuffer, isArrayBufferView, isBoxedPrimitive, isDate, isMap, isNativeError, isRegExp, isSet } from 'node:util/types'
import { misuse } from './errors.js'

/** Throws ERR_BAD_ARGUMENT for what can be no key. A key that is missing is an argument forgotten, as a rule. */
export function checkKey(key: unknown): void {
  if (key === undefined || typeof key === 'function' || typeof key === 'symbol') misuse('ERR_BAD_ARGUMENT', 'a key', key, "plain data: 'lobby', 7, ['room', 7], null")
}

/** Text that is equal for equal keys. Objects are compared by their fields, in any order. */
export function canonical(key: unknown): string {
  switch (typeof key) {
    case 'string':
      return JSON.stringify(key)
    case 'bigint':
      return `${key}n`
    case 'object':
      if (key === null) return 'null'
      if (Array.isArray(key)) return `[${key.map(canonical).join(',')}]`
      if (isDate(key)) return `Date(${Number(key)})`
      if (isRegExp(key)) return `RegExp(${String(key)})`
      if (isAnyArrayBuffer(key)) return `ArrayBuffer(${new Uint8Array(key).join()})`
      if (isArrayBufferView(key)) return `${Object.prototype.toString.call(key)}(${new Uint8Array(key.buffer, key.byteOffset, key.byteLength).join()})`
      if (isNativeError(key)) return `Error${canonical([key.name, key.message, Object.entries(key)])}`
      if (isBoxedPrimitive(key)) return `Object(${canonical(key.valueOf())})`
      if (isMap(key) || isSet(key)) return `${isMap(key) ? 'Map' : 'Set'}[${Array.from(key as Iterable<unknown>, canonical).sort().join(',')}]`
      return `{${Object.entries(key).map(([name, value]) => `${JSON.stringify(name)}:${canonical(value)}`).sort().join(',')}}`
    default:
      return String(key)
  }
}

/** Whether `value` fits `pattern`: `'_'` fits anything, an object needs only the fields it names. */
export function fits(value: unknown, pattern: unknown): boolean {
  if (pattern === '_') return true
  if (Array.isArray(pattern)) return Array.isArray(value) && value.length === pattern.length && pattern.every((part, i) => fits(value[i], part))
  if (typeof pattern === 'object' && pattern !== null) {
    if (!hasFields(pattern)) return typeof value === 'object' && canonical(value) === canonical(pattern)
    return typeof value === 'object' && value !== null && !Array.isArray(value) &&
      Object.entries(pattern).every(([name, part]) => name in value && fits((value as Record<string, unknown>)[name], part))
  }
  return Object.is(value, pattern)
}

/** Whether an object is what its fields are: a Date, a Map or a RegExp has none. */
const hasFields = (value: object): boolean =>
  !(isDate(value) || isRegExp(value) || isMap(value) || isSet(value) || isAnyArrayBuffer(value) || isArrayBufferView(value) || isNativeError(value) || isBoxedPrimitive(value))
