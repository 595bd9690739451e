// Copies small plain values, so that they can wait for company before they are posted: what the sender does to them
// meanwhile is not seen. And names the place where a value cannot be copied at all.

/** What `copySmall` gives for a value that is not small and plain. Says nothing about whether it can be cloned. */
export const NOT_SMALL = Symbol('not small')

/** How many values a copy may hold. */
const BUDGET = 64

// Objects met in the copy at hand: one that comes twice would lose its identity, which a structured clone keeps.
const met: object[] = []

/** A copy of `value` as a structured clone would make it, or `NOT_SMALL`: then it has to be cloned at once. */
export function copySmall(value: unknown): unknown {
  switch (typeof value) {
    case 'object':
      return value === null ? null : copyMessage(value)
    case 'function':
    case 'symbol':
      return NOT_SMALL
    default:
      return value
  }
}

function copyMessage(value: object): unknown {
  met.length = 0
  budget = BUDGET
  return copy(value)
}

let budget = 0

function copy(value: object): unknown {
  if (--budget < 0 || met.includes(value)) return NOT_SMALL
  met.push(value)
  const keys = Object.keys(value)
  if (Array.isArray(value)) {
    // Holes and named properties are for the structured clone.
    if (keys.length !== value.length) return NOT_SMALL
    const copied: unknown[] = []
    for (let i = 0; i < keys.length; i++) {
      const part = copyPart(value[i])
      if (part === NOT_SMALL) return NOT_SMALL
      copied.push(part)
    }
    return copied
  }
  const proto: unknown = Object.getPrototypeOf(value)
  if (proto !== null && proto !== Object.prototype) return NOT_SMALL
  const copied: Record<string, unknown> = {}
  for (const key of keys) {
    const part = key === '__proto__' ? NOT_SMALL : copyPart((value as Record<string, unknown>)[key])
    if (part === NOT_SMALL) return NOT_SMALL
    copied[key] = part
  }
  return copied
}

function copyPart(part: unknown): unknown {
  if (isSimple(part)) return --budget < 0 ? NOT_SMALL : part
  return typeof part === 'object' ? copy(part as object) : NOT_SMALL
}

/** Whether a value cannot change: there is nothing to copy. */
export const isSimple = (value: unknown): boolean => {
  const type = typeof value
  return value === null || (type !== 'object' && type !== 'function' && type !== 'symbol')
}

/** The common message: a word and a value that is simple. */
export type Pair = readonly [word: string, value: unknown]

/** Whether a value is the common message. */
export const isPair = (value: unknown): value is Pair =>
  // What may be a hole or the match of a regular expression, which has names besides, is none.
  Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && isSimple(value[1]) && value[1] !== undefined && !('index' in value)

const UNCLONEABLE_TAGS = new Set(['Promise', 'WeakMap', 'WeakSet', 'WeakRef', 'Generator', 'AsyncGenerator', 'Symbol'])
/** What threads of one program can share or move, and others cannot. */
const UNSHAREABLE_TAGS = new Set(['SharedArrayBuffer', 'MessagePort', 'FileHandle', 'WebAssembly.Memory', 'WebAssembly.Module', 'Blob', 'KeyObject', 'CryptoKey', 'BlockList'])

/**
 * The path to the first part that cannot be cloned (`message.items[3].onClick is a function`), or undefined.
 * Without `canShare`, shared memory and ports cannot be either.
 */
export function uncloneablePath(value: unknown, root: string, canShare = true): string | undefined {
  return find(value, root, new Set(), canShare)
}

function find(value: unknown, path: string, seen: Set<object>, canShare: boolean): string | undefined {
  if (typeof value === 'function') return `${path} is a function`
  if (typeof value === 'symbol') return `${path} is a symbol`
  if (typeof value !== 'object' || value === null || seen.has(value)) return undefined
  seen.add(value)
  if (ArrayBuffer.isView(value)) return canShare || tagOf(value.buffer) !== 'SharedArrayBuffer' ? undefined : `${path}.buffer is a SharedArrayBuffer`
  const tag = tagOf(value)
  if (UNCLONEABLE_TAGS.has(tag) || (!canShare && UNSHAREABLE_TAGS.has(tag))) return `${path} is a ${tag}`
  if (value instanceof Map) {
    for (const [key, part] of value) {
      const found = find(key, `${path} key`, seen, canShare) ?? find(part, `${path}.get(${JSON.stringify(key) ?? String(key)})`, seen, canShare)
      if (found) return found
    }
    return undefined
  }
  if (value instanceof Set) {
    for (const part of value) {
      const found = find(part, `${path} member`, seen, canShare)
      if (found) return found
    }
    return undefined
  }
  for (const key of Object.keys(value)) {
    const step = Array.isArray(value) ? `[${key}]` : /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
    const found = find((value as Record<string, unknown>)[key], path + step, seen, canShare)
    if (found) return found
  }
  return undefined
}

/** What an object is, in any realm. The ports of Node say it by their constructor only. */
function tagOf(value: object): string {
  const tag = Object.prototype.toString.call(value).slice(8, -1)
  return tag === 'Object' || tag === 'EventTarget' ? (value.constructor?.name ?? tag) : tag
}
