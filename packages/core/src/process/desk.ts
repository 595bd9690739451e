// Where the main thread takes in what other threads post to it. A thread speaks for its own processes only: what it says
// of others is not heard.

import type { SpawnRequest } from '../term/definition.js'
import type { LogEvent } from '../term/log-event.js'
import { formatTerm } from '../term/format.js'
import { formatPid, type ProcessId } from '../term/pid.js'
import { isReason, type Reason } from '../term/reason.js'
import type { TableRequest } from '../table/keeper.js'
import type { Via } from '../term/via.js'
import type { Channel } from '../wire/channel.js'
import { decodeReason, encodeTerm } from '../wire/codec.js'
import { isLetter, Kind, type Take } from '../wire/envelope.js'
import { unpackErrors } from '../wire/errors-within.js'
import type { MessagePort } from '../wire/line.js'
import { Lived } from './calls.js'
import { checkName } from './definition.js'
import type { Entries, Entry } from './entry.js'
import { here, MAIN_THREAD } from './here.js'
import { keepCache } from './kernel.js'
import { type Note, takeNote } from './note.js'
import { admits, checkSpeaker, postAnswer, receiveEntry } from './post.js'
import { State } from './table.js'
import type { StreamName } from './voice.js'
import type { HostRole, MayReturn, StartOutcome } from './role.js'

/** Whom the desk works for. */
export interface Office extends Omit<HostRole, 'started' | 'ended'> {
  readonly entries: Entries
  startedAs(entry: Entry, outcome: StartOutcome): void
  saysItEnds(entry: Entry, reason: Reason): void
  standsStill(entry: Entry): void
  introduce(a: number, b: number, port: MessagePort): void
  /** Passes an entry from one carrier on to another, which has to tell the first of its end. */
  passOn(a: number, b: number, ...entry: Parameters<Take>): void
}

export class Desk {
  constructor(private readonly office: Office) {}

  readonly receive = (kind: number, to: ProcessId, from: ProcessId, tag: unknown, body: unknown, channel: Channel): void => {
    if (kind < Kind.started && channel.peer < 0 && this.judge(kind, to, from, tag, body, channel)) {
      return
    } else if (kind < Kind.started) {
      if (kind === Kind.call || kind === Kind.system) this.noteCaller(to, channel)
      receiveEntry(kind, to, from, tag, body, channel)
    } else if (kind === Kind.connect) {
      this.office.introduce(channel.peer, tag as number, body as MessagePort)
    } else {
      const entry = this.office.entries.get(from)
      if (entry?.thread?.number === channel.peer) this.hear(kind, entry, to, tag, body)
    }
  }

  private hear(kind: number, entry: Entry, to: ProcessId, tag: unknown, body: unknown): void {
    const { office } = this
    const from = entry.id
    switch (kind) {
      case Kind.started:
        return office.startedAs(entry, decodeOutcome(body as StartOutcome))
      case Kind.ended:
        return office.saysItEnds(entry, reasonIn(body))
      case Kind.still:
        return office.standsStill(entry)
      case Kind.signal:
        return office.signal(to, from, reasonIn(body))
      case Kind.link:
        return office.link(from, to)
      case Kind.unlink:
        return office.unlink(from, to)
      case Kind.monitor:
        return office.monitor(from, to, tag as string, body as string | Via | undefined)
      case Kind.demonitor:
        return office.demonitor(from, tag as string)
      case Kind.release:
        return office.releaseNames(from, () => body as MayReturn)
      case Kind.output:
        return entry.output?.take(tag as StreamName, body as string | Uint8Array)
      case Kind.note:
        return takeNote(here.table, from, body as Note)
      case Kind.report:
        expect((body as LogEvent).pid === formatPid(from), 'a report of its own', body)
        return office.log(body as LogEvent)
      case Kind.code:
        return keepCache(entry.thread!.number, body as SharedArrayBuffer[])
      case Kind.forward: {
        expect(tag === Kind.cast || tag === Kind.info, 'a letter to forward', tag)
        const [via, message, transfer] = unpackErrors(body) as [Via, unknown, readonly unknown[] | undefined]
        return office.forward(via, tag as number, from, message, transfer)
      }
      default:
        void this.ask(kind, from, body).then(
          (value) => postAnswer(Kind.reply, from, tag as number, value),
          (error: unknown) => postAnswer(Kind.failure, from, tag as number, error),
        )
    }
  }

  /** What is answered. */
  private ask(kind: number, from: ProcessId, body: unknown): Promise<unknown> {
    const { office } = this
    switch (kind) {
      case Kind.spawn: {
        const request = body as SpawnRequest
        expect(request.parent === from, 'a start by a process of its own', request.parent)
        return office.spawn(request).then(encodeTerm)
      }
      case Kind.register: {
        const [target, name] = body as [ProcessId, string]
        checkName(name)
        return office.register(from, target, name)
      }
      case Kind.unregister:
        return office.unregister(from, body as string)
      case Kind.whereisVia:
        return office.whereisVia(body as Via)
      case Kind.table:
        return (async () => office.table(from, body as TableRequest))() // what it throws is an answer
      case Kind.awaitName:
        return office.nameSettled(...(body as [string | Via, boolean]), from)
    }
    throw new TypeError(`expected what a process tells the main thread, got an entry of kind ${kind}`)
  }

  // Who shares no memory does not see how many messages wait elsewhere. What it sends to a mailbox with a limit comes here first,
  // with what must be in order with that. True when there is nothing left to be done.
  private judge(kind: number, to: ProcessId, from: ProcessId, tag: unknown, body: unknown, channel: Channel): boolean {
    const { table } = here
    checkSpeaker(kind, from, tag, channel)
    const isRefused = isLetter(kind) && kind !== Kind.system && !admits(to, from)
    const isCounted = isLetter(kind) && table.marks(to) === undefined // by who sent it
    if (!isRefused && (table.thread(to) === MAIN_THREAD || table.state(to) === State.free)) {
      if (isLetter(kind) && !isCounted && table.state(to) !== State.free) table.addToMailbox(to, 1)
      return false
    }
    if (isCounted) table.addToMailbox(to, -1) // who passes it on counts it too
    if (!isRefused) this.office.passOn(channel.peer, table.thread(to), kind, to, from, tag, body)
    else if (kind === Kind.call) channel.post(Kind.overload, from, 0, tag, 0)
    return true
  }

  // The callers of a process of this thread hear of its end; a call that comes after it fails at once.
  private noteCaller(to: ProcessId, channel: Channel): void {
    const process = here.processes.get(to)
    if (process === undefined || process.ended) channel.post(Kind.died, to, Lived.refused, here.thread, 'noproc')
    else (process.callers ??= new Set()).add(channel.peer)
  }
}

/** What does not hold is not the work of our own code in that thread. */
function expect(holds: boolean, what: string, got: unknown): void {
  if (!holds) throw new TypeError(`expected ${what}, got ${formatTerm(got)}`)
}

function reasonIn(body: unknown): Reason {
  const reason = decodeReason(body)
  expect(isReason(reason), 'a reason', reason)
  return reason
}

const decodeOutcome = (outcome: StartOutcome): StartOutcome =>
  outcome.kind === 'error' ? { kind: 'error', reason: decodeReason(outcome.reason) } : outcome
