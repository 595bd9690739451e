// The role of the main thread: it decides. Brings processes to life, judges exit signals, and is the only one to say
// that a process is dead: when its thread has ended and everything the dead process had posted has been taken in.

import type { DefinitionRef, SpawnRequest } from '../term/definition.js'
import { UsageError } from '../term/errors.js'
import type { LogEvent } from '../term/log-event.js'
import { formatPid, slotOf, type Pid, type ProcessId } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import { effectOf } from '../rule/signal.js'
import type { Channel, MessagePort } from '../wire/channel.js'
import { decodeReason, encodeReason, encodeTerm } from '../wire/codec.js'
import { Kind } from '../wire/envelope.js'
import { Bonds } from './bonds.js'
import type { BootOrder } from './boot.js'
import { whereisVia } from './address.js'
import { clock, type TimerHandle, wallTime } from './clock.js'
import { findDefinition } from './definition.js'
import { here } from './here.js'
import { LocalProcess } from './local-process.js'
import { writeLog } from './logger.js'
import { NameKeeper } from './name-keeper.js'
import { NameDirectory } from './names.js'
import { copyOf, openChannel, postAnswer, postLetter, receiveEntry } from './post.js'
import type { HostRole, Outcome, StartOutcome } from './role.js'
import { Ending, Flag, ProcessTable, SlotPool, State } from './table.js'
import { Spares } from './spares.js'
import { Thread, type ThreadEnd, threadSpec, type ThreadSpec, typescriptLoader } from './thread.js'
import { isVia, type Via, viaLabel } from '../term/via.js'

/** Processes that start each other in a longer chain than this do it without end. */
const DEEPEST = 100

/** How long spares outlive the last process, in ms. */
const LINGER = 1_000

/** What the main thread keeps of each process. */
interface Entry {
  readonly id: ProcessId
  readonly definition: DefinitionRef | undefined
  readonly parent: ProcessId
  readonly depth: number
  name: string | null
  readonly thread: Thread | undefined
  readonly spec: ThreadSpec | undefined
  start: PendingStart | undefined
  /** What the process itself said it ended with. */
  endReason?: Reason
}

interface PendingStart {
  outcome: StartOutcome | undefined
  readonly settle: (outcome: Outcome) => void
  readonly timer: TimerHandle | undefined
}

export class Arbiter implements HostRole {
  private readonly entries = new Map<ProcessId, Entry>()
  private readonly threads = new Map<number, Thread>()
  private readonly slots = new SlotPool()
  private readonly bonds = new Bonds()
  private readonly names: NameKeeper
  private readonly idle: (() => void)[] = []
  private lastThread = 0
  private lingering: TimerHandle | undefined
  /** Threads booted ahead of need. */
  readonly spares = new Spares((spec) => this.makeThread(spec))
  /** Threads that were told to end, did not, and were replaced. */
  readonly zombies = new Set<Thread>()

  constructor() {
    here.table = new ProcessTable()
    here.names = new NameDirectory()
    this.names = new NameKeeper(here.names)
    const id = here.table.occupy(this.slots.take()!, here.thread, 0)
    here.root = new LocalProcess(id, 0, 'main')
    here.root.isProgram = true
    here.root.trapsExits = true
    here.root.keeps = 10_000
    here.table.setState(id, State.running)
    here.processes.set(id, here.root)
    this.entries.set(id, { id, definition: undefined, parent: 0, depth: 0, name: null, thread: undefined, spec: undefined, start: undefined })
  }

  /** Worker threads that exist now, those that are ending included. */
  get threadCount(): number {
    return this.threads.size
  }

  /** Processes that are alive now and have not begun to exit, the main program not counted. */
  liveProcesses(): { pid: Pid; name: string }[] {
    return [...this.entries.values()].filter(({ id }) => id !== here.root.id && here.table.isAlive(id)).map(({ id, name, definition }) => ({ pid: formatPid(id), name: name ?? definition!.name }))
  }

  /** Settles when the last worker thread is gone. */
  whenNoThreads(): Promise<void> {
    return this.threads.size === 0 ? Promise.resolve() : new Promise((resolve) => this.idle.push(resolve))
  }

  // ---- birth

