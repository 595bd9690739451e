// Which partition a key leads to.

import { canonical } from '../term/key.js'

/** The partition of a key: an integer by its remainder, anything else by its text. The same in every run. */
export function partitionOf(key: unknown, partitions: number): number {
  if (Number.isInteger(key)) return Math.abs(key as number) % partitions
  let hash = 0x811c9dc5
  for (const char of canonical(key)) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193)
  return (hash >>> 0) % partitions
}
