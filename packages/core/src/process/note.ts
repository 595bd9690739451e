// What a process that shares no memory tells the main thread of itself: what others read off the process table.

import type { ProcessId } from '../term/pid.js'
import { Ending, Flag, type ProcessTable, State } from './table.js'

/** What has changed since the last note. */
export interface Note {
  readonly isExiting: boolean
  readonly trapsExits: boolean
  readonly busySince: number
  readonly busyWith: Uint8Array | undefined
  readonly memory: number
  /** Messages taken up. */
  readonly handled: number
  /** By how many the mailboxes of which processes have grown, or shrunk. */
  readonly letters: readonly (readonly [to: ProcessId, count: number])[]
}

/** Writes a note into the table of the main thread. */
export function takeNote(table: ProcessTable, id: ProcessId, note: Note): void {
  if (table.ending(id).ending === Ending.unbegun) table.setEnding(id, Ending.unknown, 0)
  if (note.isExiting && table.isAlive(id)) table.setState(id, State.exiting)
  if (note.trapsExits !== table.hasFlag(id, Flag.trapExit)) table.setFlag(id, Flag.trapExit, note.trapsExits)
  table.setBusySince(id, note.busySince)
  if (note.busyWith) table.setBusyWith(id, note.busyWith)
  if (note.memory !== 0) table.setMemoryUsed(id, note.memory)
  if (note.handled !== 0) table.countHandled(id, note.handled)
  for (const [to, count] of note.letters) if (table.state(to) !== State.free) table.addToMailbox(to, count)
}
