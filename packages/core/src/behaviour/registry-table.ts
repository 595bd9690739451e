// The entries of one registry: which process stands under which key, with which value. Bookkeeping, no process.

import { canonical, fits } from '../term/key.js'
import type { ProcessId } from '../term/pid.js'

export interface Entry {
  readonly key: unknown
  readonly owner: ProcessId
  value: unknown
}

export class RegistryTable {
  private readonly byKey = new Map<string, Entry[]>()
  private readonly byOwner = new Map<ProcessId, Set<Entry>>()

  constructor(readonly unique: boolean, private readonly isAlive: (id: ProcessId) => boolean) {}

  /** Enters a process; gives the owner that stands in the way of a unique key, undefined when done. */
  add(key: unknown, owner: ProcessId, value: unknown): ProcessId | undefined {
    const id = canonical(key)
    const entries = this.byKey.get(id) ?? []
    if (this.unique) {
      const holder = entries.find((entry) => this.isAlive(entry.owner))
      if (holder) return holder.owner
      for (const stale of [...entries]) this.drop(stale)
    }
    const entry: Entry = { key, owner, value }
    this.byKey.set(id, [...(this.byKey.get(id) ?? []), entry])
    const own = this.byOwner.get(owner)
    if (own) own.add(entry)
    else this.byOwner.set(owner, new Set([entry]))
    return undefined
  }

  /** Removes what a process has under a key, as far as it fits; true when the process has nothing left at all. */
  remove(key: unknown, owner: ProcessId, pattern: unknown = '_'): boolean {
    for (const entry of this.of(key)) if (entry.owner === owner && fits(entry.value, pattern)) this.drop(entry)
    return !this.byOwner.has(owner)
  }

  removeOwner(owner: ProcessId): Entry[] {
    const entries = [...(this.byOwner.get(owner) ?? [])]
    entries.forEach((entry) => this.drop(entry))
    return entries
  }

  /** The entries of a key, those of dead processes left out. */
  of(key: unknown): Entry[] {
    return (this.byKey.get(canonical(key)) ?? []).filter((entry) => this.isAlive(entry.owner))
  }

  ofOwner(owner: ProcessId): Entry[] {
    return [...(this.byOwner.get(owner) ?? [])]
  }

  has(owner: ProcessId): boolean {
    return this.byOwner.has(owner)
  }

  all(): Entry[] {
    return [...this.byKey.values()].flat().filter((entry) => this.isAlive(entry.owner))
  }

  private drop(entry: Entry): void {
    const id = canonical(entry.key)
    const left = (this.byKey.get(id) ?? []).filter((one) => one !== entry)
    if (left.length > 0) this.byKey.set(id, left)
    else this.byKey.delete(id)
    const own = this.byOwner.get(entry.owner)
    own?.delete(entry)
    if (own?.size === 0) this.byOwner.delete(entry.owner)
  }
}
