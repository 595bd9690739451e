// What the main thread keeps of each process, and what it makes of a thread's end.

import type { DefinitionRef } from '../term/definition.js'
import { formatPid, type ProcessId } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import type { Channel } from '../wire/channel.js'
import type { TimerHandle } from './clock.js'
import type { ProcessStartMessage } from './diagnostics.js'
import { here } from './here.js'
import type { Output } from './output.js'
import type { Outcome, StartOutcome } from './role.js'
import type { Carrier, CarrierEnd, CarrierSpec } from './carrier.js'
import { Ending } from './table.js'

export interface Entry {
  readonly id: ProcessId
  readonly definition: DefinitionRef | undefined
  readonly parent: ProcessId
  /** How many processes started each other before it. */
  readonly depth: number
  name: string | null
  /** What directories keep it by, as text. Another process may have taken the place meanwhile. */
  vias?: Set<string>
  readonly thread: Carrier | undefined
  readonly spec: CarrierSpec | undefined
  /** Until somebody knows what became of its start. */
  start: PendingStart | undefined
  /** Its supervisor waits for its end. */
  isStopped?: boolean
  /** Of a process with a thread of its own. */
  readonly output: Output | undefined
  /** What the process itself said it ended with. */
  endReason?: Reason
}

export interface PendingStart {
  outcome: StartOutcome | undefined
  readonly settle: (outcome: Outcome) => void
  readonly timer: TimerHandle | undefined
  /** Does it once more, in a new thread; of one in a spare. */
  readonly again: (() => void) | undefined
}

/** The processes of the program, by id. */
export type Entries = ReadonlyMap<ProcessId, Entry>

export const channelOf = (entry: Entry): Channel | undefined => entry.thread && here.channels.get(entry.thread.number)

/** What reports call it. */
export const nameOf = ({ name, definition }: Entry): string => name ?? definition!.name

/** What diagnostics channels say of it. */
export const describe = (entry: Entry): ProcessStartMessage => ({
  pid: formatPid(entry.id), name: nameOf(entry), parent: formatPid(entry.parent), thread: entry.thread?.number ?? here.thread,
})

/** Whether its spare had ended, from outside or by itself, before it knew what to become: no fault of the process. */
export const isUnbegun = ({ id, start, thread, endReason }: Entry): boolean =>
  start?.again !== undefined && !start.outcome && endReason === undefined && thread!.verdict === undefined && here.table.ending(id).ending === Ending.unbegun

/** Why a process ended that could not say so itself: the table of docs/errors.md. */
export function reasonOfEnd(entry: Entry, { reason, isVague }: CarrierEnd): Reason {
  const { ending, exitCode } = here.table.ending(entry.id)
  return isVague && ending === Ending.processExit ? ['process_exit', exitCode] : reason
}
