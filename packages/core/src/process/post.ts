// Sends letters, answers and signals to any process, wherever it lives, and takes in what other threads sent here.

import { isFull } from '../rule/marks.js'
import { decodeReason, encodeReason } from '../wire/codec.js'
import { packErrors, unpackErrors } from '../wire/errors-within.js'
import { copySmall, NOT_SMALL, uncloneablePath } from '../wire/cloneable.js'
import type { Block } from '../wire/block.js'
import { Channel, type ChannelHooks, notCloneable } from '../wire/channel.js'
import { isLetter, Kind } from '../wire/envelope.js'
import type { Line } from '../wire/line.js'
import type { From } from '../term/from.js'
import { formatPid, parsePid, type ProcessId } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import { ownerOfAlias, type Ref } from '../term/ref.js'
import { realNow, wallTime } from './clock.js'
import { here, MAIN_THREAD } from './here.js'
import type { Letter } from './mailbox.js'
import { surroundings } from './surroundings.js'
import { Flag, State } from './table.js'

/**
 * Whether a process takes one more message of another. Only what users send is refused, never signals, answers, timers
 * or what it sends to itself: those are bounded by what it does.
 */
export function admits(to: ProcessId, from: ProcessId): boolean {
  const { table } = here
  const marks = table.marks(to)
  if (marks === undefined || to === from || table.state(to) === State.free) return true
  // What waits here to be posted has not been counted yet.
  const channel = here.channels.get(table.thread(to))
  if (channel !== undefined && table.mailboxLength(to) + channel.waiting >= marks.high) channel.flush()
  const full = isFull(table.mailboxLength(to), table.hasFlag(to, Flag.full), marks)
  if (full !== table.hasFlag(to, Flag.full)) table.setFlag(to, Flag.full, full)
  if (full) table.countRefused(to)
  return !full
}

/** Sends one letter. False when nobody is there any more; throws ERR_NOT_CLONEABLE when the body cannot be copied. */
export function postLetter(
  kind: number, to: ProcessId, from: ProcessId, tag: unknown, body: unknown, transfer?: readonly unknown[], what?: string,
): boolean {
  return here.table.has(to) && postToThread(here.table.thread(to), kind, to, from, tag, body, transfer, what)
}

/** The same, for who has just looked where the process is. */
export function postToThread(
  thread: number, kind: number, to: ProcessId, from: ProcessId, tag: unknown, body: unknown, transfer?: readonly unknown[], what?: string,
): boolean {
  if (thread === here.thread) return postHere(kind, to, from, tag, body, transfer, what)
  const channel = here.role.channelTo(thread)
  if (channel === undefined) return false
  channel.post(kind, to, from, tag, body, transfer, what)
  return true
}

function postHere(
  kind: number, to: ProcessId, from: ProcessId, tag: unknown, body: unknown, transfer: readonly unknown[] | undefined, what = 'message',
): boolean {
  const process = here.processes.get(to)
  if (process === undefined || process.ended) return false
  const letter: Letter = process.sharesMemory ? { kind, from, tag, body } : { kind, from, tag, body: copyOf(body, transfer, what), surroundings: surroundings() }
  here.table.addToMailbox(to, 1)
  // Never in the sender's stack: a send does not run the receiver.
  here.turn.soon(() => process.deliver(letter), letter.surroundings)
  return true
}

// Processes share nothing, also when they share a thread.
export function copyOf(body: unknown, transfer: readonly unknown[] | undefined, what: string): unknown {
  const small = transfer === undefined ? copySmall(body) : NOT_SMALL
  if (small !== NOT_SMALL) return small
  const packed = packErrors(body)
  try {
    const copy = structuredClone(packed, transfer ? { transfer: transfer as never } : undefined)
    return packed === body ? copy : unpackErrors(copy)
  } catch (error) {
    throw notCloneable(body, what, error)
  }
}

