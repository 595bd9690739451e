// The role of every thread but the main one: it asks. All it tells the main thread goes through one channel, in order.

import type { Channel } from '../wire/channel.js'
import { encodeReason, decodeTerm } from '../wire/codec.js'
import { packErrors } from '../wire/errors-within.js'
import { flushTurn } from '../wire/channel.js'
import { Kind } from '../wire/envelope.js'
import type { Line } from '../wire/line.js'
import type { SpawnRequest } from '../term/definition.js'
import { misuse } from '../term/errors.js'
import type { LogEvent } from '../term/log-event.js'
import type { ProcessId } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import { PendingCall } from './pending-call.js'
import { wallTime } from './clock.js'
import { here, MAIN_THREAD } from './here.js'
import type { LocalProcess } from './local-process.js'
import { openChannel, receiveEntry } from './post.js'
import type { HostRole, MayReturn, Outcome, StartOutcome } from './role.js'
import { State } from './table.js'
import type { TableRequest } from '../table/keeper.js'
import type { StreamName } from './voice.js'
import type { Via } from '../term/via.js'

/** What depends on whether it is a thread or a process of the operating system. */
export interface Ways {
  /** A line to another carrier, which the main thread helps to make. */
  lineTo(carrier: number): Line
  /** Ends what was made for one process, when what was said last is on its way. */
  leave(reason: Reason): void
}

export class Guest implements HostRole {
  constructor(private readonly control: Channel, private readonly ways: Ways) {}

  async spawn(request: SpawnRequest): Promise<Outcome> {
    const { transfer, monitor, parent } = request
    // The DOWN of a process that ends at once may be here before the answer.
    const watcher = here.processes.get(parent)
    if (monitor !== undefined) watcher?.monitors.set(monitor, 0)
    let id: ProcessId | undefined
    try {
      const outcome = decodeTerm(await this.ask(Kind.spawn, parent, request, 'start', transfer)) as Outcome
      if (outcome.kind === 'ok') id = outcome.id
      return outcome
    } finally {
      if (monitor !== undefined && id === undefined) watcher?.monitors.delete(monitor)
      else if (monitor !== undefined && watcher?.monitors.has(monitor)) watcher.monitors.set(monitor, id!)
    }
  }

  channelTo(thread: number): Channel | undefined {
    return here.channels.get(thread) ?? openChannel(this.ways.lineTo(thread), thread, receiveEntry)
  }

  signal(to: ProcessId, from: ProcessId, reason: Reason): void {
    // Messages sent before the signal are on their way before it.
    here.channels.get(here.table.thread(to))?.flush()
    this.tell(Kind.signal, to, from, 0, encodeReason(reason))
  }

  link(from: ProcessId, to: ProcessId): void {
    this.tell(Kind.link, to, from)
  }

  unlink(from: ProcessId, to: ProcessId): void {
    this.tell(Kind.unlink, to, from)
  }

  monitor(from: ProcessId, to: ProcessId, ref: string, name: string | Via | undefined): void {
    this.tell(Kind.monitor, to, from, ref, name)
  }

  demonitor(from: ProcessId, ref: string): void {
    this.tell(Kind.demonitor, 0, from, ref)
  }

  async register(from: ProcessId, to: ProcessId, name: string): Promise<void> {
    await this.ask(Kind.register, from, [to, name], 'register')
  }

  async unregister(from: ProcessId, name: string): Promise<void> {
    await this.ask(Kind.unregister, from, name, 'unregister')
  }

  async nameSettled(name: string | Via, untilServed: boolean, asker: ProcessId): Promise<boolean> {
    return (await this.ask(Kind.awaitName, asker, [name, untilServed], 'awaitName')) as boolean
  }

  releaseNames(supervisor: ProcessId, mayReturn: () => MayReturn): void {
    this.tell(Kind.release, 0, supervisor, 0, mayReturn())
  }

  started(process: LocalProcess, outcome: StartOutcome): void {
    if (outcome.kind === 'ok') here.table.setState(process.id, State.running)
    this.tell(Kind.started, 0, process.id, 0, outcome.kind === 'error' ? { ...outcome, reason: encodeReason(outcome.reason) } : outcome)
  }

  ended(local: LocalProcess, reason: Reason): void {
    try {
      this.control.postWithNext(Kind.ended, 0, local.id, 0, encodeReason(reason))
      flushTurn()
    } catch (error) {
      this.control.post(Kind.ended, 0, local.id, 0, encodeReason(['error', error as Error])) // that it cannot be told
    } finally {
      // The thread was made for this process. Its open handles, timers and sockets end with it.
      this.ways.leave(reason)
    }
  }

  async whereisVia(via: Via): Promise<ProcessId | undefined> {
    return (await this.ask(Kind.whereisVia, here.self.id, via, 'whereis')) as ProcessId | undefined
  }

  forward(via: Via, kind: number, from: ProcessId, body: unknown, transfer?: readonly unknown[]): void {
    // What is moved to the main thread is moved on by it: it finds the same objects in the list.
    this.control.post(Kind.forward, 0, from, kind, packErrors([via, body, transfer]), transfer)
  }

  table(from: ProcessId, request: TableRequest): Promise<unknown> {
    return this.ask(Kind.table, from, request, 'table')
  }

  keepSpares(): void {
    misuse('ERR_BAD_ARGUMENT', 'to be on the main thread', 'a worker', 'Process.configure in the main program')
  }

  keepAutopsies(): void {
    this.keepSpares()
  }

  // Known to the main thread only.
  liveProcesses(): [] {
    return []
  }

  zombies(): never {
    return misuse('ERR_BAD_ARGUMENT', 'to be on the main thread', 'a worker', 'Process.zombies in the main program')
  }

  // Only supervisors know what they will start, and they live on the main thread.
  bootAhead(): void {}
  callOff(): void {}
  stops(): void {}

  log(event: LogEvent): void {
    // What a process says at its end leaves with the news of that: each post takes as long as all the rest of an end.
    if (event.kind === 'terminate' || event.kind === 'crash') this.control.postWithNext(Kind.report, 0, here.self.id, 0, event)
    else this.tell(Kind.report, 0, here.self.id, 0, event)
  }

  garbled(thread: number, error: unknown): void {
    if (thread === MAIN_THREAD) throw error
    const message = `thread ${thread} posted what no process can send: ${(error as Error).message}`
    this.log({ kind: 'text', level: 'error', time: wallTime(), pid: here.root.pid, message })
  }

  /** Sends what the thread has written. It must not wait for anything: these may be its last words. */
  write(stream: StreamName, what: string | Uint8Array): void {
    this.control.postAside(Kind.output, here.self.id, stream, what)
  }

  private tell(kind: number, to: ProcessId, from: ProcessId, tag: unknown = 0, body?: unknown): void {
    this.control.post(kind, to, from, tag, body)
  }

  private ask(kind: number, from: ProcessId, body: unknown, what: string, transfer?: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve) => {
      const tag = here.calls.nextTag()
      this.control.post(kind, 0, from, tag, body, transfer, what)
      here.calls.add(new PendingCall(tag, 0, MAIN_THREAD, resolve, `Process.${what}`, body, undefined, Infinity), Infinity)
    })
  }
}
