// How processes come to life: in a thread that is told what to become, or here; and when their starts are answered.
// Main thread only.

import type { SpawnRequest } from '../term/definition.js'
import { UsageError } from '../term/errors.js'
import { formatPid, type ProcessId } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import { isVia, viaLabel } from '../term/via.js'
import { marksOf } from '../rule/marks.js'
import { Kind } from '../wire/envelope.js'
import { whereisVia } from './address.js'
import type { BootOrder } from './boot.js'
import { type Carrier, carrierSpec, isAsProgram } from './carrier.js'
import { checkGivesNames, claimVia } from './claims.js'
import { clock } from './clock.js'
import type { Deaths } from './deaths.js'
import { findDefinition } from './definition.js'
import type { Desk } from './desk.js'
import { starts } from './diagnostics.js'
import { describe, type Entry, nameOf } from './entry.js'
import { here } from './here.js'
import { LocalProcess } from './local-process.js'
import { lookupsFrom } from './lookup.js'
import type { NameKeeper } from './name-keeper.js'
import { HELD_NAME } from './names.js'
import { Output } from './output.js'
import { pathOf } from './place.js'
import { copyOf, openChannel } from './post.js'
import type { Registrar } from './registrar.js'
import type { Outcome, StartOutcome } from './role.js'
import type { Signals } from './signals.js'
import { Flag, type SlotPool, State } from './table.js'
import type { ThreadPool } from './thread-pool.js'
import { typescriptLoader } from './typescript.js'
import type { Watchdogs } from './watchdogs.js'

/** Processes that start each other in a longer chain than this do it without end. */
const DEEPEST = 100

/** What a birth is entered in. */
interface Books {
  readonly entries: Map<ProcessId, Entry>
  readonly threads: ThreadPool
  readonly slots: SlotPool
  readonly names: NameKeeper
  readonly registrar: Registrar
  readonly signals: Signals
  readonly desk: Desk
  readonly watchdogs: Watchdogs
  readonly deaths: Deaths
}

export class Births {
  constructor(private readonly books: Books) {}

  /** `isAgain`: its spare was dead, so it is not to have another. */
  async spawn(request: SpawnRequest, isAgain = false): Promise<Outcome> {
    const { name } = request
    if (name !== null) {
      if (isVia(name)) checkGivesNames(name, request.parent)
      const owner = isVia(name) ? whereisVia(name) : here.names.lookup(name)
      if (owner !== undefined && owner !== HELD_NAME) {
        if (here.table.isAlive(owner)) return { kind: 'error', reason: ['already_started', formatPid(owner)] }
        await this.books.registrar.whenFree(name) // it is ending
        return this.spawn(request, isAgain)
      }
    }
    const parent = this.books.entries.get(request.parent)
    if (!parent) return { kind: 'error', reason: 'noproc' } // who asked has died meanwhile
    const depth = parent.depth + 1
    if (depth > DEEPEST) {
      throw new UsageError('ERR_NESTED_TOO_DEEP', `expected at most ${DEEPEST} processes of which each starts the next, got ${request.definition.name} as the ${depth}th; write what starts processes into a handler or the main program, not at the top level of a module`)
    }
    const slot = this.books.slots.take()
    if (slot === undefined) return { kind: 'error', reason: 'system_limit' }
    return new Promise((resolve, reject) => {
      try {
        this.bear(request, slot, depth, isAgain, resolve)
      } catch (error) {
        this.books.slots.giveBack(slot)
        if ((error as { code?: unknown }).code === 'ERR_NOT_CLONEABLE') reject(error as Error)
        else resolve({ kind: 'error', reason: ['error', error] }) // Node has no files left, or does not know an option
      }
    })
  }

