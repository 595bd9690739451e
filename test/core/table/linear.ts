// Whether operations on one key, recorded by several threads, can be put in an order that is true to when each of them happened, and
// in which one after another gives what they gave (Wing and Gong). An operation whose thread was killed has no end: it has happened at
// some moment after its beginning, or not at all.

import type { TypeName } from './world.js'

export const OPERATIONS = {
  set: ['lookup', 'insert', 'insertNew', 'take', 'delete', 'updateCounter', 'member', 'deleteObject'],
  ordered_set: ['lookup', 'insert', 'insertNew', 'take', 'delete', 'updateCounter', 'member', 'deleteObject'],
  bag: ['lookup', 'insert', 'insert', 'insertNew', 'take', 'delete', 'deleteObject', 'member'],
} as const satisfies Record<TypeName, readonly string[]>

export interface Done {
  readonly operation: string
  readonly value: number
  /** As `codeOf` has it. */
  readonly result: number
  readonly from: number
  /** Infinity for one that its thread was killed in. */
  readonly to: number
}

/** What an operation gave, as a number: a list of a bag has the values 0 to 4, each once. */
export function codeOf(result: unknown): number {
  if (typeof result === 'number') return result
  if (Array.isArray(result)) return -10 - (result as number[]).reduce((code, value) => code * 6 + value + 1, 0)
  return result === undefined ? -1 : result === true ? -2 : -3
}

/** The values of a key; of a set, one or none. */
type Values = readonly number[]

function after(type: TypeName, had: Values, { operation, value }: Done): [result: unknown, has: Values] {
  const isBag = type === 'bag'
  const all = isBag ? had : had[0]
  switch (operation) {
    case 'insert':
      return [undefined, isBag ? (had.includes(value) ? had : [...had, value]) : [value]]
    case 'insertNew':
      return had.length === 0 ? [true, [value]] : [false, had]
    case 'take':
      return [all, []]
    case 'delete':
      return [had.length > 0, []]
    case 'deleteObject':
      return [had.includes(value), had.filter((other) => other !== value)]
    case 'member':
      return [had.length > 0, had]
    case 'updateCounter': {
      const sum = (had[0] ?? 10) + value
      return [sum, [sum]]
    }
    default:
      return [all, had]
  }
}

export function isLinearizable(type: TypeName, history: readonly Done[]): boolean {
  const seen = new Set<string>()
  const search = (left: readonly Done[], had: Values): boolean => {
    if (left.every(({ to }) => to === Infinity)) return true
    const state = `${left.map((one) => history.indexOf(one)).join()} ${had.join()}`
    if (seen.has(state)) return false
    seen.add(state)
    const firstEnd = Math.min(...left.map(({ to }) => to))
    return left.some((one) => {
      if (one.from > firstEnd) return false
      const [result, has] = after(type, had, one)
      return (one.to === Infinity || codeOf(result) === one.result) && search(left.filter((other) => other !== one), has)
    })
  }
  return search(history, [])
}
