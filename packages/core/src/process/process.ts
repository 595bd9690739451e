// Process: what a process can do to itself and to others, below any behaviour. The same from the main program and from
// inside any process. Semantics: Erlang's reference manual, "Processes", and Elixir's Process.

import { Kind } from '../wire/envelope.js'
import type { Host, StartOptions } from '../term/definition.js'
import { exitReasonOf, misuse, StarfishError, StartError, UsageError } from '../term/errors.js'
import { formatTerm } from '../term/format.js'
import type { Message } from '../term/message.js'
import { formatPid, parsePid, type Pid, type ProcessId } from '../term/pid.js'
import { isClean, isErrorLike, isReason, type Reason } from '../term/reason.js'
import { isRef, type Ref } from '../term/ref.js'
import { isVia } from '../term/via.js'
import { encodeReason } from '../wire/codec.js'
import { type Address, labelOf, resolve, whereis as whereisAddress } from './address.js'
import { callError } from './pending-call.js'
import { wallTime } from './clock.js'
import { checkName, DEFINITION, type Definition, refOf, remember } from './definition.js'
import { here, MAIN_THREAD } from './here.js'
import type { LocalProcess } from './local-process.js'
import { HELD_NAME } from './names.js'
import { admits, postExit, postLetter, postToAlias } from './post.js'
import { checkKeys } from './keys.js'
import { startProcess } from './start.js'
import { checkTimeout } from './start-options.js'
import { type AutopsyOptions, checkAutopsy } from './autopsies.js'
import type { Zombie } from './zombies.js'
import { Flag, State, STATE_NAMES } from './table.js'

/** The pid of the process whose code is running, across its awaits too; in the main program, its own. */
export const self = (): Pid => here.self.pid

/** The pid registered under a name, or under a definition's name; undefined when there is none. Costs no message. */
export const whereis = (name: string | Definition): Pid | undefined => whereisAddress(name)

/** Whether the process is there and has not begun to exit. Costs no message. */
export function isAlive(pid: Pid): boolean {
  return here.table.isAlive(idOf(pid))
}

/**
 * Sends a message; a server gets it in `handleInfo`. Says nothing when the pid is of a dead process,
 * or an alias is not active any more. Gives false when the process refused it, having as many messages as its
 * `maxMailbox` allows; nothing was sent then.
 *
 * @throws ERR_NOT_CLONEABLE when the message cannot be copied; ERR_NOT_ALIVE when nobody has that *name* (as in OTP)
 * @example
 * Process.send(pid, ['progress', 0.5])
 */
export function send(to: Address | Ref, message: Message, options?: { readonly transfer?: readonly unknown[] }): boolean {
  if (options !== undefined) checkKeys(options, ['transfer'], 'send option')
  const from = here.self.id
  if (isRef(to)) return postToAlias(to, from, message, options?.transfer)
  if (isVia(to) && here.thread !== MAIN_THREAD) {
    here.role.forward(to, Kind.info, from, message, options?.transfer)
    return true
  }
  const id = resolve(to)
  if (id === undefined || id === HELD_NAME) throw new UsageError('ERR_NOT_ALIVE', `expected the name of a process, got ${labelOf(to)}, which nobody has; write GenServer.cast to send to whoever may be there`)
  if (!admits(id, from)) return false
  postLetter(Kind.info, id, from, 0, message, options?.transfer)
  return true
}

/**
 * Sends an exit signal. `'kill'` ends the process whatever it does, seen by others as `'killed'`. Any other reason
 * ends it, in the middle of `while (true)` too, unless it traps exits: then `handleInfo` gets `['EXIT', from, reason]`.
 * `'normal'` does nothing to another process that does not trap exits. Nothing happens when the process is dead.
 *
 * @example
 * Process.exit(Process.whereis('Counter'), 'kill')
 */
export function exit(pid: Pid | { readonly pid: Pid } | undefined, reason: Reason): void {
  if (pid === undefined) misuse('ERR_BAD_ARGUMENT', 'a pid', pid, 'the pid of a living process: Process.whereis gives undefined when nobody has the name')
  if (!isReason(reason)) misuse('ERR_BAD_ARGUMENT', 'a reason', reason, "'kill', 'shutdown' or another word")
  postExit(idOf(pid), here.self.id, reason)
}

/**
 * Links the calling process with another: if one ends abnormally, so does the other, or it gets
 * `['EXIT', pid, reason]` if it traps exits. Links work both ways, and twice is once.
 *
 * @throws CallError `noproc` when the other is dead and the caller does not trap exits
 */
export function link(pid: Pid | { readonly pid: Pid }): void {
  const self = here.self
  const id = idOf(pid)
  if (id === self.id) return
  if (here.table.state(id) === State.free && !self.trapsExits) throw callError('noproc', ['Process', 'link', [formatPid(id)]])
  self.links.add(id)
  here.role.link(self.id, id)
}

/** Cuts the link: no `EXIT` of that link comes afterwards. One that has arrived already stays in the mailbox. */
export function unlink(pid: Pid | { readonly pid: Pid }): void {
  const self = here.self
  const id = idOf(pid)
  if (self.links.delete(id)) here.role.unlink(self.id, id)
}

