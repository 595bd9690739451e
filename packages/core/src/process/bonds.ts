// Who is linked to whom and who monitors whom. Bookkeeping of the main thread; decides nothing.

import type { ProcessId } from '../term/pid.js'

export interface Watch {
  readonly ref: string
  readonly watcher: ProcessId
  readonly target: ProcessId
  /** The name the monitor was asked for by: then the DOWN message carries it instead of the pid. */
  readonly name: string | undefined
}

export class Bonds {
  private readonly links = new Map<ProcessId, Set<ProcessId>>()
  private readonly watches = new Map<string, Watch>()
  private readonly byTarget = new Map<ProcessId, Set<string>>()
  private readonly byWatcher = new Map<ProcessId, Set<string>>()

  link(a: ProcessId, b: ProcessId): void {
    join(this.links, a, b)
    join(this.links, b, a)
  }

  unlink(a: ProcessId, b: ProcessId): void {
    part(this.links, a, b)
    part(this.links, b, a)
  }

  /** Each watch has a ref of its own: one that is taken is not given again. */
  monitor(watch: Watch): void {
    if (this.watches.has(watch.ref)) return
    this.watches.set(watch.ref, watch)
    join(this.byTarget, watch.target, watch.ref)
    join(this.byWatcher, watch.watcher, watch.ref)
  }

  demonitor(watcher: ProcessId, ref: string): void {
    const watch = this.watches.get(ref)
    if (watch?.watcher === watcher) this.forget(watch)
  }

  linksOf(id: ProcessId): readonly ProcessId[] {
    return [...(this.links.get(id) ?? [])]
  }

  monitorsOf(target: ProcessId): number {
    return this.byTarget.get(target)?.size ?? 0
  }

  /** Cuts all bonds of a process that ended; tells whom to inform. */
  cut(id: ProcessId): { readonly linked: readonly ProcessId[]; readonly watches: readonly Watch[] } {
    const linked = this.linksOf(id)
    for (const other of linked) this.unlink(id, other)
    const watches = [...(this.byTarget.get(id) ?? [])].map((ref) => this.watches.get(ref)!)
    for (const watch of watches) this.forget(watch)
    for (const ref of [...(this.byWatcher.get(id) ?? [])]) this.forget(this.watches.get(ref)!)
    return { linked, watches }
  }

  private forget(watch: Watch): void {
    this.watches.delete(watch.ref)
    part(this.byTarget, watch.target, watch.ref)
    part(this.byWatcher, watch.watcher, watch.ref)
  }
}

function join<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key)
  if (set) set.add(value)
  else sets.set(key, new Set([value]))
}

function part<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key)
  if (set?.delete(value) && set.size === 0) sets.delete(key)
}
