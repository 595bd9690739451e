// The process table of a process that shares no memory with the others: a copy that the main thread keeps in step by its
// news. What the process writes there of itself, and of letters on their way, it tells the main thread in notes.

import type { ProcessId } from '../term/pid.js'
import { gather, type Gathering } from '../wire/channel.js'
import { MAIN_THREAD } from './here.js'
import type { Note } from './note.js'
import { Flag, type ProcessRecord, ProcessTable, State } from './table.js'

/** How exactly the main thread knows since when a watched process is busy, in ms. */
const PRECISION = 10

export class TableCopy extends ProcessTable implements Gathering {
  private busyLabel: Uint8Array | undefined
  private handledSince = 0
  private readonly letters = new Map<ProcessId, number>()
  private isDirty = false
  private inTurn = false
  /** The process it is the table of. */
  private own: ProcessId | undefined
  /** The main thread looks for how long it is busy. */
  private isWatched = false
  /** Since when it is busy, as the main thread knows it. */
  private toldBusySince = 0

  /** `tell` sends a note; at once, since the process may be about to spin. */
  constructor(private readonly tell: (own: ProcessId, note: Note) => void) {
    super()
  }

  /** Its process is `id`: that one knows best about itself. `isWatched`: if it spins, the main thread has to know since when. */
  belongTo(id: ProcessId, isWatched: boolean): void {
    this.own = id
    this.isWatched = isWatched
  }

  override takeOver(record: ProcessRecord): void {
    if (record[0] !== this.own) super.takeOver(record)
  }

  // How many messages wait elsewhere is not known here: what goes to a mailbox with a limit goes to the main thread, which judges.
  override thread(id: ProcessId): number {
    return this.isJudged(id) ? MAIN_THREAD : super.thread(id)
  }

  private isJudged(id: ProcessId): boolean {
    return id !== this.own && this.marks(id) !== undefined
  }

  override setState(id: ProcessId, state: State): void {
    super.setState(id, state)
    if (state === State.exiting) this.touch(id)
  }

  override setEnding(id: ProcessId, ending: number, exitCode: number): void {
    super.setEnding(id, ending, exitCode)
    this.touch(id)
    this.flush()
  }

  override setFlag(id: ProcessId, flag: number, on: boolean): void {
    super.setFlag(id, flag, on)
    if (flag === Flag.trapExit) this.touch(id)
  }

  override setBusySince(id: ProcessId, wallMs: number): void {
    super.setBusySince(id, wallMs)
    this.touch(id)
    if (this.isWatched && wallMs - this.toldBusySince > PRECISION) this.flush()
  }

  override setBusyWith(id: ProcessId, label: Uint8Array): void {
    super.setBusyWith(id, label)
    this.busyLabel = label
    this.touch(id)
    if (this.isWatched) this.flush()
  }

  override setMemoryUsed(id: ProcessId, bytes: number): void {
    super.setMemoryUsed(id, bytes)
    this.touch(id)
  }

  override countHandled(id: ProcessId, count: number): void {
    super.countHandled(id, count)
    this.handledSince += count
    this.touch(id)
  }

  override addToMailbox(id: ProcessId, count: number): void {
    if (this.isJudged(id)) return // counted there: a note of it might be lost with us
    this.letters.set(id, (this.letters.get(id) ?? 0) + count)
    this.touch(this.own)
  }

  flush(): void {
    const { own } = this
    if (!this.isDirty || own === undefined) return
    const note: Note = {
      isExiting: this.state(own) === State.exiting, trapsExits: this.hasFlag(own, Flag.trapExit), busySince: this.busySince(own),
      busyWith: this.busyLabel, memory: this.memoryUsed(own), handled: this.handledSince, letters: [...this.letters],
    }
    this.isDirty = false
    this.toldBusySince = note.busySince
    this.busyLabel = undefined
    this.handledSince = 0
    this.letters.clear()
    this.tell(own, note)
  }

  endTurn(): void {
    this.inTurn = false
    this.flush()
  }

  private touch(id: ProcessId | undefined): void {
    if (id !== this.own) return
    this.isDirty = true
    if (this.inTurn) return
    this.inTurn = true
    gather(this)
  }
}