  private bear(request: SpawnRequest, slot: number, depth: number, isAgain: boolean, resolve: (outcome: Outcome | Promise<Outcome>) => void): void {
    const { definition, parent } = request
    const name = isVia(request.name) ? null : request.name
    const spec = definition.host === 'main' ? undefined : carrierSpec(definition, request.isolation, request.thread, request.standby)
    const thread = spec && this.books.threads.take(spec, isAgain)
    const id = here.table.occupy(slot, thread?.number ?? here.thread, parent)
    if (request.maxMailbox !== undefined) here.table.limitMailbox(id, marksOf(request.maxMailbox))
    const timer = request.timeout === Infinity ? undefined : clock.setTimeout(() => this.startTimedOut(entry), request.timeout)
    const output = thread && new Output(request.thread ?? {}, () => nameOf(entry))
    // What was moved cannot be sent once more.
    const again = thread?.isSpare && !request.transfer?.length ? () => resolve(this.spawnAgain(entry, request)) : undefined
    const entry: Entry = { id, definition, parent, depth, name, thread, spec, output, start: { outcome: undefined, settle: resolve, timer, again } }
    let argument: unknown
    try {
      if (name !== null) this.books.names.give(name, id)
      if (thread) this.sendOrder(entry, thread, request)
      else argument = copyOfArgument(request)
    } catch (error) {
      if (name !== null) this.books.names.take(name)
      clock.clearTimeout(timer)
      here.table.setState(id, State.free)
      throw error
    }
    this.books.entries.set(id, entry)
    if (spec) this.books.threads.spares.hold(spec)
    if (isVia(request.name)) claimVia(request.name, id)
    this.books.watchdogs.watch(id, request, thread)
    if (definition.kind === 'supervisor') here.table.setFlag(id, Flag.supervisor, true)
    if (request.link) this.books.signals.link(id, parent) // the child knows from its order
    if (request.monitor !== undefined) this.books.signals.monitor(parent, id, request.monitor, undefined)
    if (!thread) void this.beginHere(entry, request, argument)
    this.books.registrar.born(entry)
    if (request.immediate) this.settle(entry, { kind: 'ok', id })
  }

  // Who started it hears nothing of the first one.
  private spawnAgain({ id, parent, start }: Entry, request: SpawnRequest): Promise<Outcome> {
    clock.clearTimeout(start!.timer)
    if (request.link) this.books.signals.unlink(id, parent)
    if (request.monitor !== undefined) this.books.signals.demonitor(parent, request.monitor)
    return this.spawn(request, true)
  }

  /** Tells a thread which process to become. */
  private sendOrder(entry: Entry, thread: Carrier, request: SpawnRequest): void {
    const { definition, argument, parent, link, maxHandlerTime, debug, transfer = [] } = request
    const channel = openChannel(thread.line, thread.number, this.books.desk.receive)
    // The thread itself keeps the program alive, for as long as it lives. Its port need not.
    thread.line.unref()
    if (!thread.line.sharesMemory) this.books.threads.news.subscribe(channel, [...this.books.entries.keys(), entry.id])
    const order: BootOrder = { definition, file: pathOf(definition.url), argument, parent, link, watched: maxHandlerTime !== undefined, notesMemory: request.thread?.heap !== undefined && !thread.tellsMemory, name: labelOfStart(request), typescript: typescriptLoader(definition.url), lookups: entry.spec && isAsProgram(entry.spec) && definition.isModule !== true ? lookupsFrom(definition.url) : [], ...(debug && { debug }) }
    try {
      channel.post(Kind.boot, entry.id, parent, 0, order, transfer, 'start')
    } catch (error) {
      here.channels.delete(thread.number)
      this.books.threads.news.unsubscribe(thread.number)
      thread.discard()
      throw error
    }
    this.books.threads.adopt(thread, this.books.deaths.of(entry, thread))
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
      if (this.books.entries.has(entry.id)) this.startedAs(entry, { kind: 'error', reason })
      self.end(reason)
    }
  }

  /** It says what its start came to. */
  startedAs(entry: Entry, outcome: StartOutcome): void {
    if (entry.spec) this.books.threads.spares.refill(entry.spec, entry.definition!)
    this.books.threads.lingering.extend()
    if (outcome.kind === 'ok') {
      if (here.table.state(entry.id) !== State.exiting) here.table.setState(entry.id, State.running)
      this.settle(entry, { kind: 'ok', id: entry.id })
      this.books.registrar.serves(entry)
      if (starts.hasSubscribers) starts.publish(describe(entry))
    } else if (entry.start) {
      // Answered when the process is gone, its name free: the starter may start again at once.
      entry.start.outcome ??= outcome
    }
  }

  private startTimedOut(entry: Entry): void {
    if (!entry.start || entry.start.outcome) return
    entry.start.outcome = { kind: 'error', reason: 'timeout' }
    this.books.signals.unlink(entry.id, entry.parent) // who started it hears of that, and of no EXIT (proc_lib.erl, sync_start_link)
    this.books.deaths.end(entry, 'killed')
  }

  /** Answers who started it, once. */
  settle(entry: Entry, outcome: Outcome): void {
    const { start } = entry
    if (!start) return
    entry.start = undefined
    clock.clearTimeout(start.timer)
    start.settle(outcome)
  }
}

const labelOfStart = ({ name, definition }: SpawnRequest): string => (isVia(name) ? viaLabel(name) : (name ?? definition.name))

// As into a thread: each start has an argument of its own. Only child specs may hold functions.
const copyOfArgument = ({ definition, argument, transfer }: SpawnRequest): unknown =>
  definition.kind === 'supervisor' ? argument : copyOf(argument, transfer, 'start.argument')
