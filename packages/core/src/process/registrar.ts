// Gives processes names and takes them back, as users ask for it: refuses what is taken, and says when a name is served.
// Main thread only.

import { UsageError } from '../term/errors.js'
import { formatPid, type ProcessId } from '../term/pid.js'
import type { Entries } from './entry.js'
import { here } from './here.js'
import type { NameKeeper } from './name-keeper.js'
import { State } from './table.js'

export class Registrar {
  constructor(private readonly entries: Entries, private readonly names: NameKeeper) {}

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

  /** Settles when the name is served again or given up. */
  settled(name: string): Promise<void> {
    const owner = this.names.owner(name)
    // Asked from another thread, it may have been settled meanwhile.
    if (owner === undefined ? !this.names.isHeld(name) : here.table.state(owner) === State.running) return Promise.resolve()
    return this.names.whenSettled(name)
  }
}
