// The role of the main thread: it decides. Brings processes to life, judges exit signals, and is the only one to say
// that a process is dead: when its thread has ended and everything the dead process had posted has been taken in.

import type { SpawnRequest } from '../term/definition.js'
import { UsageError } from '../term/errors.js'
import type { LogEvent } from '../term/log-event.js'
import { formatPid, slotOf, type Pid, type ProcessId } from '../term/pid.js'
import { isClean, type Reason } from '../term/reason.js'
import { isVia, type Via, viaLabel } from '../term/via.js'
import type { Channel } from '../wire/channel.js'
import { encodeReason } from '../wire/codec.js'
import { Kind, type Take } from '../wire/envelope.js'
import type { MessagePort } from '../wire/line.js'
import { whereisVia } from './address.js'
import type { BootOrder } from './boot.js'
import { Autopsies, type AutopsyOptions } from './autopsies.js'
import { checkGivesNames, claimVia } from './claims.js'
import { type Carrier, carrierSpec, type CarrierSpec } from './carrier.js'
import { clock, wallTime } from './clock.js'
import { findDefinition } from './definition.js'
import { Deaths } from './deaths.js'
import { Desk, type Office } from './desk.js'
import { exits, type ProcessExitMessage, type ProcessStartMessage, starts } from './diagnostics.js'
import { type Entry, nameOf } from './entry.js'
import { here } from './here.js'
import { Heirs } from './heirs.js'
import { LocalProcess } from './local-process.js'
import { writeLog } from './log-output.js'
import { NameKeeper } from './name-keeper.js'
import { HELD_NAME, NameDirectory } from './names.js'
import { marksOf } from '../rule/marks.js'
import { admits, copyOf, openChannel, postLetter } from './post.js'
import { Output } from './output.js'
import { Registrar } from './registrar.js'
import { type AheadStart, type HostRole, type MayReturn, type Outcome, type StartOutcome, UNSERVED } from './role.js'
import { Signals } from './signals.js'
import { Flag, ProcessTable, SlotPool, State } from './table.js'
import { ThreadPool } from './thread-pool.js'
import { typescriptLoader } from './typescript.js'
import { ViaNames } from './via-names.js'
import type { TableRequest } from '../table/keeper.js'
import { TableOffice } from './table-office.js'
import { Watchdogs } from './watchdogs.js'
import type { Zombie } from './zombies.js'

/** Processes that start each other in a longer chain than this do it without end. */
const DEEPEST = 100

export class Arbiter implements HostRole, Office {
  readonly entries = new Map<ProcessId, Entry>()
  readonly threads = new ThreadPool()
  private readonly slots = new SlotPool()
  private readonly names: NameKeeper
  private readonly vias = new NameKeeper(new ViaNames())
  private readonly registrar: Registrar
  private readonly heirs: Heirs
  private readonly signals = new Signals(this.entries, (entry, reason) => this.deaths.end(entry, reason))
  private readonly desk = new Desk(this)
  private readonly watchdogs = new Watchdogs(this.entries, (id, reason) => this.deaths.endMisbehaving(id, reason))
  private readonly autopsies = new Autopsies()
  private readonly tables = new TableOffice()
  private readonly deaths = new Deaths(this.entries, this.threads, this.autopsies, this.tables, (entry, reason) => this.bury(entry, reason))

