// What a worker_thread does first: joins the runtime, waits for the order to become a process, imports its module and
// begins. Also the last: turns what nobody caught into an exit reason.

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { DebugFlag, DefinitionRef } from '../term/definition.js'
import { exitReasonOf } from '../term/errors.js'
import type { ProcessId } from '../term/pid.js'
import { isErrorLike, type Reason } from '../term/reason.js'
import { decodeReason, encodeReason } from '../wire/codec.js'
import { Kind } from '../wire/envelope.js'
import { lineOver, MessageChannel, type MessagePort, PortLine } from '../wire/line.js'
import type { Lived } from './calls.js'
import type { PrepareOrder } from './carrier.js'
import { setClockEpoch, wallTime } from './clock.js'
import { findDefinition, importBy, importModule } from './definition.js'
import { Guest } from './guest.js'
import { here, MAIN_THREAD } from './here.js'
import { toShared } from './kernel.js'
import { attend, die, hurry, leave, lookForHolders } from './linger.js'
import { LocalProcess } from './local-process.js'
import type { Lookup } from './lookup.js'
import { noteMemory } from './memory.js'
import { NameDirectory } from './names.js'
import { notePlace } from './place.js'
import { openChannel, receiveEntry } from './post.js'
import { rehearse } from './rehearsal.js'
import { Ending, ProcessTable } from './table.js'
import { runOutside } from './surroundings.js'
import type { BootData } from './thread.js'
import type { TypeScriptLoader } from './typescript.js'
import { loadTypeScriptBy } from './typescript-hook.js'
import { divertOutput, type StreamName } from './voice.js'

/** What a thread is told to become. */
export interface BootOrder {
  readonly definition: DefinitionRef
  /** The path of its file. */
  readonly file: string
  readonly argument: unknown
  readonly parent: ProcessId
  readonly link: boolean
  readonly watched: boolean
  readonly notesMemory: boolean
  readonly name: string
  readonly debug?: readonly DebugFlag[]
  /** What lets this thread load TypeScript as the program does, if it does. */
  readonly typescript: TypeScriptLoader | undefined
  /** What it need not search for. */
  readonly lookups: readonly Lookup[]
}

/** Gives what V8 has compiled of the kernel; set in the thread that is to share it, until it has. */
let compiled: (() => Uint8Array[]) | undefined

export function boot(data: BootData, codeCache: () => Uint8Array[], loader: (url: string) => Promise<unknown>): void {
  importBy(loader)
  here.thread = data.thread
  setClockEpoch(data.clockEpoch)
  here.table = new ProcessTable(data.table)
  here.names = new NameDirectory(data.names)
  here.tableMemory = data.tables
  const control = openChannel(new PortLine(data.port), MAIN_THREAD, receive)
  here.role = new Guest(control, {
    lineTo(carrier) {
      const { port1, port2 } = runOutside(() => new MessageChannel())
      // The main thread passes the other end on, once; what is posted meanwhile waits in the port.
      control.post(Kind.connect, 0, 0, carrier, port2, [port2])
      port1.unref()
      return lineOver(port1, carrier)
    },
    leave(reason) {
      if (reason === 'normal') hurry() // as a rule, nobody takes its place
      leave()
    },
  })
  attend()
  divertOutput(speak)
  if (data.code.share) compiled = codeCache
  control.drain() // the order may be there already: it need not wait for the event loop
}

// The first time a module is found by name, and the first import, take Node longer than to load a small one; so does all that
// runs for the first time. A spare has time for that. To be waited for: Node 20 cannot require an ES module while it imports
// what that one imports.
async function warmUp({ file, imports }: PrepareOrder): Promise<void> {
  lookForHolders()
  try {
    if (imports) await importModule(pathToFileURL(join(__dirname, 'index.mjs')).href)
    const { resolve } = createRequire(file)
    resolve('starfish')
    resolve(file)
  } catch {
    // The program has it by another name, or is not made of files.
  }
  await rehearse(imports).catch(() => undefined) // what is wrong there, the real start will tell
}

/** Takes in what the main thread says. */
export function receive(kind: number, to: ProcessId, from: ProcessId, tag: unknown, body: unknown): void {
  switch (kind) {
    case Kind.boot:
      void become(to, body as BootOrder)
      return
    case Kind.die:
      die()
      return
    case Kind.prepare:
      preparing = prepare(body as PrepareOrder)
      return
    case Kind.connect:
      meet(tag as number, body as MessagePort)
      return
    case Kind.link:
      here.processes.get(to)?.links.add(from)
      return
    case Kind.unlink:
      here.processes.get(to)?.links.delete(from)
      return
    case Kind.died:
      // What it posted before it died comes first.
      here.drain(tag as number)
      here.calls.targetDied(to, decodeReason(body), from as Lived)
      return
    case Kind.gone:
      here.closeChannels(tag as number)
      here.calls.threadGone(tag as number)
      return
    default:
      receiveEntry(kind, to, from, tag, body)
  }
}

