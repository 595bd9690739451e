// What the main thread does for tables: it makes and removes them, knows who owns one and who inherits it, and takes
// back what a dead thread held. Loaded when the first table is made.

import { misuse, StarfishError, UsageError } from '../term/errors.js'
import { formatPid, generationOf, type Pid, type ProcessId, slotOf } from '../term/pid.js'
import { settleCount } from './counters.js'
import { LONGEST_TABLE_NAME, Record, recordAt, RECORDS_USED, Table, tableAt, TABLES, TABLES_USED, TABLES_VERSION, Type, UPHEAVALS } from './layout.js'
import { endTower } from './ordered-list.js'
import { contentsOf } from './reach.js'
import { outOfMemory } from './rows.js'
import { Access, formatTable, type Found, type Tables } from './tables.js'

/** What a process asks of the keeper. */
export type TableRequest =
  | { readonly ask: 'new'; readonly name: string | undefined; readonly type: keyof typeof Type; readonly access: keyof typeof Access; readonly maxSize: number; readonly heir: ProcessId; readonly data: unknown }
  | { readonly ask: 'giveAway'; readonly table: string; readonly to: ProcessId; readonly data: unknown }
  | { readonly ask: 'setHeir'; readonly table: string; readonly to: ProcessId; readonly data: unknown }
  | { readonly ask: 'delete'; readonly table: string }

/** What the keeper needs of the processes. */
export interface People {
  isAlive(id: ProcessId): boolean
  tell(to: ProcessId, from: ProcessId, message: readonly unknown[]): void
}

export class TableKeeper {
  /** What the heir of each table is told, by handle. */
  private readonly legacies = new Map<string, unknown>()
  private readonly unused: number[] = []

  constructor(private readonly tables: Tables, private readonly people: People) {}

  /** Does what process `from` asks. Throws what it is refused with. */
  serve(from: ProcessId, request: TableRequest): string | true {
    if (request.ask === 'new') return this.make(from, request)
    const found = this.ownTable(from, request.table)
    switch (request.ask) {
      case 'giveAway':
        if (!this.people.isAlive(request.to)) throw new UsageError('ERR_NOT_ALIVE', `expected a living process to give ${request.table} to, got ${formatPid(request.to)}, which is dead; write the pid of one that runs`)
        if (request.to === from) misuse('ERR_BAD_ARGUMENT', `another process to give ${request.table} to`, formatPid(from), 'setHeir, to say who is to have it afterwards')
        this.handOver(found, request.to, from, request.data)
        return true
      case 'setHeir':
        this.setProcess(found.slot, Table.heirSlot, request.to)
        this.legacies.set(formatTable(found.slot, found.generation), request.data)
        return true
      case 'delete':
        this.remove(found)
        return true
    }
  }

  /** A process is no more: its tables go to their heirs or end with it. */
  processEnded(id: ProcessId): void {
    for (const found of this.tables.all()) {
      if (this.tables.owner(found.slot) !== id) continue
      const heir = this.tables.heir(found.slot)
      if (heir !== 0 && heir !== id && this.people.isAlive(heir)) this.handOver(found, heir, id, this.legacies.get(formatTable(found.slot, found.generation)))
      else this.remove(found)
    }
  }

  /** A thread is no more: whatever it was in the middle of is done or undone, and what it held is free. */
  threadEnded(thread: number): void {
    const { arena, cells, reach } = this.tables
    const words = arena.look()
    for (let record = 0; record < Atomics.load(words, RECORDS_USED); record++) {
      const at = recordAt(record)
      if (Atomics.load(words, at + Record.thread) !== thread + 1) continue
      this.tables.begin()
      const row = endTower(arena, record)
      settleCount(arena, record, (cell) => reach.wasPutIn(cell))
      if (row !== 0 && !reach.isReachable(row)) cells.retire(row)
      this.tables.end()
      cells.pages.inherit(record)
      // It may have taken something out of a table and not said so.
      if (words[at + Record.pin] !== 0) Atomics.add(words, UPHEAVALS, 1)
      Atomics.store(words, at + Record.pin, 0)
      Atomics.store(words, at + Record.thread, 0)
    }
  }

