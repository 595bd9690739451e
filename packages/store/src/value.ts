// Values as bytes: what can be sent in a message, as far as it can outlive the program. A value that cannot be stored is
// refused with the path of the part that cannot.

import { deserialize, serialize } from 'node:v8'
import { UsageError } from 'starfish'

/** Throws ERR_NOT_CLONEABLE. */
export function packValue(value: unknown): Uint8Array {
  try {
    return serialize(value)
  } catch (error) {
    const instead = 'data instead, such as the name of what to call: a file holds no functions, no ports and no shared memory'
    throw new UsageError('ERR_NOT_CLONEABLE', `expected a value that can be written to a file, got ${culprit(value, 'value')}; write ${instead}`, { cause: error })
  }
}

export const unpackValue = (bytes: Uint8Array): unknown => deserialize(bytes)

const isStorable = (value: unknown): boolean => {
  try {
    serialize(value)
    return true
  } catch {
    return false
  }
}

// The innermost part that cannot be stored, and what it is.
function culprit(value: unknown, path: string): string {
  for (const [step, part] of partsOf(value)) {
    if (!isStorable(part)) return culprit(part, path + step)
  }
  const kind = typeof value === 'object' ? Object.prototype.toString.call(value).slice(8, -1) : typeof value
  return `${path}, which is a ${kind}`
}

function partsOf(value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return []
  if (value instanceof Map) return [...value].flatMap(([key, part], i): [string, unknown][] => [[` key ${i}`, key], [`.get(${JSON.stringify(key) ?? String(key)})`, part]])
  if (value instanceof Set) return [...value].map((part) => [' member', part])
  return Object.entries(value).map(([key, part]) => [Array.isArray(value) ? `[${key}]` : /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`, part])
}
