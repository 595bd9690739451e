// What happens, on Node's diagnostics channels, for tools that watch a program. Costs a look at a flag when nobody
// subscribes. Lives and deaths are published on the main thread for all threads, calls on the thread of the caller.

import { channel, tracingChannel } from 'node:diagnostics_channel'
import type { Pid } from '../term/pid.js'
import type { Reason } from '../term/reason.js'

interface ProcessMessage {
  readonly pid: Pid
  /** What it is called in reports: its name, or that of its definition. */
  readonly name: string
  readonly parent: Pid
  /** The number of its thread; 0 is the main thread. */
  readonly thread: number
}

/** On `starfish:process:start`: a process has finished its `init`. */
export type ProcessStartMessage = ProcessMessage

/** On `starfish:process:exit`: a process is gone, also one whose start failed. */
export interface ProcessExitMessage extends ProcessMessage {
  readonly reason: Reason
}

/** On `starfish:process:restart`: a supervisor has started a child again. */
export interface ProcessRestartMessage {
  readonly supervisor: Pid
  /** The id in the child's spec. */
  readonly id: string | number
  readonly pid: Pid
  /** The pid it had before. */
  readonly previous: Pid
}

/**
 * On `tracing:starfish:call:start`, `end`, `asyncStart`, `asyncEnd` and `error`, one object for each call: whatever waits
 * for another process, `GenServer.call` as well as `Supervisor.startChild`.
 */
export interface CallMessage {
  /** The function that was called: `'GenServer.call'`. */
  readonly api: string
  readonly caller: Pid
  /** The server as the caller named it: its name or its pid. */
  readonly server: string
  readonly message: unknown
  /** The reply, from `asyncStart` on. */
  readonly result?: unknown
  /** What the call failed with, from `error` on. */
  readonly error?: unknown
}

// In words of our own: the types of Node's channels change from one @types/node to the next.
interface Events {
  readonly hasSubscribers: boolean
  publish(message: unknown): void
}
interface Calls {
  readonly hasSubscribers: boolean
  tracePromise<A extends unknown[]>(call: (...order: A) => Promise<unknown>, message: CallMessage, self: undefined, ...order: A): Promise<unknown>
}

export const starts: Events = channel('starfish:process:start')
export const exits: Events = channel('starfish:process:exit')
export const restarts: Events = channel('starfish:process:restart')
export const calls = tracingChannel('starfish:call') as unknown as Calls
