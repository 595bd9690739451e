// Values of any size and kind on one line, for errors and reports: as `util.inspect` writes them, but no more is looked
// at than is written, and nothing that a value does while it is looked at breaks the report.

import { inspect, types } from 'node:util'

const MOST_ITEMS = 20
const DEEPEST = 3
/** Printable ASCII without quotes and backslashes: what `inspect` writes as it is. */
const PLAIN = /^[ !#-&(-[\]-_a-~]*$/

/** One line for a value, cut at about `limit` characters. */
export function formatTerm(value: unknown, limit = 200): string {
  const line = new Line(limit)
  try {
    line.write(value, 0)
  } catch (error) {
    line.add(`<cannot be shown: ${messageOf(error)}>`)
  }
  return line.text
}

/** One line for a reason, without quotes, and without the stacks of the errors in it. */
export function formatReason(reason: unknown, limit = 2000): string {
  if (typeof reason === 'string') return cut(reason, limit)
  if (Array.isArray(reason)) {
    const parts = reason.slice(0, MOST_ITEMS).map((part) => formatReason(part, limit))
    const more = reason.length > MOST_ITEMS ? [`... ${reason.length - MOST_ITEMS} more`] : []
    return cut(`[${[...parts, ...more].join(', ')}]`, limit)
  }
  if (typeof reason === 'object' && reason !== null && 'stack' in reason && 'message' in reason) {
    const error = reason as Error
    return cut(`${error.name}: ${error.message}`, limit)
  }
  return formatTerm(reason)
}

const cut = (text: string, limit: number): string => (text.length > limit ? `${text.slice(0, limit)}…` : text)
const messageOf = (error: unknown): string => (typeof (error as Error | undefined)?.message === 'string' ? cut((error as Error).message, 100) : 'it threw')

class Line {
  text = ''
  private full = false

  constructor(private readonly limit: number) {}

  add(text: string): void {
    if (this.full) return
    this.text += text
    if (this.text.length <= this.limit) return
    this.text = `${this.text.slice(0, this.limit)}…`
    this.full = true
  }

  write(value: unknown, depth: number): void {
    if (typeof value !== 'object' || value === null || isOpaque(value)) return this.add(this.leaf(value))
    if (types.isNativeError(value)) return this.add(`[${value.name}: ${cut(value.message, this.limit)}]`)
    const name = nameOf(value)
    if (depth > DEEPEST) return this.add(`[${name}]`)
    const part = (inner: unknown): void => this.write(inner, depth + 1)
    if (Array.isArray(value)) return this.list('[', ']', Math.min(value.length, MOST_ITEMS), value.length, (i) => part(value[i]))
    if (types.isSet(value)) {
      const items = first(value)
      return this.list(`Set(${value.size}) {`, '}', items.length, value.size, (i) => part(items[i]))
    }
    if (types.isMap(value)) {
      const entries = first(value)
      return this.list(`Map(${value.size}) {`, '}', entries.length, value.size, (i) => {
        part(entries[i]![0])
        this.add(' => ')
        part(entries[i]![1])
      })
    }
    const keys = Object.keys(value)
    this.list(name === 'Object' ? '{' : `${name} {`, '}', keys.length, keys.length, (i) => {
      this.add(`${this.label(keys[i]!)}: `)
      const property = Object.getOwnPropertyDescriptor(value, keys[i]!)
      if (property !== undefined && 'value' in property) part(property.value)
      else this.add('[Getter]')
    })
  }

  private label(key: string): string {
    if (key === '__proto__') return "['__proto__']" // a field of that name, not the prototype
    return /^[A-Za-z_]\w*$/.test(key) ? key : this.leaf(key)
  }

  // Strings and lists of numbers are cut before they are written.
  private leaf(value: unknown): string {
    // What most calls are made of: when a server dies, all that wait for it are told at once.
    if (typeof value === 'string' && value.length <= this.limit && PLAIN.test(value)) return `'${value}'`
    if (typeof value === 'number' && value !== 0) return String(value) // but for -0
    if (value === null || value === undefined || typeof value === 'boolean') return String(value)
    return inspect(value, { depth: DEEPEST, breakLength: Infinity, compact: true, maxArrayLength: MOST_ITEMS, maxStringLength: this.limit })
  }

  private list(open: string, close: string, shown: number, size: number, write: (i: number) => void): void {
    if (size === 0) return this.add(open + close)
    this.add(`${open} `)
    for (let i = 0; i < shown && !this.full; i++) {
      if (i > 0) this.add(', ')
      write(i)
    }
    if (shown < size) this.add(`, ... ${size - shown} more item${size - shown === 1 ? '' : 's'}`)
    this.add(` ${close}`)
  }
}

function first<T>(all: Iterable<T>): T[] {
  const found: T[] = []
  for (const one of all) if (found.push(one) === MOST_ITEMS) break
  return found
}

/** What `inspect` knows best; it looks at no more of these than it writes. */
const isOpaque = (value: object): boolean =>
  ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value) || types.isDate(value) || types.isRegExp(value) || types.isPromise(value) ||
  types.isProxy(value) || types.isBoxedPrimitive(value) || typeof (value as { [inspect.custom]?: unknown })[inspect.custom] === 'function'

function nameOf(value: object): string {
  if (Array.isArray(value)) return 'Array'
  const proto = Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null
  if (proto === null) return '[Object: null prototype]'
  const name = proto.constructor?.name
  return typeof name === 'string' && name !== '' ? name : 'Object'
}
