// All tables, as one thread sees them: finds a table by name or handle, and does to its rows what is asked, safe from
// the memory of what others take out meanwhile. One per thread, made when first used.

import { misuse } from '../term/errors.js'
import type { ProcessId } from '../term/pid.js'
import { processId } from '../term/pid.js'
import { Arena } from './arena.js'
import { Buckets } from './buckets.js'
import { Cells } from './cells.js'
import { Bags } from './bags.js'
import { Counters } from './counters.js'
import { Epochs } from './epochs.js'
import { HashList } from './hash-list.js'
import { Table, tableAt, TABLES_USED, TABLES_VERSION, UPHEAVALS } from './layout.js'
import { OrderedList } from './ordered-list.js'
import { contentsOf, Reach } from './reach.js'
import { outOfMemory, Rows } from './rows.js'
import { Search } from './search.js'
import { Singles } from './singles.js'
import { SkipList } from './skip-list.js'
import { Values } from './value.js'
import { Walk } from './walk.js'

export const Access = { public: 0, protected: 1, private: 2 } as const
export const ACCESS_NAMES = ['public', 'protected', 'private'] as const
export const TYPE_NAMES = ['set', 'ordered_set', 'bag'] as const

/** A table: a descriptor, and which of those that had it one after another. */
export interface Found {
  readonly slot: number
  readonly generation: number
  /** For one found by name: until tables come or go. */
  readonly version: number | undefined
}

const HANDLE = /^#Table<(\d{1,4})\.(\d{1,10})>$/

export const formatTable = (slot: number, generation: number): string => `#Table<${slot}.${generation}>`

export class Tables {
  readonly arena: Arena
  readonly epochs: Epochs
  readonly cells: Cells
  readonly reach: Reach
  readonly buckets: Buckets
  readonly rows: Rows
  readonly singles: Singles
  readonly bags: Bags
  readonly walk: Walk
  private readonly found = new Map<string, Found>()

  constructor(memory: SharedArrayBuffer, thread: number) {
    this.arena = new Arena(memory)
    this.epochs = new Epochs(this.arena, thread)
    const retire = (row: number): void => this.cells.retire(row)
    // Two searches: one row's garbage is looked for while the place of another is kept.
    this.reach = new Reach(this.arena, new Search(this.arena, retire), new SkipList(this.arena))
    this.cells = new Cells(this.arena, this.epochs, (cell) => this.reach.isReachable(cell))
    const { record } = this.epochs
    const search = new Search(this.arena, retire)
    const counters = new Counters(this.arena, record)
    this.buckets = new Buckets(this.arena, this.cells, search)
    const hashed = new HashList(this.arena, search, this.buckets, counters)
    const ordered = new OrderedList(this.arena, this.cells, new SkipList(this.arena), record)
    this.rows = new Rows(this.arena, this.epochs, this.cells, new Values(this.arena), counters, this.buckets, hashed, ordered)
    this.singles = new Singles(this.rows)
    this.bags = new Bags(this.rows)
    this.walk = new Walk(this.rows, this.bags)
  }

  /** Whom a handle or a name means; undefined when there is no such table. */
  find(table: string): Found | undefined {
    const known = this.found.get(table)
    if (known !== undefined && (known.version === undefined || known.version === Atomics.load(this.arena.words, TABLES_VERSION))) return known
    if (typeof table !== 'string') misuse('ERR_BAD_ARGUMENT', 'a table', table, 'its name, or what Table.new gave')
    const parts = HANDLE.exec(table)
    const found = parts ? { slot: Number(parts[1]) & 4095, generation: Number(parts[2]), version: undefined } : this.findName(table)
    if (found !== undefined) {
      if (this.found.size >= 10_000) this.found.clear()
      this.found.set(table, found)
    }
    return found
  }

  /** Runs `use` with the root of the table. Nothing it can reach is used anew meanwhile. Undefined root: no such table. */
  reading<T>(found: Found, use: (root: number | undefined) => T): T {
    this.epochs.pin()
    try {
      return use(this.root(found))
    } finally {
      this.epochs.unpin()
    }
  }

  /** Before rows are changed, and after it. */
  begin(): void {
    this.epochs.pin()
    this.cells.upheavals = Atomics.load(this.arena.words, UPHEAVALS)
  }

  end(): void {
    this.cells.leave()
    this.epochs.unpin()
  }

  /** Empties a table at once. */
  clear({ slot }: Found, root: number): void {
    const { words } = this.arena
    const at = tableAt(slot)
    const empty = this.buckets.makeRoot(contentsOf(slot, Atomics.add(words, at + Table.contents, 1) + 1), this.rows.typeOf(root), true)
    if (empty === undefined) throw outOfMemory()
    // Who was faster has emptied it for us as well. What either leaves behind is found as garbage.
    Atomics.compareExchange(words, at + Table.root, root, empty)
    Atomics.add(words, UPHEAVALS, 1)
  }

  isOwner({ slot }: Found, process: ProcessId): boolean {
    return this.owner(slot) === process
  }

  word({ slot }: Found, field: number): number {
    return Atomics.load(this.arena.words, tableAt(slot) + field)
  }

  owner(slot: number): ProcessId {
    return this.process(slot, Table.ownerSlot)
  }

  heir(slot: number): ProcessId {
    return this.process(slot, Table.heirSlot)
  }

  name(slot: number): string {
    const { words } = this.arena
    const at = tableAt(slot)
    let name = ''
    for (let i = 0; i < words[at + Table.nameLength]!; i++) name += String.fromCharCode((words[at + Table.name + (i >> 1)]! >>> (16 * (i & 1))) & 0xffff)
    return name
  }

  /** The tables there are. */
  all(): Found[] {
    const found: Found[] = []
    for (let slot = 0; slot < Atomics.load(this.arena.words, TABLES_USED); slot++) {
      const generation = Atomics.load(this.arena.words, tableAt(slot) + Table.generation)
      if ((generation & 1) === 1) found.push({ slot, generation, version: undefined })
    }
    return found
  }

  isThere({ slot, generation }: Found): boolean {
    return Atomics.load(this.arena.words, tableAt(slot) + Table.generation) === generation
  }

  /** Its rows, undefined when it is no more. In this order: a table gets its rows before it is there, and is gone before it loses them. */
  root({ slot, generation }: Found): number | undefined {
    const { words } = this.arena
    const at = tableAt(slot)
    const root = Atomics.load(words, at + Table.root)
    return Atomics.load(words, at + Table.generation) === generation && root !== 0 ? root : undefined
  }

  private process(slot: number, field: number): ProcessId {
    const { words } = this.arena
    const at = tableAt(slot) + field
    for (;;) {
      const generation = Atomics.load(words, at + 1)
      const its = Atomics.load(words, at)
      if (generation >= 0 && Atomics.load(words, at + 1) === generation) return processId(its, generation)
    }
  }

  private findName(name: string): Found | undefined {
    const version = Atomics.load(this.arena.words, TABLES_VERSION)
    for (const { slot, generation } of this.all()) {
      if (this.word({ slot, generation, version }, Table.nameLength) !== name.length || this.name(slot) !== name) continue
      if (this.isThere({ slot, generation, version })) return { slot, generation, version }
    }
    return undefined
  }
}

