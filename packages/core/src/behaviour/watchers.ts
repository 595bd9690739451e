// Those who watch a server: they count, keep, print or pass on what it does.

import { type EventLoopUtilization, performance } from 'node:perf_hooks'
import { formatPid, type Pid, type ProcessId } from '../term/pid.js'
import type { SysEvent } from '../term/sys-event.js'
import { Kind } from '../wire/envelope.js'
import { wallTime } from '../process/clock.js'
import { here } from '../process/here.js'
import type { LocalProcess } from '../process/local-process.js'
import { postLetter } from '../process/post.js'

export interface Watcher {
  readonly id: string
  /** False when it has seen enough. `print` gives the event as others may see it. */
  see(event: SysEvent<unknown>, print: () => SysEvent): boolean
}

/** Writes each event to the log. */
export class LoggerTrace implements Watcher {
  readonly id = 'trace'

  constructor(private readonly process: LocalProcess) {}

  see(_event: SysEvent<unknown>, print: () => SysEvent): boolean {
    const { pid, name } = this.process
    here.role.log({ kind: 'trace', level: 'info', time: wallTime(), pid, name, event: print() })
    return true
  }
}

/** With about so many unread messages a receiver gets no more: what comes then is counted instead of sent. */
const MOST_UNREAD = 1000

/** Sends each event to a process, for as long as it lives. */
export class ProcessTrace implements Watcher {
  readonly id: string
  private missed = 0

  /** A `ref` is the tag of the letters, by which who iterates finds them. */
  constructor(private readonly from: ProcessId, private readonly to: ProcessId, private readonly ref?: string) {
    this.id = traceId(formatPid(to), ref)
  }

  see(_event: SysEvent<unknown>, print: () => SysEvent): boolean {
    if (!here.table.isAlive(this.to)) return false
    if (here.table.mailboxLength(this.to) >= MOST_UNREAD) {
      this.missed++
      return true
    }
    const event = this.missed === 0 ? print() : { ...print(), missed: this.missed }
    this.missed = 0
    return postLetter(Kind.info, this.to, this.from, this.ref ?? 0, ['TRACE', formatPid(this.from), event])
  }
}

/** The name of a trace to a process. */
export const traceId = (to: Pid, ref?: string): string => `trace to ${to}${ref === undefined ? '' : ` for ${ref}`}`

/** Keeps the last events. */
export class EventLog implements Watcher {
  readonly id = 'log'
  events: readonly SysEvent[] = []

  constructor(private most = 10) {}

  keep(most: number): void {
    this.most = most
    this.events = this.events.slice(-most)
  }

  see(_event: SysEvent<unknown>, print: () => SysEvent): boolean {
    this.events = [...this.events, print()].slice(-this.most)
    return true
  }
}

export interface SysStatistics {
  /** When the counting began, in ms since the epoch. */
  readonly startTime: number
  readonly currentTime: number
  /** Messages handled since: calls, casts and infos. */
  readonly messagesIn: number
  /** Replies that handlers returned since. Not those of `GenServer.reply`, as in OTP. */
  readonly messagesOut: number
  /** How busy the event loop of its thread has been since: `active` and `idle` in ms. Of a server on the main thread: all of that thread. */
  readonly eventLoop: EventLoopUtilization
}

/** Counts. */
export class Statistics implements Watcher {
  readonly id = 'statistics'
  private readonly startTime = wallTime()
  private readonly loop = performance.eventLoopUtilization()
  private messagesIn = 0
  private messagesOut = 0

  see({ kind }: SysEvent<unknown>): boolean {
    if (kind === 'in') this.messagesIn++
    else if (kind === 'out') this.messagesOut++
    return true
  }

  get now(): SysStatistics {
    const { startTime, messagesIn, messagesOut } = this
    return { startTime, currentTime: wallTime(), messagesIn, messagesOut, eventLoop: performance.eventLoopUtilization(this.loop) }
  }
}

/** A debug function: gets each event as it is, and its own state. */
export type DebugFunction<S = any> = (event: SysEvent<unknown>, state: S, name: string) => S | 'done'

/** Calls a function that somebody installed. */
export class Installed implements Watcher {
  constructor(readonly id: string, private readonly run: DebugFunction, private state: unknown, private readonly process: LocalProcess) {}

  see(event: SysEvent<unknown>): boolean {
    this.state = this.run(event, this.state, this.process.name)
    return this.state !== 'done'
  }
}
