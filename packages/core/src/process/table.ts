// The process table: one fixed-size record per process in shared memory. The main thread writes identities and
// states, each owner its own counters; anybody reads, from any thread, without a message and without a lock.

import type { Marks } from '../rule/marks.js'
import { generationOf, processId, SLOTS, slotOf, type ProcessId } from '../term/pid.js'

export const State = { free: 0, starting: 1, running: 2, exiting: 3 } as const
export type State = (typeof State)[keyof typeof State]

export const STATE_NAMES = ['dead', 'starting', 'running', 'exiting'] as const

export const Flag = { trapExit: 1, supervisor: 2, /** Refuses messages until its mailbox has sunk below the low mark. */ full: 4 } as const

/** How far a process came, as far as it could still tell itself: nobody has heard of it, it has taken up its order, or it has called `process.exit`. */
export const Ending = { unbegun: 0, unknown: 1, processExit: 2 } as const

// A record is four cache lines of 64 bytes, one per kind of writer, so that nobody's reading waits for another's
// writing: what changes with life and death, what senders count, what the owner counts, what it is busy with.
const WORDS = 64
/** The size of a record. */
export const RECORD_BYTES = WORDS * 4
const GENERATION = 0
const STATE = 1
const FLAGS = 2
const THREAD = 3
const ENDING = 4
const EXIT_CODE = 5
const PARENT = 6 // a double: words 6 and 7
const HIGH_MARK = 8 // 0: no limit
const LOW_MARK = 9
/** Of the main program alone: where threads that linger wait. */
const LINGERING = 10
const MAILBOX = 16
const REFUSED = 17
const HANDLED = 32
const BUSY_SINCE = 34 // a double: words 34 and 35
const MEMORY = 36 // a double: words 36 and 37
const BUSY_WITH = 48 // to the end: text in UTF-8, filled up with zeros

const encoder = new TextEncoder()

/** What the main thread has written of a process: as it is told to those who share no memory. */
export type ProcessRecord = readonly [id: ProcessId, state: State, flags: number, thread: number, parent: ProcessId, high: number, low: number]

/** A text as a record holds it, cut to its place there. */
export function busyLabel(text: string): Uint8Array {
  const label = new Uint8Array((WORDS - BUSY_WITH) * 4)
  encoder.encodeInto(text, label)
  return label
}

