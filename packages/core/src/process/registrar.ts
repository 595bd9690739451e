// Gives processes names and takes them back, as users ask for it: refuses what is taken, and says when a name is served.
// Main thread only.

import { UsageError } from '../term/errors.js'
import { formatPid, type ProcessId } from '../term/pid.js'
import { isVia, type Via } from '../term/via.js'
import { textOfVia, whereisVia } from './address.js'
import type { Entries, Entry } from './entry.js'
import { here } from './here.js'
import type { NameKeeper } from './name-keeper.js'
import { HELD_NAME } from './names.js'
import { State } from './table.js'
import type { Vias } from './via.js'

export class Registrar implements Vias {
  constructor(private readonly entries: Entries, private readonly names: NameKeeper, private readonly vias: NameKeeper) {}

  register(to: ProcessId, name: string): void {
    const entry = this.entries.get(to)
    const owner = this.names.owner(name)
    if (!entry || !here.table.isAlive(to)) throw new UsageError('ERR_NOT_ALIVE', `expected a living process to be named ${name}, got ${formatPid(to)}, which is dead; write the pid of one that runs`)
    if (owner !== undefined) throw new UsageError('ERR_NAME_TAKEN', `expected a name that is free, got ${name}, which ${formatPid(owner)} has; write another, or Process.unregister before`)
    if (entry.name !== null) throw new UsageError('ERR_NAME_TAKEN', `expected a process without a name, got ${formatPid(to)}, which is ${entry.name}; write Process.unregister before: a process has one name`)
    entry.name = name
    this.names.give(name, to)
    this.names.settled(name)
  }

  unregister(name: string): void {
    const owner = this.names.owner(name)
    const entry = owner === undefined ? undefined : this.entries.get(owner)
    if (!entry) throw new UsageError('ERR_BAD_ARGUMENT', `expected the name of a process, got ${name}, which nobody has; write a name that Process.whereis finds`)
    entry.name = null
    this.names.take(name)
  }

  lookup(text: string): ProcessId | undefined {
    return this.vias.isHeld(text) ? HELD_NAME : this.vias.owner(text)
  }

  entered(text: string, owner: ProcessId): void {
    const entry = this.entries.get(owner)
    if (!entry) return
    ;(entry.vias ??= new Set()).add(text)
    this.vias.give(text, owner)
    if (takesCalls(owner)) this.vias.settled(text)
  }

  left(text: string, owner: ProcessId): void {
    if (this.vias.owner(text) !== owner) return
    this.entries.get(owner)?.vias?.delete(text)
    this.vias.take(text)
  }

  /** It starts: whoever waited for its name may call, as those do who call now. */
  born({ id, name }: Entry): void {
    if (name !== null && takesCalls(id)) this.names.settled(name)
  }

  /** Its process serves: whoever waited for one of its names may call. */
  serves({ name, vias }: Entry): void {
    if (name !== null) this.names.settled(name)
    vias?.forEach((text) => this.vias.settled(text))
  }

  /** Settles when its owner has the name no more. */
  whenFree(name: string | Via): Promise<void> {
    return isVia(name) ? this.vias.whenFree(textOfVia(name)!) : this.names.whenFree(name)
  }

  /**
   * Settles when a call of `asker` by that name may be made, or has become vain: then with false, if it would wait for ever.
   * `untilServed`: not while the owner of the name starts.
   */
  settled(name: string | Via, untilServed: boolean, asker: ProcessId): Promise<boolean> {
    const may = (owner: ProcessId): boolean => (untilServed ? here.table.state(owner) === State.running : takesCalls(owner))
    if (isVia(name)) return this.settledVia(name, may, asker)
    const owner = this.names.owner(name)
    // Asked from another thread, it may have been settled meanwhile.
    if (owner === undefined ? !this.names.isHeld(name) : may(owner)) return Promise.resolve(true)
    return this.names.whenSettled(name, asker)
  }

  private settledVia(via: Via, may: (owner: ProcessId) => boolean, asker: ProcessId): Promise<boolean> {
    const owner = whereisVia(via)
    if (owner === undefined || (owner !== HELD_NAME && may(owner))) return Promise.resolve(true)
    const text = textOfVia(via)!
    // Held by no supervisor, it is its directory that is being started again.
    return owner === HELD_NAME && !this.vias.isHeld(text) ? this.settled(via.name, true, asker) : this.vias.whenSettled(text, asker)
  }

  /** Its supervisor waits for its end from here on: who waits in it for what that supervisor decides waits in vain. */
  stops(child: ProcessId): void {
    const entry = this.entries.get(child)
    if (entry === undefined) return
    entry.isStopped = true
    this.names.reconsider()
    this.vias.reconsider()
  }
}

/** Whether a supervisor waits for a process: as itself, or for a child to start or to end that is it, or above it. */
export function waitsFor(entries: Entries, supervisor: ProcessId, asker: ProcessId): boolean {
  if (supervisor === asker) return true
  for (let entry = entries.get(asker); entry !== undefined; entry = entries.get(entry.parent)) {
    if (entry.parent === supervisor && (entry.start !== undefined || entry.isStopped === true)) return true
  }
  return false
}

// Calls wait in the mailbox of a process that starts. Where it has a limit they wait outside: all at once they might be too many.
function takesCalls(id: ProcessId): boolean {
  const state = here.table.state(id)
  return state === State.running || (state === State.starting && here.table.marks(id) === undefined)
}
