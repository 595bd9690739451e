// Who keeps names beside the name directory: registries and partition supervisors. They live on the main thread; other
// threads ask it.

import type { ProcessId } from '../term/pid.js'

/** Who keeps names. */
export interface Directory {
  /** The process that keeps them: with it, they are gone. */
  readonly keeper: ProcessId
  whereis(key: unknown): ProcessId | undefined
  /** The same text for all keys that lead to the same place, and for no others of the program. */
  textOf(key: unknown): string
  /** Gives a key to a process; the owner that has it already, or undefined when done. Missing where keys are not given out. */
  claim?(key: unknown, owner: ProcessId, value: unknown): ProcessId | undefined
  /** Keys are given to children of the keeper only. */
  readonly forChildren?: true
}

/** What directories tell the main thread, so that a name is held while its process is started again. */
export interface Vias {
  /** Who has, or had last, what a directory calls `text`; `HELD_NAME` while its supervisor restarts it. */
  lookup(text: string): ProcessId | undefined
  /** A process has got it. */
  entered(text: string, owner: ProcessId): void
  /** A process that lives has it no more. */
  left(text: string, owner: ProcessId): void
}