export class ProcessTable {
  private readonly words: Int32Array
  private readonly doubles: Float64Array
  private readonly bytes: Uint8Array
  /** Told of each process whose record is begun, or changed in what others must know, in this thread. */
  changed: ((id: ProcessId) => void) | undefined

  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(SLOTS * WORDS * 4)) {
    this.words = new Int32Array(memory)
    this.doubles = new Float64Array(memory)
    this.bytes = new Uint8Array(memory)
  }

  /** The state of a process; `free` also for one whose slot has gone to another. */
  state(id: ProcessId): State {
    const slot = slotOf(id)
    const state = Atomics.load(this.words, slot * WORDS + STATE) as State
    // To divide takes longer than all the rest.
    return processId(slot, this.words[slot * WORDS + GENERATION]!) === id ? state : State.free
  }

  /**
   * Whether a process is there to be sent something. Without a barrier: what is on its way to one that has just gone is
   * lost, here or there.
   */
  has(id: ProcessId): boolean {
    const slot = slotOf(id)
    return this.words[slot * WORDS + STATE] !== State.free && processId(slot, this.words[slot * WORDS + GENERATION]!) === id
  }

  /** True until the process has begun to exit (Erlang's is_process_alive). */
  isAlive(id: ProcessId): boolean {
    const state = this.state(id)
    return state === State.running || state === State.starting
  }

  // Thread and marks stand there before the state says that the process does: who has looked at that needs no barrier.
  thread(id: ProcessId): number {
    return this.words[slotOf(id) * WORDS + THREAD]!
  }

  hasFlag(id: ProcessId, flag: number): boolean {
    return (Atomics.load(this.words, slotOf(id) * WORDS + FLAGS) & flag) !== 0
  }

  setFlag(id: ProcessId, flag: number, on: boolean): void {
    if (on) Atomics.or(this.words, slotOf(id) * WORDS + FLAGS, flag)
    else Atomics.and(this.words, slotOf(id) * WORDS + FLAGS, ~flag)
    if (flag === Flag.trapExit) this.changed?.(id)
  }

  setState(id: ProcessId, state: State): void {
    Atomics.store(this.words, slotOf(id) * WORDS + STATE, state)
    this.changed?.(id)
  }

  parent(id: ProcessId): ProcessId {
    return this.doubles[(slotOf(id) * WORDS + PARENT) / 2]!
  }

  /** Messages sent to the process and not yet taken up by it. */
  mailboxLength(id: ProcessId): number {
    return Math.max(0, Atomics.load(this.words, slotOf(id) * WORDS + MAILBOX))
  }

  addToMailbox(id: ProcessId, count: number): void {
    Atomics.add(this.words, slotOf(id) * WORDS + MAILBOX, count)
  }

  /** How many messages it lets wait, if there is a limit. */
  marks(id: ProcessId): Marks | undefined {
    const at = slotOf(id) * WORDS
    const high = this.words[at + HIGH_MARK]!
    return high === 0 ? undefined : { high, low: this.words[at + LOW_MARK]! }
  }

  /** Main thread only. */
  limitMailbox(id: ProcessId, { high, low }: Marks): void {
    const at = slotOf(id) * WORDS
    Atomics.store(this.words, at + LOW_MARK, low)
    Atomics.store(this.words, at + HIGH_MARK, high)
  }

  /** Messages that found its mailbox full. Wraps around at 2^31. */
  refused(id: ProcessId): number {
    return Atomics.load(this.words, slotOf(id) * WORDS + REFUSED)
  }

  countRefused(id: ProcessId): void {
    Atomics.add(this.words, slotOf(id) * WORDS + REFUSED, 1)
  }

  /** Messages handled since the start. Wraps around at 2^31. */
  handled(id: ProcessId): number {
    return this.words[slotOf(id) * WORDS + HANDLED]!
  }

  /** Since when the process has been in one handler, in ms since the epoch; 0 when it is idle. */
  busySince(id: ProcessId): number {
    return this.doubles[(slotOf(id) * WORDS + BUSY_SINCE) / 2]!
  }

  setBusySince(id: ProcessId, wallMs: number): void {
    this.doubles[(slotOf(id) * WORDS + BUSY_SINCE) / 2] = wallMs
  }

  /** What its thread noted last of the memory it uses, in bytes; 0 when it notes nothing. */
  memoryUsed(id: ProcessId): number {
    return this.doubles[(slotOf(id) * WORDS + MEMORY) / 2]!
  }

  setMemoryUsed(id: ProcessId, bytes: number): void {
    this.doubles[(slotOf(id) * WORDS + MEMORY) / 2] = bytes
  }

  /** What the process took up last: `'call bump'`; the empty text when it has taken up nothing yet. */
  busyWith(id: ProcessId): string {
    const at = (slotOf(id) * WORDS + BUSY_WITH) * 4
    const label = this.bytes.slice(at, at + (WORDS - BUSY_WITH) * 4) // a copy: what is decoded must not be shared
    const end = label.indexOf(0)
    return new TextDecoder().decode(end < 0 ? label : label.subarray(0, end))
  }

  setBusyWith(id: ProcessId, label: Uint8Array): void {
    this.bytes.set(label, (slotOf(id) * WORDS + BUSY_WITH) * 4)
  }

  countHandled(id: ProcessId, count: number): void {
    this.words[slotOf(id) * WORDS + HANDLED]! += count
  }

  /** Written by a thread in its first and last moments, so that `process.exit(1)`, `terminate()` and a spare that was dead can be told apart. */
  setEnding(id: ProcessId, ending: number, exitCode: number): void {
    this.words[slotOf(id) * WORDS + EXIT_CODE] = exitCode
    Atomics.store(this.words, slotOf(id) * WORDS + ENDING, ending)
  }

  ending(id: ProcessId): { readonly ending: number; readonly exitCode: number } {
    const at = slotOf(id) * WORDS
    return { ending: Atomics.load(this.words, at + ENDING), exitCode: this.words[at + EXIT_CODE]! }
  }

  /** Keeps this thread from doing anything until `moveOn`, for `ms` at the longest. */
  standStill(ms: number): void {
    Atomics.wait(this.words, LINGERING, 0, ms)
  }

  /** Lets threads go on that stand still, `most` of them; gives how many. */
  moveOn(most: number): number {
    return Atomics.notify(this.words, LINGERING, most)
  }

  /** Makes a free slot the home of its next generation. Main thread only. */
  occupy(slot: number, thread: number, parent: ProcessId): ProcessId {
    const at = slot * WORDS
    const generation = this.words[at + GENERATION]! + 1
    this.words.fill(0, at + FLAGS, at + WORDS)
    Atomics.store(this.words, at + THREAD, thread)
    this.doubles[(at + PARENT) / 2] = parent
    Atomics.store(this.words, at + GENERATION, generation)
    Atomics.store(this.words, at + STATE, State.starting)
    const id = processId(slot, generation)
    this.changed?.(id)
    return id
  }

  recordOf(id: ProcessId): ProcessRecord {
    const at = slotOf(id) * WORDS
    return [id, this.state(id), this.words[at + FLAGS]!, this.thread(id), this.parent(id), this.words[at + HIGH_MARK]!, this.words[at + LOW_MARK]!]
  }

  /** Writes a record as another table has it. */
  takeOver([id, state, flags, thread, parent, high, low]: ProcessRecord): void {
    const at = slotOf(id) * WORDS
    this.words.set([generationOf(id), state, flags, thread], at + GENERATION)
    this.doubles[(at + PARENT) / 2] = parent
    this.words.set([high, low], at + HIGH_MARK)
  }
}

/** Hands out the slots of a table, the longest unused first, so that an id is not soon met again. Main thread only. */
export class SlotPool {
  private fresh = 0
  private readonly used: number[] = []
  private head = 0

  /** A free slot, or undefined when all are taken. */
  take(): number | undefined {
    if (this.fresh < SLOTS) return this.fresh++
    if (this.head === this.used.length) return undefined
    const slot = this.used[this.head++]!
    if (this.head > 1024 && this.head * 2 > this.used.length) {
      this.used.splice(0, this.head)
      this.head = 0
    }
    return slot
  }

  giveBack(slot: number): void {
    this.used.push(slot)
  }
}