/** Sends the answer of a task to its owner. Throws ERR_NOT_CLONEABLE. */
export function postTaskReply(owner: ProcessId, from: ProcessId, ref: string, value: unknown, transfer?: readonly unknown[]): void {
  postByRef(Kind.task, owner, from, ref, value, transfer, 'result')
}

/**
 * Sends a message to an alias; lost when it is not one, or not active any more. False when the mailbox of its owner
 * is full. Throws ERR_NOT_CLONEABLE.
 */
export function postToAlias(alias: Ref, from: ProcessId, message: unknown, transfer?: readonly unknown[]): boolean {
  const owner = ownerOfAlias(alias)
  if (owner === undefined) return true
  if (!admits(owner, from)) return false
  postByRef(Kind.alias, owner, from, alias, message, transfer, 'message')
  return true
}

// Whether it is a letter, only the receiver knows: it may have given up the ref.
function postByRef(kind: number, to: ProcessId, from: ProcessId, ref: string, value: unknown, transfer: readonly unknown[] | undefined, what: string): void {
  if (here.table.state(to) === State.free) return
  const thread = here.table.thread(to)
  if (thread !== here.thread) {
    here.role.channelTo(thread)?.post(kind, to, from, ref, value, transfer, what)
    return
  }
  const copy = copyOf(value, transfer, what)
  if (isLetter(kind)) here.table.addToMailbox(to, 1)
  here.turn.soon(() => receiveFor(kind, to, from, ref, copy))
}

/** Answers a call. Silent when the caller is gone. */
export function postReply(to: From, value: unknown, transfer?: readonly unknown[]): void {
  const caller = parsePid(to.pid)
  if (caller !== undefined) postAnswer(Kind.reply, caller, to.tag, value, transfer)
}

/**
 * Answers a call with `value`, or, when it cannot be copied, throws. What could be shared with others, and only not with
 * this caller, is the failure of its call.
 */
export function postAnswer(kind: number, caller: ProcessId, tag: number, value: unknown, transfer?: readonly unknown[]): void {
  if (here.table.state(caller) === State.free) return
  const thread = here.table.thread(caller)
  if (thread === here.thread) {
    const copy = here.self.sharesMemory ? value : copyOf(value, transfer, 'reply')
    here.turn.soon(() => settle(kind, tag, copy))
    return
  }
  const channel = here.role.channelTo(thread)
  if (channel === undefined) return
  try {
    channel.post(kind, caller, 0, tag, value, transfer, 'reply')
  } catch (error) {
    // Who asks must not be able to end a server that does nothing wrong. One that shares no memory itself does.
    if (channel.line.sharesMemory || here.tableMemory === undefined || uncloneablePath(value, 'reply') !== undefined) throw error
    channel.post(Kind.failure, caller, 0, tag, error)
  }
}

function settle(kind: number, tag: number, body: unknown): void {
  if (kind === Kind.reply) here.calls.reply(tag, body)
  else here.calls.take(tag)?.reject(body)
}

/** Sends an exit signal by hand (Erlang's exit/2), in order with the messages sent before it. */
export function postExit(to: ProcessId, from: ProcessId, reason: Reason): void {
  if (here.table.state(to) === State.free) return
  const thread = here.table.thread(to)
  const traps = here.table.hasFlag(to, Flag.trapExit)
  // To itself: it takes effect before this returns.
  if (to === from && here.thread !== MAIN_THREAD) {
    here.processes.get(to)?.receiveExit(from, reason, false)
    return
  }
  // To a process that traps exits it is a message like any other; all others it has to strike whatever they do.
  if (!traps || reason === 'kill') here.role.signal(to, from, reason)
  else if (thread !== here.thread) here.role.channelTo(thread)?.post(Kind.exit, to, from, 0, encodeReason(reason))
  else here.turn.soon(() => here.processes.get(to)?.receiveExit(from, reason, false))
}

/**
 * What arrives from other threads about processes: the part that is the same in every thread. What came on a channel
 * from another thread than the main one is taken for what its own processes say, and nothing else.
 */