/**
 * Sets a flag of the calling process and gives its old value. `trapExit`: exit signals come as messages.
 *
 * @throws ERR_BAD_ARGUMENT for another flag, and in the main program, which always traps exits
 */
export function flag(name: 'trapExit', on: boolean): boolean {
  if (name !== 'trapExit') misuse('ERR_BAD_ARGUMENT', 'a flag', name, "'trapExit'")
  if (typeof on !== 'boolean') misuse('ERR_BAD_ARGUMENT', 'true or false', on, "Process.flag('trapExit', true)")
  const self = here.self
  if (self.id === here.root.id && here.thread === 0 && !on) misuse('ERR_BAD_ARGUMENT', 'true in the main program, which no exit signal can end', on, 'it inside a process')
  const before = self.trapsExits
  self.trapsExits = on
  return before
}

/**
 * Gives a process a name. A name has one process, a process one name.
 * Rejects with ERR_NAME_TAKEN or ERR_NOT_ALIVE.
 */
export async function register(pid: Pid | { readonly pid: Pid }, name: string): Promise<void> {
  checkName(name)
  await here.role.register(here.self.id, idOf(pid), name)
}

/** Takes a name back. Rejects with ERR_BAD_ARGUMENT when nobody has it. */
export async function unregister(name: string): Promise<void> {
  checkName(name)
  await here.role.unregister(here.self.id, name)
}

export { isPid } from '../term/pid.js'
export { alias, demonitor, monitor, type MonitorOptions, unalias } from './monitors.js'
export { cancelTimer, readTimer, sendAfter } from './timers.js'

// ---- looking

export interface ProcessInfo {
  readonly pid: Pid
  readonly status: 'starting' | 'running' | 'exiting'
  readonly trapExit: boolean
  /** Messages sent to it that it has not taken up. */
  readonly mailboxLength: number
  /** Messages it refused so far because its mailbox was full: see `maxMailbox`. */
  readonly messagesRefused: number
  /** Messages it has taken up so far. */
  readonly messagesHandled: number
  /** For how long it has been busy with one message, or a few short ones, in ms; 0 when it is idle. */
  readonly busyMs: number
  /** What it took up last: the handler's kind and the message's tag, `'call bump'`, at most 60 bytes; empty for a bare process. */
  readonly busyWith: string
  /** The number of its thread; 0 is the main thread, below zero is a child process (`isolation: 'process'`). */
  readonly thread: number
  readonly parent: Pid
}

// The clock of a child process may be a fraction of a ms ahead of ours, and 0 means idle.
const LEAST_BUSY = 0.001

/** What shared memory knows of a process, even while it spins; undefined when it is dead. Costs no message. */
export function info(process: Address): ProcessInfo | undefined {
  const id = resolve(process)
  if (id === undefined || id === HELD_NAME) return undefined
  const { table } = here
  const state = table.state(id)
  if (state === State.free) return undefined
  const since = table.busySince(id)
  return {
    pid: formatPid(id),
    status: STATE_NAMES[state] as ProcessInfo['status'],
    trapExit: table.hasFlag(id, Flag.trapExit),
    mailboxLength: table.mailboxLength(id),
    messagesRefused: table.refused(id),
    messagesHandled: table.handled(id),
    busyWith: table.busyWith(id),
    busyMs: since === 0 ? 0 : Math.max(LEAST_BUSY, wallTime() - since),
    thread: table.thread(id),
    parent: formatPid(table.parent(id)),
  }
}

// ---- receiving

/**
 * Waits for a message: the first in the mailbox that `matches` says yes to, or the next one. For bare processes and
 * the main program; a server gets its messages in its handlers, but may wait for a particular one inside of one.
 *
 * Rejects with ERR_RECEIVE_TIMEOUT after `timeout` ms (`Infinity` by default; 0 only looks).
 * @example
 * const [, , , reason] = await Process.receive((message) => message[0] === 'DOWN' && message[1] === ref)
 */
export async function receive<M = Message>(matches: (message: any) => boolean = () => true, options: { readonly timeout?: number } = {}): Promise<M> {
  if (typeof matches !== 'function') misuse('ERR_BAD_ARGUMENT', 'a function', matches, "Process.receive((message) => message[0] === 'DOWN')")
  const timeout = options.timeout ?? Infinity
  checkTimeout(timeout)
  const letter = await here.self.wait((letter) => letter.kind === Kind.info && matches(letter.body), timeout)
  if (letter === undefined) throw new StarfishError('ERR_RECEIVE_TIMEOUT', `no matching message came within ${timeout} ms`)
  return letter.body as M
}

// ---- bare processes

/** The body of a bare process: it ends when the promise settles. */
export type Body<A> = (argument: A, context: { readonly self: Pid; readonly signal: AbortSignal }) => unknown

export interface ProcessDefinition<A> extends Definition {
  readonly body: Body<A>
  readonly $argument?: A
}