  private make(owner: ProcessId, { name, type, access, maxSize, heir, data }: TableRequest & { readonly ask: 'new' }): string {
    if (!this.people.isAlive(owner)) throw new UsageError('ERR_NOT_ALIVE', `expected a living process to own the table, got ${formatPid(owner)}, which has ended; write it into a process that runs`)
    if (name !== undefined && this.tables.find(name) !== undefined) throw new UsageError('ERR_NAME_TAKEN', `expected a name that is free, got ${name}, which another table has; write another, or use that table`)
    const { words } = this.tables.arena
    const slot = this.unused.at(-1) ?? words[TABLES_USED]!
    if (slot === TABLES) throw tooMany()
    const at = tableAt(slot)
    const contents = contentsOf(slot, ++words[at + Table.contents]!)
    const root = this.build(contents, Type[type])
    this.unused.pop()
    words[at + Table.access] = Access[access]
    words[at + Table.maxSize] = maxSize
    this.setProcess(slot, Table.ownerSlot, owner)
    this.setProcess(slot, Table.heirSlot, heir)
    this.setName(at, name ?? '')
    Atomics.store(words, at + Table.root, root)
    const generation = Atomics.add(words, at + Table.generation, 1) + 1
    if (slot === words[TABLES_USED]) Atomics.store(words, TABLES_USED, slot + 1)
    Atomics.add(words, TABLES_VERSION, 1)
    const table = formatTable(slot, generation)
    this.legacies.set(table, data)
    return table
  }

  private build(contents: number, type: number): number {
    const root = this.makeRoot(contents, type) ?? (this.tables.cells.makeRoom() ? this.makeRoot(contents, type) : undefined)
    if (root === undefined) throw outOfMemory()
    return root
  }

  private makeRoot(contents: number, type: number): number | undefined {
    this.tables.begin()
    try {
      return this.tables.buckets.makeRoot(contents, type)
    } finally {
      this.tables.end()
    }
  }

  private remove({ slot, generation }: Found): void {
    const { words } = this.tables.arena
    const at = tableAt(slot)
    Atomics.add(words, at + Table.generation, 1)
    Atomics.store(words, at + Table.root, 0)
    Atomics.add(words, TABLES_VERSION, 1)
    Atomics.add(words, UPHEAVALS, 1)
    this.legacies.delete(formatTable(slot, generation))
    this.unused.push(slot)
  }

  private handOver(found: Found, to: ProcessId, from: ProcessId, data: unknown): void {
    this.setProcess(found.slot, Table.ownerSlot, to)
    this.people.tell(to, from, ['TABLE-TRANSFER', formatTable(found.slot, found.generation), formatPid(from) satisfies Pid, data])
  }

  private ownTable(from: ProcessId, table: string): Found {
    const found = this.tables.find(table)
    if (found === undefined || !this.tables.isThere(found)) throw noTable(table)
    if (!this.tables.isOwner(found, from)) throw new UsageError('ERR_TABLE_ACCESS', `expected the owner of ${table}, ${formatPid(this.tables.owner(found.slot))}, got ${formatPid(from)}; write this in the process that owns the table`)
    return found
  }

  // The generation of a process is never zero: zeros mean nobody.
  private setProcess(slot: number, field: number, process: ProcessId): void {
    const { words } = this.tables.arena
    const at = tableAt(slot) + field
    Atomics.store(words, at + 1, -1)
    Atomics.store(words, at, slotOf(process))
    Atomics.store(words, at + 1, generationOf(process))
  }

  private setName(at: number, name: string): void {
    const { words } = this.tables.arena
    words[at + Table.nameLength] = name.length
    for (let i = 0; i < LONGEST_TABLE_NAME + 1; i += 2) words[at + Table.name + (i >> 1)] = (name.charCodeAt(i) || 0) | ((name.charCodeAt(i + 1) || 0) << 16)
  }
}

const tooMany = (): StarfishError =>
  new StarfishError('ERR_TABLE_FULL', `expected room for another table, got ${TABLES} of them, which is as many as a program can have; write Table.deleteTable for those that are done with, or keep the rows of several in one, with keys such as ['room 7', key]`)

export const noTable = (table: string): StarfishError =>
  new StarfishError('ERR_NO_TABLE', `expected a table that exists, got ${table}; write Table.new before, and let it belong to a process that lives as long as the table is needed`)