export function receiveEntry(kind: number, to: ProcessId, from: ProcessId, tag: unknown, body: unknown, channel?: Channel): void {
  if (kind >= Kind.cast && kind <= Kind.alias) {
    // What is wrong must be known while the post is taken in.
    if (channel !== undefined && (kind === Kind.exit || kind === Kind.down)) checkSpeaker(kind, from, tag, channel)
    const told = kind === Kind.exit ? decodeReason(body) : body
    if (here.turn.owes) here.turn.soon(() => receiveFor(kind, to, from, tag, told))
    else receiveFor(kind, to, from, tag, told)
    return
  }
  switch (kind) {
    case Kind.reply:
      here.calls.reply(tag as number, body)
      return
    case Kind.failure:
      here.calls.take(tag as number)?.reject(body)
      return
    case Kind.overload:
      here.calls.fail(tag as number, 'overload')
      return
    case Kind.unread:
      here.calls.lost(channel?.peer ?? MAIN_THREAD, String(body))
      return
  }
  throw new TypeError(`expected what a process may send, got an entry of kind ${kind} from ${formatPid(from)}`)
}

/** What is for a process: letters, signals, and what becomes one of them. */
function receiveFor(kind: number, to: ProcessId, from: ProcessId, tag: unknown, body: unknown): void {
  const process = here.processes.get(to)
  if (process === undefined) return
  switch (kind) {
    case Kind.exit:
      return process.receiveExit(from, body as Reason, tag === 1)
    case Kind.down:
      return process.receiveDown(from, tag as string, body as [string, unknown])
    case Kind.task:
      return process.receiveTaskReply(from, tag as string, body)
    case Kind.alias:
      return process.receiveByAlias(from, tag as Ref, body)
    default:
      return process.deliver({ kind, from, tag, body })
  }
}

/** Refuses what only the main thread says, and what is said in the name of another thread's process. */
export function checkSpeaker(kind: number, from: ProcessId, tag: unknown, channel: Channel): void {
  if (kind === Kind.down || (kind === Kind.exit && (tag === 1 || isOfAnother(from, channel)))) throw new TypeError(`expected an exit signal of a process of its own, got one of ${formatPid(from)}`)
}

const isOfAnother = (id: ProcessId, { peer }: Channel): boolean => here.table.state(id) !== State.free && here.table.thread(id) !== peer

// On the main thread each letter is looked at: who calls, and who may.
function receiveBlock(to: ProcessId, block: Block): boolean {
  const process = here.thread === MAIN_THREAD ? undefined : here.processes.get(to)
  if (process === undefined) return false
  if (here.turn.owes) here.turn.soon(() => process.deliverBlock(block))
  else process.deliverBlock(block)
  return true
}

const hooks = (receive: ChannelHooks['receive']): ChannelHooks => ({
  receive,
  receiveBlock,
  sent: (to, count) => here.table.addToMailbox(to, count),
  now: realNow,
  putOff: () => here.turn.given,
  taking() {
    here.isTaking = true
  },
  taken() {
    here.isTaking = false
    if (here.woken.length === 0) return
    const processes = here.woken
    here.woken = []
    for (const process of processes) process.wake()
  },
  garbled: (error, channel) => here.role.garbled(channel.peer, error),
  unreadable,
})

// It was the answer to a call of ours, or a call of theirs: on both sides those fail of which it may have been.
function unreadable(error: unknown, channel: Channel): void {
  if (here.root === undefined) throw error // it was the order what to become
  const why = (error as Error).message
  here.calls.lost(channel.peer, why)
  channel.post(Kind.unread, 0, 0, 0, why)
  here.role.log({ kind: 'text', level: 'error', time: wallTime(), pid: here.root.pid, message: `a message from thread ${channel.peer} was lost: it could not be read here: ${why}` })
}

/** A channel whose entries go to `receive`. */
export function openChannel(line: Line, peer: number, receive: ChannelHooks['receive']): Channel {
  const channel = new Channel(line, peer, hooks(receive))
  here.channels.set(peer, channel)
  return channel
}
