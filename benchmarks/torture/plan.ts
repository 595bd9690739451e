// With what each way to die is met: the isolation and the limits that docs/isolation.md and docs/watchdogs.md tell to use.

import type { Isolation } from 'starfish'
import type { Way } from './ways.js'

export interface Plan {
  /** One of the ways of the process itself, or what is done to it from outside. */
  readonly way: Way | 'kill' | 'an init that never returns' | 'a module that is missing'
  readonly isolation: Isolation
  /** The limits it needs, in ms and MB. */
  readonly maxHandlerTime?: number
  readonly heap?: number
  readonly maxOldSpace?: number
  /** Part of the short form. */
  readonly short?: true
}

const LIMIT = 300

export const PLANS: readonly Plan[] = [
  { way: 'throw', isolation: 'thread', short: true },
  { way: 'throw after an await', isolation: 'thread' },
  { way: 'throw in a timer', isolation: 'thread', short: true },
  { way: 'floating rejection', isolation: 'thread', short: true },
  { way: 'process.exit(0)', isolation: 'thread' },
  { way: 'process.exit(3)', isolation: 'thread', short: true },
  { way: 'stack overflow', isolation: 'thread', short: true },
  { way: 'a reply that cannot be copied', isolation: 'thread', short: true },
  { way: 'kill', isolation: 'thread', short: true },
  { way: 'an init that never returns', isolation: 'thread', short: true },
  { way: 'a module that is missing', isolation: 'thread', short: true },
  { way: 'while (true)', isolation: 'thread', maxHandlerTime: LIMIT, short: true },
  { way: 'microtasks without end', isolation: 'thread', maxHandlerTime: LIMIT },
  { way: 'a regular expression without end', isolation: 'thread', maxHandlerTime: LIMIT, short: true },
  { way: 'WebAssembly without end', isolation: 'thread', maxHandlerTime: LIMIT, short: true },
  { way: 'a handler that never answers', isolation: 'thread', maxHandlerTime: LIMIT },
  { way: 'heap: many small arrays', isolation: 'process', maxOldSpace: 64 },
  { way: 'heap: one object with string keys', isolation: 'process', maxOldSpace: 64, short: true },
  { way: 'heap: one Map', isolation: 'process', maxOldSpace: 64 },
  { way: 'heap: one array of numbers', isolation: 'process', maxOldSpace: 64 },
  { way: 'heap: a string that doubles', isolation: 'process', maxOldSpace: 64 },
  { way: 'Buffers without end', isolation: 'process', heap: 256, short: true },
  { way: 'execSync that takes its time', isolation: 'process', maxHandlerTime: LIMIT, short: true },
  { way: 'pbkdf2Sync without end', isolation: 'process', maxHandlerTime: LIMIT },
  { way: 'SIGSEGV', isolation: 'process', short: true },
  { way: 'process.abort', isolation: 'process', short: true },
  { way: 'SIGKILL from outside', isolation: 'process' },
  { way: 'file descriptors without end', isolation: 'process', short: true },
]