  constructor() {
    here.table = new ProcessTable()
    here.names = new NameDirectory()
    this.names = new NameKeeper(here.names)
    here.vias = this.registrar = new Registrar(this.entries, this.names, this.vias)
    this.heirs = new Heirs(this.entries, this.names, this.vias)
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

  async spawn(request: SpawnRequest): Promise<Outcome> {
    const { name } = request
    if (name !== null) {
      if (isVia(name)) checkGivesNames(name, request.parent)
      const owner = isVia(name) ? whereisVia(name) : here.names.lookup(name)
      if (owner !== undefined && owner !== HELD_NAME) {
        if (here.table.isAlive(owner)) return { kind: 'error', reason: ['already_started', formatPid(owner)] }
        await this.registrar.whenFree(name) // it is ending
        return this.spawn(request)
      }
    }
    const parent = this.entries.get(request.parent)
    if (!parent) return { kind: 'error', reason: 'noproc' } // who asked has died meanwhile
    const depth = parent.depth + 1
    if (depth > DEEPEST) {
      throw new UsageError('ERR_NESTED_TOO_DEEP', `expected at most ${DEEPEST} processes of which each starts the next, got ${request.definition.name} as the ${depth}th; write what starts processes into a handler or the main program, not at the top level of a module`)
    }
    const slot = this.slots.take()
    if (slot === undefined) return { kind: 'error', reason: 'system_limit' }
    return new Promise((resolve, reject) => {
      try {
        this.bear(request, slot, depth, resolve)
      } catch (error) {
        this.slots.giveBack(slot)
        if ((error as { code?: unknown }).code === 'ERR_NOT_CLONEABLE') reject(error as Error)
        else resolve({ kind: 'error', reason: ['error', error] }) // options that Node refuses
      }
    })
  }

  private bear(request: SpawnRequest, slot: number, depth: number, resolve: (outcome: Outcome) => void): void {
    const { definition, parent } = request
    const name = isVia(request.name) ? null : request.name
    const spec = definition.host === 'main' ? undefined : carrierSpec(definition, request.isolation, request.thread, request.standby)
    const thread = spec && this.takeThread(spec, slot)
    const id = here.table.occupy(slot, thread?.number ?? here.thread, parent)
    if (request.maxMailbox !== undefined) here.table.limitMailbox(id, marksOf(request.maxMailbox))
    const timer = request.timeout === Infinity ? undefined : clock.setTimeout(() => this.startTimedOut(entry), request.timeout)
    const output = thread && new Output(request.thread ?? {}, () => nameOf(entry))
    const entry: Entry = { id, definition, parent, depth, name, thread, spec, output, start: { outcome: undefined, settle: resolve, timer } }
    let argument: unknown
    try {
      if (name !== null) this.names.give(name, id)
      if (thread) this.sendOrder(entry, thread, request)
      else argument = copyOfArgument(request)
    } catch (error) {
      if (name !== null) this.names.take(name)
      clock.clearTimeout(timer)
      here.table.setState(id, State.free)
      throw error
    }
    this.entries.set(id, entry)
    if (spec) this.threads.spares.hold(spec)
    if (isVia(request.name)) claimVia(request.name, id)
    this.watchdogs.watch(id, request, thread)
    if (definition.kind === 'supervisor') here.table.setFlag(id, Flag.supervisor, true)
    if (request.link) this.signals.link(id, parent) // the child knows from its order
    if (request.monitor !== undefined) this.signals.monitor(parent, id, request.monitor, undefined)
    if (!thread) void this.beginHere(entry, request, argument)
    if (request.immediate) this.settleStart(entry, { kind: 'ok', id })
  }

  // Node may refuse to make one: it has no files left, or does not know an option.
  private takeThread(spec: CarrierSpec, slot: number): Carrier {
    try {
      return this.threads.take(spec)
    } catch (error) {
      this.slots.giveBack(slot)
      throw error
    }
  }

  /** Tells a thread which process to become. */
  private sendOrder(entry: Entry, thread: Carrier, request: SpawnRequest): void {
    const { definition, argument, parent, link, maxHandlerTime, debug, transfer = [] } = request
    const channel = openChannel(thread.line, thread.number, this.desk.receive)
    // The thread itself keeps the program alive, for as long as it lives. Its port need not.
    thread.line.unref()
    if (!thread.line.sharesMemory) this.threads.news.subscribe(channel, [...this.entries.keys(), entry.id])
    const order: BootOrder = { definition, argument, parent, link, watched: maxHandlerTime !== undefined, notesMemory: request.thread?.heap !== undefined && !thread.tellsMemory, name: labelOfStart(request), typescript: typescriptLoader(definition.url), ...(debug && { debug }) }
    try {
      channel.post(Kind.boot, entry.id, parent, 0, order, transfer, 'start')
    } catch (error) {
      here.channels.delete(thread.number)
      this.threads.news.unsubscribe(thread.number)
      thread.discard()
      throw error
    }
    this.threads.adopt(thread, this.deaths.of(entry, thread))
  }

  private async beginHere(entry: Entry, request: SpawnRequest, argument: unknown): Promise<void> {
    const self = new LocalProcess(entry.id, request.link ? entry.parent : entry.id, labelOfStart(request))
    if (request.link) self.links.add(entry.parent)
    self.watched = request.maxHandlerTime !== undefined
    self.debug = request.debug
    here.processes.set(entry.id, self)
    try {
      const definition = await findDefinition(request.definition)
      if (!self.ended) self.run(() => definition.begin(self, argument))
    } catch (error) {
      const reason: Reason = ['undef', error]
      this.started(self, { kind: 'error', reason })
      self.end(reason)
    }
  }

  started(process: LocalProcess, outcome: StartOutcome): void {
    const entry = this.entries.get(process.id)
    if (entry) this.startedAs(entry, outcome)
  }

  startedAs(entry: Entry, outcome: StartOutcome): void {
    if (entry.spec) this.threads.spares.refill(entry.spec)
    if (outcome.kind === 'ok') {
      if (here.table.state(entry.id) !== State.exiting) here.table.setState(entry.id, State.running)
      this.settleStart(entry, { kind: 'ok', id: entry.id })
      this.registrar.serves(entry)
      if (starts.hasSubscribers) starts.publish(describe(entry))
    } else if (entry.start) {
      // Answered when the process is gone, its name free: the starter may start again at once.
      entry.start.outcome ??= outcome
    }
  }

  private startTimedOut(entry: Entry): void {
    if (!entry.start || entry.start.outcome) return
    entry.start.outcome = { kind: 'error', reason: 'timeout' }
    this.deaths.end(entry, 'killed')
  }

  private settleStart(entry: Entry, outcome: Outcome): void {
    const { start } = entry
    if (!start) return
    entry.start = undefined
    clock.clearTimeout(start.timer)
    start.settle(outcome)
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

  nameSettled(name: string | Via): Promise<void> {
    return this.registrar.settled(name)
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

  /** The end of a process: name and slot are free, and then everybody hears of it. */
  private bury(entry: Entry, reason: Reason): void {
    const { id, start } = entry
    this.entries.delete(id)
    if (entry.spec) this.threads.spares.release(entry.spec)
    const local = here.processes.get(id)
    here.processes.delete(id)
    this.watchdogs.forget(id)
    this.autopsies.perform(entry, reason, !isClean(reason), local?.mailbox.labels())
    entry.output?.end()
    this.heirs.bury(entry)
    this.tables.processEnded(id)
    here.table.setState(id, State.free)
    this.slots.giveBack(slotOf(id))
    const encoded = encodeReason(reason)
    const unserved = start?.outcome !== undefined
    const thread = entry.thread?.number ?? here.thread
    for (const peer of entry.thread?.peers ?? local?.callers ?? []) here.channels.get(peer)?.post(Kind.died, id, unserved ? UNSERVED : 0, thread, encoded)
    this.signals.announceEnd(id, reason)
    if (exits.hasSubscribers) exits.publish({ ...describe(entry), reason } satisfies ProcessExitMessage)
    // After what the process has still sent to others of this thread.
    here.turn.soon(() => {
      here.calls.targetDied(id, reason, unserved)
      if (start) {
        entry.start = start
        const outcome = start.outcome
        this.settleStart(entry, outcome?.kind === 'ignore' ? outcome : outcome?.kind === 'error' ? outcome : { kind: 'error', reason })
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
    const to = whereisVia(via)
    if (to === undefined || to === HELD_NAME || !admits(to, from)) return
    try {
      postLetter(kind, to, from, 0, body, transfer)
    } catch (error) {
      // Only here it is known that it goes to a child process, to which the sender may not copy it.
      writeLog({ kind: 'text', level: 'error', time: wallTime(), pid: formatPid(from), message: `a message to ${viaLabel(via)} was lost: ${(error as Error).message}` })
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

const describe = (entry: Entry): ProcessStartMessage => ({
  pid: formatPid(entry.id), name: nameOf(entry), parent: formatPid(entry.parent), thread: entry.thread?.number ?? here.thread,
})

const labelOfStart = ({ name, definition }: SpawnRequest): string => (isVia(name) ? viaLabel(name) : (name ?? definition.name))

// As into a thread: each start has an argument of its own. Only child specs may hold functions.
const copyOfArgument = ({ definition, argument, transfer }: SpawnRequest): unknown =>
  definition.kind === 'supervisor' ? argument : copyOf(argument, transfer, 'start.argument')
