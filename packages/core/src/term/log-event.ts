// What the logger is told: plain data that travels from any thread to the main thread, where it is written.

import type { Pid } from './pid.js'
import type { SysEvent } from './sys-event.js'

export type Level = 'debug' | 'info' | 'warn' | 'error'

interface EventBase {
  readonly level: Level
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly pid: Pid
}

/** Something a user logged with `Logger.info` and its like. */
export interface TextEvent extends EventBase {
  readonly kind: 'text'
  readonly message: string
  readonly data?: unknown
}

/** A GenServer ends for a reason that is not clean (gen_server.erl, error_info/8). */
export interface TerminateEvent extends EventBase {
  readonly kind: 'terminate'
  readonly name: string
  /** The reason. Encoded by the codec as long as the event travels. */
  readonly reason: unknown
  /** The last message, the state and the caller, already made short. */
  readonly lastMessage: string
  readonly state: string
  readonly client: string | undefined
  /** What it did last, when it keeps a log of that (`Sys.log`). */
  readonly log?: readonly SysEvent[]
  /** What waited for it, as far as it had arrived: `'cast inc'`, the oldest first, at most ten. Left out when nothing did. */
  readonly waiting?: readonly string[]
}

/** A process ended abnormally (proc_lib.erl, crash_report/4), or its thread did and could say no more. */
export interface CrashEvent extends EventBase {
  readonly kind: 'crash'
  readonly name: string
  readonly reason: unknown
  /** `init` when it never came to serve. */
  readonly phase: 'init' | 'run'
  /** What waited for it, as far as it had arrived: `'cast inc'`, the oldest first, at most ten. Left out when nothing did. */
  readonly waiting?: readonly string[]
}

/** A task ended abnormally (task/supervised.ex, log/4). */
export interface TaskEvent extends EventBase {
  readonly kind: 'task'
  readonly name: string
  readonly reason: unknown
  /** Who started it. */
  readonly starter: Pid
  /** The file and the export of what it ran. */
  readonly function: string
  /** The argument of that, already made short; undefined when it had not come yet. */
  readonly argument: string | undefined
}

/** What a supervisor has to say (supervisor.erl, report_error). */
export interface SupervisorEvent extends EventBase {
  readonly kind: 'supervisor'
  readonly context: 'child_terminated' | 'start_error' | 'shutdown_error' | 'shutdown' | 'progress'
  readonly supervisor: string
  readonly reason: unknown
  readonly offender: {
    readonly id: string
    readonly pid: Pid | undefined
    readonly name: string
    readonly restart: string
    readonly shutdown: string
    readonly type: string
    readonly significant: boolean
  }
}

/** What a server that is traced does (`Sys.trace`). */
export interface TraceEvent extends EventBase {
  readonly kind: 'trace'
  readonly name: string
  readonly event: SysEvent
}

/** Something about a process that should be known and ends nothing. */
export interface AlarmEvent extends EventBase {
  readonly kind: 'alarm'
  /**
   * `heap_soft`: it uses more memory than its `heap.soft`. `zombie`: it was ended, but its thread is in native code, was given
   * up and replaced. `zombie_ended`: that thread has ended at last.
   */
  readonly alarm: 'heap_soft' | 'zombie' | 'zombie_ended'
  readonly name: string
  readonly details: Readonly<Record<string, string | number>>
}

export type LogEvent = TextEvent | TerminateEvent | CrashEvent | TaskEvent | SupervisorEvent | TraceEvent | AlarmEvent
