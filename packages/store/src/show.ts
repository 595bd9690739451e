// How a value reads in a message: on one line, and short.

import { inspect } from 'node:util'

export function show(value: unknown): string {
  const text = inspect(value, { depth: 2, breakLength: Infinity })
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`
}
