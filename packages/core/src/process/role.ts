// What the process floor asks of whoever decides on life and death: the main thread decides (arbiter), every other
// thread asks the main thread (guest). Both answer to this.

import type { SpawnRequest } from '../term/definition.js'
import type { Pid, ProcessId } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import type { LogEvent } from '../term/log-event.js'
import type { Channel } from '../wire/channel.js'
import type { LocalProcess } from './local-process.js'
import type { AutopsyOptions } from './autopsies.js'
import type { Zombie } from './zombies.js'
import type { TableRequest } from '../table/keeper.js'
import type { Via } from '../term/via.js'

/** What became of a start. */
export type Outcome =
  | { readonly kind: 'ok'; readonly id: ProcessId; readonly monitor?: string }
  | { readonly kind: 'ignore' }
  | { readonly kind: 'error'; readonly reason: Reason }

export interface HostRole {
  /** Starts a process; settles as `request.immediate` says. Never rejects for a reason that OTP returns. */
  spawn(request: SpawnRequest): Promise<Outcome>
  /** A channel to another thread, made on first need; undefined when that thread is gone. */
  channelTo(thread: number): Channel | undefined
  /** An exit signal to a process that may be in the middle of anything. */
  signal(to: ProcessId, from: ProcessId, reason: Reason): void
  link(from: ProcessId, to: ProcessId): void
  unlink(from: ProcessId, to: ProcessId): void
  /** `name` is what it was asked for by. By a via name, `to` is not known yet. */
  monitor(from: ProcessId, to: ProcessId, ref: string, name: string | Via | undefined): void
  demonitor(from: ProcessId, ref: string): void
  /** Rejects with ERR_NAME_TAKEN or ERR_NOT_ALIVE. */
  register(from: ProcessId, to: ProcessId, name: string): Promise<void>
  unregister(from: ProcessId, name: string): Promise<void>
  /**
   * Settles when a held name is registered again, or given up; with false when that will never be, since who decides waits for `asker`,
   * a process of this thread. `untilServed`: when the init of who has it is over.
   */
  nameSettled(name: string | Via, untilServed: boolean, asker: ProcessId): Promise<boolean>
  /** Gives up the names held for children of `supervisor` that do not come back. `mayReturn` tells which may. */
  releaseNames(supervisor: ProcessId, mayReturn: () => MayReturn): void
  /** A process of this thread has finished starting. */
  started(process: LocalProcess, outcome: StartOutcome): void
  /** A process of this thread has ended. */
  ended(process: LocalProcess, reason: Reason): void
  /** Who stands under a name that a directory keeps: see `whereisVia` of address.ts. */
  whereisVia(via: Via): Promise<ProcessId | undefined>
  /** Sends a letter by such a name. */
  forward(via: Via, kind: number, from: ProcessId, body: unknown, transfer?: readonly unknown[]): void
  /** Makes a table, or changes whose it is; answers with its handle, or true. Rejects with the codes of `Table`. */
  table(from: ProcessId, request: TableRequest): Promise<unknown>
  /** How many threads are kept booted ahead of need. Throws ERR_BAD_ARGUMENT where that is not decided. */
  keepSpares(count: number): void
  /** Who gets reports of abnormal deaths. Throws ERR_BAD_ARGUMENT where that is not decided. */
  keepAutopsies(options: AutopsyOptions | null): void
  /** The threads that did not end. Throws ERR_BAD_ARGUMENT where that is not known. */
  zombies(): Zombie[]
  /** These starts come next, one after the other: the first few of their threads may boot. */
  bootAhead(starts: readonly AheadStart[]): void
  /** Those that have not begun to exit, the main program not counted. */
  liveProcesses(): { pid: Pid; name: string }[]
  /** They do not come after all. */
  callOff(): void
  /** A supervisor stops a child, and waits for its end. */
  stops(child: ProcessId): void
  log(event: LogEvent): void
  /** A thread has posted what cannot be. */
  garbled(thread: number, error: unknown): void
}

/** What must be known of a start to boot its thread. */
export type AheadStart = Pick<SpawnRequest, 'definition' | 'isolation' | 'thread' | 'standby'>

/** Who of the dead may come back under its name: some, or all but some. */
export type MayReturn = readonly ProcessId[] | { readonly allBut: readonly ProcessId[] }

/** What init came to. A failed process ends with `reason` as well. */
export type StartOutcome = { readonly kind: 'ok' } | { readonly kind: 'ignore' } | { readonly kind: 'error'; readonly reason: Reason }
