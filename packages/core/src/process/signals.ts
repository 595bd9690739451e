// Exit signals, links and monitors as the main thread deals them out: to processes of its own as they are, to others
// through the channel of their thread.

import { effectOf } from '../rule/signal.js'
import { formatPid, type ProcessId } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import { encodeReason } from '../wire/codec.js'
import { batchOfOne, Kind } from '../wire/envelope.js'
import { Bonds, type Watch } from './bonds.js'
import { channelOf, type Entries, type Entry } from './entry.js'
import { here } from './here.js'
import { Flag, State } from './table.js'

export class Signals {
  private readonly bonds = new Bonds()

  /** `end` ends a process from outside, whatever it does. */
  constructor(private readonly entries: Entries, private readonly end: (entry: Entry, reason: Reason) => void) {}

  /** Decides what an exit signal does to its receiver, and does it. */
  deliver(to: ProcessId, from: ProcessId, reason: Reason, viaLink: boolean): void {
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
    if (local) here.turn.soon(() => local.receiveExit(from, reason, viaLink))
    else this.post(entry, from, reason, viaLink)
  }

  // Who shares no memory may not know that the receiver traps exits, and asks us: in order with its messages all the same.
  private post({ id, thread }: Entry, from: ProcessId, reason: Reason, viaLink: boolean): void {
    const exit = [Kind.exit, id, from, viaLink ? 1 : 0, encodeReason(reason)] as const
    const sender = viaLink ? undefined : this.entries.get(from)?.thread
    if (thread && !sender?.speakFor(thread.number, batchOfOne(...exit, false))) here.channels.get(thread.number)?.post(...exit)
  }

  link(by: ProcessId, other: ProcessId): void {
    if (!this.entries.has(other)) return this.deliver(by, other, 'noproc', true)
    this.bonds.link(by, other)
    // Tells only the one who cannot know yet: the other may have unlinked again before it heard.
    this.tellLink(Kind.link, other, by)
  }

  unlink(by: ProcessId, other: ProcessId): void {
    this.bonds.unlink(by, other)
    this.tellLink(Kind.unlink, other, by)
  }

  monitor(watcher: ProcessId, target: ProcessId, ref: string, name: string | undefined): void {
    const watch = { ref, watcher, target, name }
    here.processes.get(watcher)?.monitors.set(ref, target)
    if (this.entries.has(target)) this.bonds.monitor(watch)
    else this.tellDown(watch, 'noproc')
  }

  demonitor(watcher: ProcessId, ref: string): void {
    this.bonds.demonitor(watcher, ref)
  }

  /** Tells all that were bound to a process that it has ended: links first, as the BEAM does; whom they end hears no DOWN. */
  announceEnd(id: ProcessId, reason: Reason): void {
    const { linked, watches } = this.bonds.cut(id)
    for (const other of linked) this.deliver(other, id, reason, true)
    for (const watch of watches) this.tellDown(watch, reason)
  }

  private tellLink(kind: number, to: ProcessId, other: ProcessId): void {
    const local = here.processes.get(to)
    if (local) {
      if (kind === Kind.link) local.links.add(other)
      else local.links.delete(other)
      return
    }
    const entry = this.entries.get(to)
    if (entry) channelOf(entry)?.post(kind, to, other, 0, 0)
  }

  private tellDown({ watcher, target, ref, name }: Watch, reason: Reason): void {
    const body: [string, unknown] = [name ?? formatPid(target), encodeReason(reason)]
    const local = here.processes.get(watcher)
    if (local) {
      here.turn.soon(() => local.receiveDown(target, ref, body))
      return
    }
    const entry = this.entries.get(watcher)
    if (entry && here.table.state(watcher) !== State.exiting) channelOf(entry)?.post(Kind.down, watcher, target, ref, body)
  }
}
