// Finds out whether a value can be copied to another thread, and names the place where it cannot.

/** How many values a check looks at before it leaves the verdict to the structured clone itself. */
const BUDGET = 64

/**
 * True when `value` is surely cloneable: small and made of plain data. False means "not sure", not "no":
 * then the clone has to be tried at once, while the sender can still be told.
 */
export function isSurelyCloneable(value: unknown): boolean {
  switch (typeof value) {
    case 'object':
      return value === null || check(value, BUDGET) >= 0
    case 'function':
    case 'symbol':
      return false
    default:
      return true
  }
}

// Returns the budget that is left, or -1.
function check(value: object, budget: number): number {
  if (--budget < 0) return -1
  if (Array.isArray(value)) {
    if (value.length > budget) return -1
    for (let i = 0; i < value.length; i++) {
      budget = checkPart(value[i], budget)
      if (budget < 0) return -1
    }
    return budget
  }
  const proto: unknown = Object.getPrototypeOf(value)
  if (proto !== null && proto !== Object.prototype) return -1
  for (const key in value) {
    budget = checkPart((value as Record<string, unknown>)[key], budget)
    if (budget < 0) return -1
  }
  return budget
}

function checkPart(part: unknown, budget: number): number {
  switch (typeof part) {
    case 'object':
      return part === null ? budget - 1 : check(part, budget)
    case 'function':
    case 'symbol':
      return -1
    default:
      return budget - 1
  }
}

const UNCLONEABLE_TAGS = new Set(['Promise', 'WeakMap', 'WeakSet', 'WeakRef', 'Generator', 'AsyncGenerator', 'Symbol'])

/** The path to the first part that cannot be cloned (`message.items[3].onClick is a function`), or undefined. */
export function uncloneablePath(value: unknown, root: string): string | undefined {
  return find(value, root, new Set())
}

function find(value: unknown, path: string, seen: Set<object>): string | undefined {
  if (typeof value === 'function') return `${path} is a function`
  if (typeof value === 'symbol') return `${path} is a symbol`
  if (typeof value !== 'object' || value === null || seen.has(value) || ArrayBuffer.isView(value)) return undefined
  seen.add(value)
  const tag = Object.prototype.toString.call(value).slice(8, -1)
  if (UNCLONEABLE_TAGS.has(tag)) return `${path} is a ${tag}`
  if (value instanceof Map) {
    for (const [key, part] of value) {
      const found = find(key, `${path} key`, seen) ?? find(part, `${path}.get(${JSON.stringify(key) ?? String(key)})`, seen)
      if (found) return found
    }
    return undefined
  }
  if (value instanceof Set) {
    for (const part of value) {
      const found = find(part, `${path} member`, seen)
      if (found) return found
    }
    return undefined
  }
  for (const key of Object.keys(value)) {
    const step = Array.isArray(value) ? `[${key}]` : /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
    const found = find((value as Record<string, unknown>)[key], path + step, seen)
    if (found) return found
  }
  return undefined
}