/**
 * Defines a bare process: a function that runs in a thread of its own and receives its messages by hand. For those who
 * need less than a GenServer. Returning ends it with `'normal'`, throwing with `['error', error]`.
 *
 * @example
 * export default Process.define(import.meta.url, async (to: Pid) => {
 *   const message = await Process.receive()
 *   Process.send(to, ['got', message])
 * })
 */
export function define<A>(where: string, body: Body<A>, options: { readonly name?: string; readonly host?: Host } = {}): ProcessDefinition<A> {
  if (typeof body !== 'function') misuse('ERR_BAD_DEFINITION', 'a function', body, 'async (argument, context) => { ... }')
  checkKeys(options, ['name', 'host'], 'option')
  return remember({
    body,
    [DEFINITION]: refOf('process', where, options.name, options.host ?? 'thread'),
    begin: (process: LocalProcess, argument: unknown) => void runBody(process, body as Body<unknown>, argument),
  })
}

async function runBody(process: LocalProcess, body: Body<unknown>, argument: unknown): Promise<void> {
  here.role.started(process, { kind: 'ok' })
  try {
    await process.run(() => body(argument, { self: process.pid, get signal() { return process.signal } }))
    process.end('normal')
  } catch (thrown) {
    const reason: Reason = exitReasonOf(thrown) ?? (isErrorLike(thrown) ? ['error', thrown] : ['nocatch', thrown])
    if (!isClean(reason)) {
      here.role.log({ kind: 'crash', level: 'error', time: wallTime(), pid: process.pid, name: process.name, phase: 'run', reason: encodeReason(reason) })
    }
    process.end(reason)
  }
}

/** Starts a bare process; gives its pid as soon as it has one, before its module is loaded (Erlang's spawn). */
export async function spawn<A>(definition: ProcessDefinition<A>, argument: NoInfer<A>, options: StartOptions = {}): Promise<Pid> {
  return (await spawnProcess(definition, argument, options, { link: false })).pid
}

/** Like `spawn`, linked to the caller from the first moment. */
export async function spawnLink<A>(definition: ProcessDefinition<A>, argument: NoInfer<A>, options: StartOptions = {}): Promise<Pid> {
  return (await spawnProcess(definition, argument, options, { link: true })).pid
}

/** Like `spawn`, monitored by the caller from the first moment. */
export async function spawnMonitor<A>(definition: ProcessDefinition<A>, argument: NoInfer<A>, options: StartOptions = {}): Promise<[Pid, Ref]> {
  const ref = here.makeRef()
  const { pid } = await spawnProcess(definition, argument, options, { link: false, monitor: ref })
  return [pid, ref]
}

async function spawnProcess(definition: ProcessDefinition<any>, argument: unknown, options: StartOptions, how: { link: boolean; monitor?: string }): Promise<{ pid: Pid }> {
  const ref = (definition as Partial<ProcessDefinition<unknown>> | undefined)?.[DEFINITION]
  if (ref === undefined) misuse('ERR_BAD_ARGUMENT', 'a definition', definition, 'what Process.define gave')
  const outcome = await startProcess(ref, argument, options, { ...how, immediate: true })
  if (outcome.kind === 'ok') return { pid: formatPid(outcome.id) }
  throw new StartError(outcome.kind === 'error' ? outcome.reason : 'ignore', ref.name)
}

// ---- the runtime

export interface RuntimeOptions {
  /**
   * How many threads are kept booted ahead of need, for each way threads are made: 1 by default, 0 for none. A spare lets a
   * process that died come back in a few ms; it costs some 10 MB, keeps no program alive, and goes when the last process has gone.
   */
  readonly spares?: number
  /** Who gets a report of each abnormal death; `null` by default. See docs/watchdogs.md. */
  readonly autopsy?: AutopsyOptions | null
}

/** Changes how the runtime works, in what is given. Only on the main thread. Throws ERR_BAD_ARGUMENT. */
export function configure(options: RuntimeOptions): void {
  checkKeys(options, ['spares', 'autopsy'], 'option of the runtime')
  const { spares, autopsy } = options
  if ('spares' in options && (!Number.isInteger(spares) || spares! < 0)) misuse('ERR_BAD_ARGUMENT', 'a whole number of spares from 0', spares, '{ spares: 1 }')
  if (autopsy !== undefined) checkAutopsy(autopsy)
  if (spares !== undefined) here.role.keepSpares(spares)
  if (autopsy !== undefined) here.role.keepAutopsies(autopsy)
}

/**
 * Threads that were told to end five seconds ago or more and stand in native code, which nothing can stop. Their processes have been
 * declared dead and replaced. Only on the main thread.
 *
 * @example
 * Process.zombies().map(({ name, message }) => `${name} hangs in ${message}`)
 */
export const zombies = (): Zombie[] => here.role.zombies()

// ---- helpers

function idOf(pid: Pid | { readonly pid: Pid }): ProcessId {
  const text: unknown = typeof pid === 'string' ? pid : (pid as { pid?: unknown } | null | undefined)?.pid
  const id = typeof text === 'string' ? parsePid(text) : undefined
  if (id === undefined) misuse('ERR_BAD_ARGUMENT', 'a pid', pid, typeof pid === 'string' ? `Process.whereis(${formatTerm(pid)})` : 'the pid of a process')
  return id
}

