// The role of the main thread: it decides. Has processes born, judges exit signals, and is the only one to say
// that a process is dead: when its thread has ended and everything the dead process had posted has been taken in.

import type { SpawnRequest } from '../term/definition.js'
import type { LogEvent } from '../term/log-event.js'
import { formatPid, slotOf, type Pid, type ProcessId } from '../term/pid.js'
import { isClean, type Reason } from '../term/reason.js'
import { isVia, type Via, viaLabel } from '../term/via.js'
import type { Channel } from '../wire/channel.js'
import { encodeReason } from '../wire/codec.js'
import { Kind, type Take } from '../wire/envelope.js'
import type { MessagePort } from '../wire/line.js'
import { whereisVia } from './address.js'
import { Autopsies, type AutopsyOptions } from './autopsies.js'
import { Births } from './births.js'
import { Lived } from './calls.js'
import { carrierSpec } from './carrier.js'
import { wallTime } from './clock.js'
import { Deaths } from './deaths.js'
import { Desk, type Office } from './desk.js'
import { exits, type ProcessExitMessage } from './diagnostics.js'
import { describe, type Entry, isUnbegun } from './entry.js'
import { here } from './here.js'
import { Heirs } from './heirs.js'
import { LocalProcess } from './local-process.js'
import { writeLog } from './log-output.js'
import { NameKeeper } from './name-keeper.js'
import { HELD_NAME, NameDirectory } from './names.js'
import { admits, postLetter } from './post.js'
import { Registrar, waitsFor } from './registrar.js'
import { type AheadStart, type HostRole, type MayReturn, type Outcome, type StartOutcome } from './role.js'
import { Signals } from './signals.js'
import { ProcessTable, SlotPool, State } from './table.js'
import { ThreadPool } from './thread-pool.js'
import { ViaNames } from './via-names.js'
import type { TableRequest } from '../table/keeper.js'
import { TableOffice } from './table-office.js'
import { Watchdogs } from './watchdogs.js'
import type { Zombie } from './zombies.js'

export class Arbiter implements HostRole, Office {
  readonly entries = new Map<ProcessId, Entry>()
  readonly threads = new ThreadPool()
  private readonly slots = new SlotPool()
  private readonly names: NameKeeper
  private readonly vias = new NameKeeper(new ViaNames(), (supervisor, asker) => waitsFor(this.entries, supervisor, asker))
  private readonly registrar: Registrar
  private readonly heirs: Heirs
  private readonly births: Births
  private readonly signals = new Signals(this.entries, (entry, reason) => this.deaths.end(entry, reason))
  private readonly desk = new Desk(this)
  private readonly watchdogs = new Watchdogs(this.entries, (id, reason) => this.deaths.endMisbehaving(id, reason))
  private readonly autopsies = new Autopsies()
  private readonly tables = new TableOffice()
  private readonly deaths = new Deaths(this.entries, this.threads, this.autopsies, this.tables, (entry, reason) => this.bury(entry, reason))

  constructor() {
    here.table = new ProcessTable()
    here.names = new NameDirectory()
    this.names = new NameKeeper(here.names, (supervisor, asker) => waitsFor(this.entries, supervisor, asker))
    here.vias = this.registrar = new Registrar(this.entries, this.names, this.vias)
    this.heirs = new Heirs(this.entries, this.names, this.vias)
    const { entries, threads, slots, names, registrar, signals, desk, watchdogs, deaths } = this
    this.births = new Births({ entries, threads, slots, names, registrar, signals, desk, watchdogs, deaths })
    const id = here.table.occupy(this.slots.take()!, here.thread, 0)
    here.root = new LocalProcess(id, 0, 'main')
    here.root.isProgram = true
    here.root.trapsExits = true
    here.root.keeps = 10_000
    here.table.setState(id, State.running)
    here.processes.set(id, here.root)
    this.entries.set(id, { id, definition: undefined, parent: 0, depth: 0, name: null, thread: undefined, spec: undefined, start: undefined, output: undefined })
  }

  /** Processes that are alive now and have not begun to exit, the main program not counted. */
  liveProcesses(): { pid: Pid; name: string }[] {
    return [...this.entries.values()].filter(({ id }) => id !== here.root.id && here.table.isAlive(id)).map(({ id, name, definition }) => ({ pid: formatPid(id), name: name ?? definition!.name }))
  }

  // ---- birth

  spawn(request: SpawnRequest): Promise<Outcome> {
    return this.births.spawn(request)
  }

  started(process: LocalProcess, outcome: StartOutcome): void {
    const entry = this.entries.get(process.id)
    if (entry) this.births.startedAs(entry, outcome)
  }

  startedAs(entry: Entry, outcome: StartOutcome): void {
    this.births.startedAs(entry, outcome)
  }

  // ---- signals

  signal(to: ProcessId, from: ProcessId, reason: Reason): void {
    this.signals.deliver(to, from, reason, false)
  }

  link(from: ProcessId, to: ProcessId): void {
    this.signals.link(from, to)
  }

  unlink(from: ProcessId, to: ProcessId): void {
    this.signals.unlink(from, to)
  }