function meet(thread: number, port: MessagePort): void {
  const mine = here.channels.get(thread)
  const channel = openChannel(lineOver(port, thread), thread, receiveEntry)
  port.unref()
  if (mine === undefined) return
  // Both sides opened a line at once. Each goes on speaking on its own, so that the order of what it says is kept.
  here.channels.set(thread, mine)
  here.extraChannels.add(channel)
}

/** What was written before the thread was a process: while a module was imported ahead of need. */
const unspoken: [StreamName, string | Uint8Array][] = []

function speak(stream: StreamName, what: string | Uint8Array): void {
  if (here.root === undefined) unspoken.push([stream, what])
  else (here.role as Guest).write(stream, what)
}

/** What this thread is importing ahead of need. */
let preparing: Promise<void> | undefined

// A spare that cannot import its module is none. If it has become a process meanwhile, that is told why.
async function prepare(order: PrepareOrder): Promise<void> {
  const { definition, typescript } = order
  if (order.rehearse) await warmUp(order) // before there is anything of the user's in this thread
  if (definition === undefined) return
  try {
    if (typescript !== undefined) loadTypeScriptBy(typescript)
    await findDefinition(definition)
  } catch {
    here.drain(MAIN_THREAD)
    if (here.processes.size === 0) process.exit()
  }
}

async function become(id: ProcessId, order: BootOrder): Promise<void> {
  const self = new LocalProcess(id, order.link ? order.parent : id, order.name)
  if (order.link) self.links.add(order.parent)
  self.watched = order.watched
  self.debug = order.debug
  if (order.notesMemory) noteMemory(id)
  here.processes.set(id, self)
  here.root = self
  here.table.setEnding(id, Ending.unknown, 0) // from here on its end is its own
  for (const [stream, what] of unspoken.splice(0)) speak(stream, what)
  process.on('uncaughtException', (error: unknown, origin) => uncaught(self, error, origin))
  await preparing
  try {
    if (order.typescript !== undefined) loadTypeScriptBy(order.typescript)
    noteLookups(order.lookups)
    if (order.definition.isModule !== true) notePlace(order.definition.url, order.file)
    const definition = await findDefinition(order.definition)
    definition.begin(self, order.argument)
    if (compiled !== undefined) setImmediate(shareCode, id)
  } catch (error) {
    const reason: Reason = ['undef', isErrorLike(error) ? error : new Error(String(error))]
    crash(self, reason, 'init')
    here.role.started(self, { kind: 'error', reason })
    self.end(reason)
  }
}

// Node's memory of where it found what has no documented door. Where it is another one day, threads search as they always did.
function noteLookups(lookups: readonly Lookup[]): void {
  if (lookups.length === 0) return
  const library = here.library!
  const { _pathCache: memory } = (require.cache[library]?.constructor ?? {}) as { readonly _pathCache?: Record<string, string> | null }
  if (memory) for (const [asked, found] of lookups) memory[asked] = found
}

// When the process has begun, most of what a process needs has been compiled.
function shareCode(id: ProcessId): void {
  here.channels.get(MAIN_THREAD)?.post(Kind.code, 0, id, 0, compiled!().map(toShared))
  compiled = undefined
}

// An error thrown in a timer or an event, or a rejection nobody handled: not the behaviour's, so no terminate.
function uncaught(self: LocalProcess, error: unknown, origin: string): void {
  if (process.listenerCount('uncaughtException') > 1) return // the module handles them itself, as in any Node program
  const tag = origin === 'unhandledRejection' ? 'unhandled_rejection' : 'uncaught_exception'
  const reason: Reason = (error as { code?: unknown } | undefined)?.code === 'ERR_EXIT' ? exitReasonOf(error)! : [tag, error]
  crash(self, reason, 'run')
  self.end(reason)
}

function crash(self: LocalProcess, reason: Reason, phase: 'init' | 'run'): void {
  here.role.log({ kind: 'crash', level: 'error', time: wallTime(), pid: self.pid, name: self.name, phase, reason: encodeReason(reason), ...self.waiting })
}
