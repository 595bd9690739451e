// This thread: the processes it hosts, its channels to other threads, its pending calls. One per thread, however many
// copies of the library a program loads: a second copy of the same version joins the first.

import { AsyncLocalStorage } from 'node:async_hooks'
import { type Channel } from '../wire/channel.js'
import { StarfishError, UsageError } from '../term/errors.js'
import { makeRef, type Ref } from '../term/ref.js'
import { LastMap } from './last-map.js'
import type { LocalProcess } from './local-process.js'
import { NameDirectory } from './names.js'
import { Tables } from '../table/tables.js'
import { PendingCalls } from './calls.js'
import { ProcessTable } from './table.js'
import type { HostRole } from './role.js'
import type { Timer } from './timers.js'
import { Turn } from './turn.js'
import type { Directory, Vias } from './via.js'

export const VERSION = '0.1.0'
export const MAIN_THREAD = 0

export class Here {
  readonly version = VERSION
  /** Our own number for this thread; 0 is the main thread. */
  thread = MAIN_THREAD
  table = undefined as unknown as ProcessTable
  names = undefined as unknown as NameDirectory
  /** The memory of the tables that users make; undefined where none is shared. */
  tableMemory = undefined as SharedArrayBuffer | undefined
  private tables: Tables | undefined
  /** What this thread can do about life and death: on the main thread decide, elsewhere ask. */
  role = undefined as unknown as HostRole
  /** On the main thread: who keeps names of other kinds, as `registry Rooms`. */
  readonly directories = new Map<string, Directory>()
  /** On the main thread: the names that those have given. */
  vias = undefined as unknown as Vias
  readonly processes = new LastMap<LocalProcess>()
  /** The channel on which each other thread is spoken to. */
  readonly channels = new LastMap<Channel>()
  /** Second lines, on which we are only spoken to: two threads that call each other at once open two. */
  readonly extraChannels = new Set<Channel>()
  /** Functions that a server of this thread is being asked to run, by ref. */
  readonly closures = new Map<Ref, (...args: any[]) => unknown>()
  /** The timers that are set in this thread. */
  readonly timers = new Map<Ref, Timer>()
  readonly calls = new PendingCalls((target) => this.drain(this.table.thread(target)))
  turn = new Turn()
  /** A post is being taken in. */
  isTaking = false
  /** The processes it has brought letters for, which run when all of it is in. */
  woken: LocalProcess[] = []
  /** The process whose code is running, as far as a synchronous look can tell. */
  current: LocalProcess | undefined
  /** The process that code outside of any handler belongs to. */
  root = undefined as unknown as LocalProcess
  /** The file of the whole library, which every program that uses it loads. */
  library: string | undefined
  /** The file whose top level this thread is running at the moment, while it boots. */
  loading: string | undefined
  /** A thread of a pool: it runs functions, and no process. */
  inPool = false
  /** What that file was refused: it fails to load, also when nobody awaited the start that was refused. */
  refusal: Error | undefined

  // Made when first needed: on Node 20 it makes every promise of the thread dearer.
  private storage: AsyncLocalStorage<LocalProcess> | undefined

  get self(): LocalProcess {
    return this.current ?? this.storage?.getStore() ?? this.root
  }

  /** Runs `code` as `process`, across its awaits too: for users' code on the main thread, which hosts many processes. */
  runThroughout<T>(process: LocalProcess, code: () => T): T {
    this.storage ??= new AsyncLocalStorage()
    return this.storage.run(process, code)
  }

  /** The tables that users make, as this thread sees them. */
  openTables(): Tables {
    if (this.tableMemory === undefined) throw new UsageError('ERR_ISOLATED', "expected a process that shares memory with the others, to use a table, got one with isolation: 'process'; write isolation: 'thread', or ask a process that has it; to persist a state, store: Durable, of @starfish/store")
    return (this.tables ??= new Tables(this.tableMemory, this.thread))
  }

  /** Takes in all that a thread has posted so far, at a timeout. */
  drain(thread: number): void {
    if (thread === this.thread) this.turn.release()
    this.channels.get(thread)?.drain()
    for (const channel of this.extraChannels) if (channel.peer === thread) channel.drain()
  }

  drainAll(): void {
    for (const channel of this.channels.values()) channel.drain()
    for (const channel of this.extraChannels) channel.drain()
  }

  /** Takes in the last words of a thread that is no more. */
  closeChannels(thread: number): void {
    this.channels.get(thread)?.close()
    this.channels.delete(thread)
    for (const channel of this.extraChannels) {
      if (channel.peer !== thread) continue
      channel.close()
      this.extraChannels.delete(channel)
    }
  }

  makeRef(): Ref {
    return makeRef(this.thread)
  }
}

const KEY = Symbol.for('starfish.here')
const holder = globalThis as { [KEY]?: Here }

if (holder[KEY] !== undefined && holder[KEY].version !== VERSION) {
  throw new StarfishError(
    'ERR_TWO_RUNTIMES',
    `starfish ${VERSION} was loaded beside starfish ${holder[KEY].version}; one program has one runtime: deduplicate with "npm ls starfish" and "npm dedupe"`,
  )
}

// Sealed: a test runner that replaces what it finds on globals (jest, at the end of a file) would break what still runs.
export const here: Here = (holder[KEY] ??= Object.seal(new Here()))