  monitor(from: ProcessId, to: ProcessId, ref: string, name: string | Via | undefined): void {
    if (!isVia(name)) return this.signals.monitor(from, to, ref, name)
    const owner = whereisVia(name)
    if (owner === undefined || owner === HELD_NAME) this.signals.monitor(from, 0, ref, viaLabel(name))
    else this.signals.monitor(from, owner, ref, undefined)
  }

  demonitor(from: ProcessId, ref: string): void {
    this.signals.demonitor(from, ref)
  }

  // ---- names

  async register(_from: ProcessId, to: ProcessId, name: string): Promise<void> {
    this.registrar.register(to, name)
  }

  async unregister(_from: ProcessId, name: string): Promise<void> {
    this.registrar.unregister(name)
  }

  nameSettled(name: string | Via, untilServed: boolean, asker: ProcessId): Promise<boolean> {
    return this.registrar.settled(name, untilServed, asker)
  }

  stops(child: ProcessId): void {
    this.registrar.stops(child)
  }

  releaseNames(supervisor: ProcessId, mayReturn: () => MayReturn): void {
    this.heirs.release(supervisor, mayReturn)
  }

  // ---- death

  ended(process: LocalProcess, reason: Reason): void {
    const entry = this.entries.get(process.id)
    if (entry) this.bury(entry, reason)
  }

  saysItEnds(entry: Entry, reason: Reason): void {
    this.deaths.announced(entry, reason)
  }

  standsStill(entry: Entry): void {
    // Not while what its thread has posted is being taken in.
    here.turn.soon(() => {
      entry.thread!.standsStill()
      this.threads.lingering.begin()
    })
  }

  /** The end of a process: name and slot are free, and then everybody hears of it. */
  private bury(entry: Entry, reason: Reason): void {
    const { id, start } = entry
    const again = isUnbegun(entry) ? start!.again : undefined
    this.entries.delete(id)
    if (entry.spec) this.threads.spares.release(entry.spec)
    const local = here.processes.get(id)
    here.processes.delete(id)
    this.watchdogs.forget(id)
    if (!again) this.autopsies.perform(entry, reason, !isClean(reason), local?.mailbox.labels())
    entry.output?.end()
    this.heirs.bury(entry)
    this.tables.processEnded(id)
    here.table.setState(id, State.free)
    this.slots.giveBack(slotOf(id))
    const encoded = encodeReason(reason)
    const lived = start === undefined ? Lived.served : start.outcome !== undefined || again !== undefined ? Lived.refused : Lived.unbegun
    const thread = entry.thread?.number ?? here.thread
    for (const peer of entry.thread?.peers ?? local?.callers ?? []) here.channels.get(peer)?.post(Kind.died, id, lived, thread, encoded)
    again?.()
    this.signals.announceEnd(id, reason)
    if (exits.hasSubscribers && !again) exits.publish({ ...describe(entry), reason } satisfies ProcessExitMessage)
    // After what the process has still sent to others of this thread.
    here.turn.soon(() => {
      here.calls.targetDied(id, reason, lived)
      if (start && !again) {
        entry.start = start
        const outcome = start.outcome
        this.births.settle(entry, outcome?.kind === 'ignore' ? outcome : outcome?.kind === 'error' ? outcome : { kind: 'error', reason })
      }
    })
  }

  // ---- the rest of the role

  channelTo(thread: number): Channel | undefined {
    return here.channels.get(thread)
  }

  async whereisVia(via: Via): Promise<ProcessId | undefined> {
    return whereisVia(via)
  }

  forward(via: Via, kind: number, from: ProcessId, body: unknown, transfer?: readonly unknown[]): void {
    try {
      const to = whereisVia(via)
      if (to !== undefined && to !== HELD_NAME && admits(to, from)) postLetter(kind, to, from, 0, body, transfer)
    } catch (error) {
      // Only here it is known whether the key is one, and that it goes to a child process, to which the sender may not copy it.
      writeLog({ kind: 'text', level: 'error', time: wallTime(), pid: formatPid(from), message: `a message by a name of ${via.name} was lost: ${(error as Error).message}` })
    }
  }

  table(from: ProcessId, request: TableRequest): Promise<unknown> {
    return this.tables.serve(from, request)
  }

  keepSpares(count: number): void {
    this.threads.spares.keep = count
    this.threads.spares.clear()
  }

  keepAutopsies(options: AutopsyOptions | null): void {
    this.autopsies.options = options
  }

  zombies(): Zombie[] {
    return this.deaths.zombies.list()
  }

  bootAhead(starts: readonly AheadStart[]): void {
    this.threads.spares.bootAhead(starts.flatMap(({ definition, isolation, thread, standby }) => (definition.host === 'main' ? [] : [carrierSpec(definition, isolation, thread, standby)])))
  }

  callOff(): void {
    this.threads.spares.callOff()
  }

  log(event: LogEvent): void {
    this.autopsies.note(event)
    writeLog(event)
  }

  passOn(a: number, b: number, ...entry: Parameters<Take>): void {
    this.threads.acquaint(a, b)
    here.channels.get(b)?.post(...entry)
  }

  garbled(thread: number, error: unknown): void {
    // Nothing that comes from there can be trusted any more.
    for (const { id, thread: its } of this.entries.values()) if (its?.number === thread) this.deaths.endMisbehaving(id, ['garbled', error])
  }

  introduce(a: number, b: number, port: MessagePort): void {
    this.threads.introduce(a, b, port)
  }
}
