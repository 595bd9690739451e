// Who keeps names beside the name directory: registries and partition supervisors. They live on the main thread; other
// threads ask it.

import type { ProcessId } from '../term/pid.js'

/** Who keeps names. */
export interface Directory {
  /** The process that keeps them: with it, they are gone. */
  readonly keeper: ProcessId
  whereis(key: unknown): ProcessId | undefined
  /** Gives a key to a process; the owner that has it already, or undefined when done. Missing where keys are not given out. */
  claim?(key: unknown, owner: ProcessId, value: unknown): ProcessId | undefined
}
