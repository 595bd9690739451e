// What a failed call tells its caller, in a word.

import type { CallError } from 'starfish'

const isCallError = (error: unknown): error is CallError => (error as { name?: unknown } | undefined)?.name === 'CallError'

/** The tag of the exit reason: `killed`, `out_of_memory`, `timeout`; of a signal its name. Throws what is no failure of a call. */
export function errorCodeOf(error: unknown): string {
  if (!isCallError(error)) throw error
  const { reason } = error
  if (typeof reason === 'string') return reason
  const [tag, detail] = reason as readonly unknown[]
  return String(tag === 'signal' ? detail : tag)
}
