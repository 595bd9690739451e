// Tells those that share no memory with us what the process table and the name directory say: all of it when they join,
// and each change before anything else they hear. Main thread only.

import type { ProcessId } from '../term/pid.js'
import { type Channel, gather, type Gathering } from '../wire/channel.js'
import { Kind } from '../wire/envelope.js'
import { here } from './here.js'
import type { ProcessRecord } from './table.js'

export interface NewsBody {
  readonly records: readonly ProcessRecord[]
  /** Who has each name: a process, `HELD_NAME`, or nobody any more. */
  readonly names: readonly (readonly [name: string, owner: ProcessId | undefined])[]
}

export class News implements Gathering {
  private readonly readers = new Map<number, Channel>()
  private readonly ids = new Set<ProcessId>()
  private readonly names = new Set<string>()
  private inTurn = false

  /** From now on `reader` is told; first, of the processes `ids` and all names. */
  subscribe(reader: Channel, ids: Iterable<ProcessId>): void {
    this.flush()
    reader.post(Kind.news, 0, 0, 0, newsOf(ids, here.names.all()))
    this.readers.set(reader.peer, reader)
    here.table.changed = (id) => this.note(this.ids, id)
    here.names.changed = (name) => this.note(this.names, name)
  }

  unsubscribe(reader: number): void {
    if (!this.readers.delete(reader) || this.readers.size > 0) return
    here.table.changed = here.names.changed = undefined
  }

  flush(): void {
    if (this.ids.size === 0 && this.names.size === 0) return
    const news = newsOf(this.ids, this.names)
    this.ids.clear()
    this.names.clear()
    for (const reader of this.readers.values()) reader.post(Kind.news, 0, 0, 0, news)
  }

  endTurn(): void {
    this.inTurn = false
    this.flush()
  }

  private note<T>(set: Set<T>, what: T): void {
    set.add(what)
    if (this.inTurn) return
    this.inTurn = true
    gather(this)
  }
}

const newsOf = (ids: Iterable<ProcessId>, names: Iterable<string>): NewsBody => ({
  records: Array.from(ids, (id) => here.table.recordOf(id)),
  names: Array.from(names, (name) => [name, here.names.lookup(name)] as const),
})