  async spawn(request: SpawnRequest): Promise<Outcome> {
    if (isVia(request.name)) {
      const owner = whereisVia(request.name)
      if (owner !== undefined) return { kind: 'error', reason: ['already_started', formatPid(owner)] }
    } else if (request.name !== null) {
      const owner = this.names.owner(request.name)
      if (owner !== undefined) {
        if (here.table.isAlive(owner)) return { kind: 'error', reason: ['already_started', formatPid(owner)] }
        await this.names.whenFree(request.name) // it is ending
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
        if ((error as { code?: unknown }).code === 'ERR_NOT_CLONEABLE') reject(error as Error)
        else resolve({ kind: 'error', reason: ['error', error] }) // options that Node refuses
      }
    })
  }

  private bear(request: SpawnRequest, slot: number, depth: number, resolve: (outcome: Outcome) => void): void {
    const { definition, parent } = request
    const name = isVia(request.name) ? null : request.name
    const spec = definition.host === 'main' ? undefined : threadSpec(definition.url, request.thread)
    const thread = spec && (this.spares.take(spec) ?? this.makeThread(spec))
    const id = here.table.occupy(slot, thread?.number ?? here.thread, parent)
    const timer = request.timeout === Infinity ? undefined : clock.setTimeout(() => this.startTimedOut(entry), request.timeout)
    const entry: Entry = { id, definition, parent, depth, name, thread, spec, start: { outcome: undefined, settle: resolve, timer } }
    let argument: unknown
    try {
      if (thread) this.sendOrder(entry, thread, request)
      else argument = copyOfArgument(request)
    } catch (error) {
      clock.clearTimeout(timer)
      here.table.setState(id, State.free)
      this.slots.giveBack(slot)
      throw error
    }
    this.entries.set(id, entry)
    if (name !== null) this.names.give(name, id)
    if (isVia(request.name)) claimVia(request.name, id)
    if (definition.kind === 'supervisor') here.table.setFlag(id, Flag.supervisor, true)
    if (request.link) this.tie(id, parent) // the child knows from its order
    if (request.monitor !== undefined) this.watch(parent, id, request.monitor, undefined)
    if (!thread) void this.beginHere(entry, request, argument)
    if (request.immediate) this.settleStart(entry, { kind: 'ok', id })
  }

  private makeThread(spec: ThreadSpec): Thread {
    return new Thread(++this.lastThread, spec, { table: here.table.memory, names: here.names.memory })
  }

  /** Tells a thread which process to become. */
  private sendOrder(entry: Entry, thread: Thread, request: SpawnRequest): void {
    const { definition, argument, parent, link, transfer = [] } = request
    const channel = openChannel(thread.port, thread.number, this.receive)
    // The thread itself keeps the program alive, for as long as it lives. Its port need not.
    thread.port.unref()
    const order: BootOrder = { definition, argument, parent, link, name: labelOfStart(request), typescript: typescriptLoader(definition.url) }
    try {
      channel.post(Kind.boot, entry.id, parent, 0, order, transfer, 'start')
    } catch (error) {
      here.channels.delete(thread.number)
      thread.discard()
      throw error
    }
    thread.adopt({ gone: (end) => this.threadGone(entry, thread, end), stuck: () => this.threadStuck(entry, thread) })
    this.threads.set(thread.number, thread)
  }

  private async beginHere(entry: Entry, request: SpawnRequest, argument: unknown): Promise<void> {
    const self = new LocalProcess(entry.id, request.link ? entry.parent : entry.id, labelOfStart(request))
    if (request.link) self.links.add(entry.parent)
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

  private startedAs(entry: Entry, outcome: StartOutcome): void {
    if (entry.spec) this.spares.refill(entry.spec)
    if (outcome.kind === 'ok') {
      if (here.table.state(entry.id) === State.starting) here.table.setState(entry.id, State.running)
      this.settleStart(entry, { kind: 'ok', id: entry.id })
      if (entry.name !== null) this.names.settled(entry.name)
    } else if (entry.start) {
      // Answered when the process is gone, its name free: the starter may start again at once.
      entry.start.outcome ??= outcome
    }
  }

  private startTimedOut(entry: Entry): void {
    if (!entry.start || entry.start.outcome) return
    entry.start.outcome = { kind: 'error', reason: 'timeout' }
    this.end(entry, 'killed')
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
    this.judge(to, from, reason, false)
  }

  private judge(to: ProcessId, from: ProcessId, reason: Reason, viaLink: boolean): void {
    const entry = this.entries.get(to)
    if (!entry) return
    const effect = effectOf(reason, viaLink, { trapsExits: here.table.hasFlag(to, Flag.trapExit), isSender: from === to })
    if (effect.kind === 'drop' || (effect.kind === 'end' && to !== here.root.id)) {
      if (viaLink) this.tellLink(Kind.unlink, to, from)
      if (effect.kind === 'end') this.end(entry, effect.reason)
      return
    }
    // The main program has no end that a signal could bring: it always gets the message.
    const local = here.processes.get(to)
    if (local) queueMicrotask(() => local.receiveExit(from, reason, viaLink))
    else this.channelOf(entry)?.post(Kind.exit, to, from, viaLink ? 1 : 0, encodeReason(reason))
  }

  /** Ends a process from outside, whatever it does. */
  private end(entry: Entry, reason: Reason): void {
    const local = here.processes.get(entry.id)
    if (local) {
      local.end(reason)
    } else if (entry.thread) {
      here.table.setState(entry.id, State.exiting)
      entry.thread.terminate(reason)
    }
  }

  link(from: ProcessId, to: ProcessId): void {
    if (this.entries.has(to)) this.tie(from, to)
    else this.judge(from, to, 'noproc', true)
  }

  // Tells only the one who cannot know yet: the other may have unlinked again before it heard.
  private tie(by: ProcessId, other: ProcessId): void {
    this.bonds.link(by, other)
    this.tellLink(Kind.link, other, by)
  }

  unlink(from: ProcessId, to: ProcessId): void {
    this.bonds.unlink(from, to)
    this.tellLink(Kind.unlink, to, from)
  }

  private tellLink(kind: number, to: ProcessId, other: ProcessId): void {
    const local = here.processes.get(to)
    if (local) {
      if (kind === Kind.link) local.links.add(other)
      else local.links.delete(other)
      return
    }
    const entry = this.entries.get(to)
    if (entry) this.channelOf(entry)?.post(kind, to, other, 0, 0)
  }

  monitor(from: ProcessId, to: ProcessId, ref: string, name: string | undefined): void {
    this.watch(from, to, ref, name)
  }

  private watch(watcher: ProcessId, target: ProcessId, ref: string, name: string | undefined): void {
    const watch = { ref, watcher, target, name }
    const local = here.processes.get(watcher)
    local?.monitors.set(ref, target)
    if (this.entries.has(target)) this.bonds.monitor(watch)
    else this.tellDown(watch, 'noproc')
  }

  demonitor(from: ProcessId, ref: string): void {
    this.bonds.demonitor(from, ref)
  }

  private tellDown(watch: { ref: string; watcher: ProcessId; target: ProcessId; name: string | undefined }, reason: Reason): void {
    const body: [string, unknown] = [watch.name ?? formatPid(watch.target), encodeReason(reason)]
    const local = here.processes.get(watch.watcher)
    if (local) {
      queueMicrotask(() => local.receiveDown(watch.target, watch.ref, body))
      return
    }
    const entry = this.entries.get(watch.watcher)
    if (entry) this.channelOf(entry)?.post(Kind.down, watch.watcher, watch.target, watch.ref, body)
  }

  // ---- names

  async register(_from: ProcessId, to: ProcessId, name: string): Promise<void> {
    const entry = this.entries.get(to)
    const owner = this.names.owner(name)
    if (!entry || !here.table.isAlive(to)) throw new UsageError('ERR_NOT_ALIVE', `expected a living process to be named ${name}, got ${formatPid(to)}, which is dead; write the pid of one that runs`)
    if (owner !== undefined) throw new UsageError('ERR_NAME_TAKEN', `expected a name that is free, got ${name}, which ${formatPid(owner)} has; write another, or Process.unregister before`)
    if (entry.name !== null) throw new UsageError('ERR_NAME_TAKEN', `expected a process without a name, got ${formatPid(to)}, which is ${entry.name}; write Process.unregister before: a process has one name`)
    entry.name = name
    this.names.give(name, to)
    this.names.settled(name)
  }

  async unregister(_from: ProcessId, name: string): Promise<void> {
    const owner = this.names.owner(name)
    const entry = owner === undefined ? undefined : this.entries.get(owner)
    if (!entry) throw new UsageError('ERR_BAD_ARGUMENT', `expected the name of a process, got ${name}, which nobody has; write a name that Process.whereis finds`)
    entry.name = null
    this.names.take(name)
  }

  nameSettled(name: string): Promise<void> {
    const owner = this.names.owner(name)
    // Asked from another thread, it may have been settled meanwhile.
    if (owner === undefined ? !this.names.isHeld(name) : here.table.state(owner) === State.running) return Promise.resolve()
    return this.names.whenSettled(name)
  }

  releaseNames(supervisor: ProcessId, unheard: readonly ProcessId[]): void {
    this.names.release(supervisor, unheard)
  }

  private freeName(entry: Entry, name: string): void {
    if (this.isSupervisor(entry.parent)) this.names.hold(name, entry.id, entry.parent)
    else this.names.take(name)
  }

  private isSupervisor(id: ProcessId): boolean {
    return here.table.isAlive(id) && here.table.hasFlag(id, Flag.supervisor)
  }

  // ---- death

  ended(process: LocalProcess, reason: Reason): void {
    const entry = this.entries.get(process.id)
    if (entry) this.bury(entry, reason)
  }

  private threadGone(entry: Entry, thread: Thread, end: ThreadEnd): void {
    this.zombies.delete(thread)
    // What any thread told us before this death counts as before it: monitors and links above all.
    here.drainAll()
    if (this.entries.get(entry.id) === entry) this.bury(entry, this.lastReason(entry, thread, end))
    this.forgetThread(thread)
  }

  private threadStuck(entry: Entry, thread: Thread): void {
    this.zombies.add(thread)
    writeLog({
      kind: 'text', level: 'error', time: wallTime(), pid: formatPid(entry.id),
      message: `the thread of ${entry.definition?.name} runs native code that cannot be stopped; it was given up and its process declared dead`,
    })
    if (this.entries.get(entry.id) === entry) this.bury(entry, thread.verdict ?? 'killed')
  }

  private lastReason(entry: Entry, thread: Thread, { error, exitCode }: ThreadEnd): Reason {
    if (entry.endReason !== undefined) return entry.endReason
    if (thread.verdict !== undefined) return thread.verdict
    const reason = this.unexplained(entry, error, exitCode)
    const phase = entry.start && !entry.start.outcome ? 'init' : 'run'
    writeLog({ kind: 'crash', level: 'error', time: wallTime(), pid: formatPid(entry.id), name: entry.name ?? entry.definition!.name, phase, reason: encodeReason(reason) })
    return reason
  }

  // The thread could not say why it ended: the documented table of docs/errors.md.
  private unexplained(entry: Entry, error: Error | undefined, exitCode: number): Reason {
    if (error !== undefined) return [(error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'out_of_memory' : 'uncaught_exception', error]
    const { ending, exitCode: code } = here.table.ending(entry.id)
    if (ending === Ending.processExit) return ['process_exit', code]
    return ['terminated', exitCode]
  }

  /** The end of a process: name and slot are free, and then everybody hears of it. */
  private bury(entry: Entry, reason: Reason): void {
    const { id, name, start } = entry
    this.entries.delete(id)
    const local = here.processes.get(id)
    here.processes.delete(id)
    if (name !== null) this.freeName(entry, name)
    if (here.table.hasFlag(id, Flag.supervisor)) this.passOnNames(entry)
    here.table.setState(id, State.free)
    this.slots.giveBack(slotOf(id))
    const { linked, watches } = this.bonds.cut(id)
    const encoded = encodeReason(reason)
    const thread = entry.thread?.number ?? here.thread
    for (const peer of entry.thread?.peers ?? local?.callers ?? []) here.channels.get(peer)?.post(Kind.died, id, 0, thread, encoded)
    for (const watch of watches) this.tellDown(watch, reason)
    for (const other of linked) this.judge(other, id, reason, true)
    // After what the process has still sent to others of this thread.
    queueMicrotask(() => {
      here.calls.targetDied(id, reason)
      if (start) {
        entry.start = start
        const outcome = start.outcome
        this.settleStart(entry, outcome?.kind === 'ignore' ? outcome : outcome?.kind === 'error' ? outcome : { kind: 'error', reason })
      }
    })
  }

  private passOnNames(entry: Entry): void {
    if (this.isSupervisor(entry.parent)) this.names.inherit(entry.id, entry.parent)
    else this.names.release(entry.id, [])
  }

  private forgetThread(thread: Thread): void {
    this.threads.delete(thread.number)
    here.closeChannels(thread.number)
    for (const peer of thread.peers) {
      this.threads.get(peer)?.peers.delete(thread.number)
      here.channels.get(peer)?.post(Kind.gone, 0, 0, thread.number, 0)
    }
    if (this.threads.size > 0) return
    this.idle.splice(0).forEach((resolve) => resolve())
    // A program without processes needs no spares.
    clock.clearTimeout(this.lingering)
    this.lingering = clock.setTimeout(() => this.threads.size === 0 && this.spares.clear(), LINGER)
    this.lingering.unref()
  }

  // ---- what threads say

  channelTo(thread: number): Channel | undefined {
    return here.channels.get(thread)
  }

  private channelOf(entry: Entry): Channel | undefined {
    return entry.thread && here.channels.get(entry.thread.number)
  }

  async whereisVia(via: Via): Promise<ProcessId | undefined> {
    return whereisVia(via)
  }

  forward(via: Via, kind: number, from: ProcessId, body: unknown): void {
    const to = whereisVia(via)
    if (to !== undefined) postLetter(kind, to, from, 0, body)
  }

  keepSpares(count: number): void {
    this.spares.keep = count
    this.spares.clear()
  }

  log(event: LogEvent): void {
    writeLog(event)
  }

  private readonly receive = (kind: number, to: ProcessId, from: ProcessId, tag: unknown, body: unknown, channel: Channel): void => {
    if (kind < Kind.started) {
      if (kind === Kind.call || kind === Kind.system) this.noteCaller(to, channel)
      receiveEntry(kind, to, from, tag, body)
      return
    }
    if (kind === Kind.connect) {
      this.introduce(channel.peer, tag as number, body as MessagePort)
      return
    }
    const entry = this.entries.get(from)
    // A thread speaks for its own processes only.
    if (!entry || entry.thread?.number !== channel.peer) return
    switch (kind) {
      case Kind.started:
        this.startedAs(entry, decodeOutcome(body as StartOutcome))
        return
      case Kind.ended:
        entry.endReason = decodeReason(body)
        here.table.setState(entry.id, State.exiting)
        return
      case Kind.signal:
        this.signal(to, from, decodeReason(body))
        return
      case Kind.link:
        this.link(from, to)
        return
      case Kind.unlink:
        this.unlink(from, to)
        return
      case Kind.monitor:
        this.watch(from, to, tag as string, body as string | undefined)
        return
      case Kind.demonitor:
        this.demonitor(from, tag as string)
        return
      case Kind.release:
        this.releaseNames(from, body as ProcessId[])
        return
      case Kind.report:
        writeLog(body as LogEvent)
        return
      case Kind.spawn:
        this.answer(from, tag as number, this.spawn(body as SpawnRequest).then(encodeTerm))
        return
      case Kind.register: {
        const [target, name] = body as [ProcessId, string]
        this.answer(from, tag as number, this.register(from, target, name))
        return
      }
      case Kind.unregister:
        this.answer(from, tag as number, this.unregister(from, body as string))
        return
      case Kind.whereisVia:
        this.answer(from, tag as number, this.whereisVia(body as Via))
        return
      case Kind.forward: {
        const [via, message] = body as [Via, unknown]
        this.forward(via, tag as number, from, message)
        return
      }
      case Kind.awaitName:
        this.answer(from, tag as number, this.nameSettled(body as string))
        return
    }
  }

  private answer(to: ProcessId, tag: number, result: Promise<unknown>): void {
    result.then(
      (value) => postAnswer(Kind.reply, to, tag, value),
      (error: unknown) => postAnswer(Kind.failure, to, tag, error),
    )
  }

  // The callers of a process of this thread hear of its end; a call that comes after it fails at once.
  private noteCaller(to: ProcessId, channel: Channel): void {
    const process = here.processes.get(to)
    if (process === undefined || process.ended) channel.post(Kind.died, to, 0, here.thread, 'noproc')
    else (process.callers ??= new Set()).add(channel.peer)
  }

  private introduce(a: number, b: number, port: MessagePort): void {
    const first = this.threads.get(a)
    const second = this.threads.get(b)
    if (!first || !second) {
      port.close()
      here.channels.get(a)?.post(Kind.gone, 0, 0, b, 0)
      return
    }
    first.peers.add(b)
    second.peers.add(a)
    here.channels.get(b)!.post(Kind.connect, 0, 0, a, port, [port])
  }
}

const labelOfStart = ({ name, definition }: SpawnRequest): string => (isVia(name) ? viaLabel(name) : (name ?? definition.name))

const claimVia = ({ via, name, key, value }: Via, owner: ProcessId): void => void here.directories.get(`${via} ${name}`)?.claim?.(key, owner, value)

// As into a thread: each start has an argument of its own. Only child specs may hold functions.
const copyOfArgument = ({ definition, argument, transfer }: SpawnRequest): unknown =>
  definition.kind === 'supervisor' ? argument : copyOf(argument, transfer, 'start.argument')

const decodeOutcome = (outcome: StartOutcome): StartOutcome =>
  outcome.kind === 'error' ? { kind: 'error', reason: decodeReason(outcome.reason) } : outcome
