// What has happened so far: which worker does what, who was hit and how long each took to come back. The parts of the
// program write it, the views and the report read it. Knows the time only from the function it is given.

import type { Pid } from 'starfish'
import { errorCodeOf } from './failure.js'
import type { Blow } from './hasher.js'
import { Ledger } from './ledger.js'
import type { File, Skip } from './walk.js'

export interface WorkerState {
  readonly name: string
  /** Undefined while it is down. */
  pid: Pid | undefined
  /** How often its supervisor has started it again. */
  restarts: number
  done: number
  /** What it works on. */
  file: File | undefined
  /** When it took up the file, or went down. */
  since: number
  /** The hit it has not come back from. */
  blow: Hit | undefined
}

export interface Hit {
  readonly at: number
  readonly worker: string
  readonly blow: Blow
  /** Who was hit: whoever answers under another pid has come back. */
  readonly pid: Pid
  /** What the caller of the victim was told, if a call was under way. */
  reason?: string
  /** The file of that call: it was handed out again. */
  file?: string
  /** Ms from the hit to the first answer of the new worker. */
  recovery?: number
}

export type Phase = 'working' | 'verifying' | 'over'

export interface Watcher {
  readonly hit?: (hit: Hit) => void
  readonly back?: (hit: Hit) => void
}

export class Scoreboard {
  readonly ledger = new Ledger()
  readonly workers: readonly WorkerState[]
  readonly hits: Hit[] = []
  readonly skipped = { symlinks: 0, special: 0 }
  /** What could not be read, each with the code of the error. */
  readonly unreadable: string[] = []
  /** Workers that kept silent for too long without having been hit. */
  slow = 0
  phase: Phase = 'working'
  /** The walk has found everything there is. */
  walked = false
  /** Files checked by the second pass. */
  checked = 0
  readonly began: number
  private workEnded: number | undefined

  constructor(names: readonly string[], private readonly now: () => number, private readonly watcher: Watcher = {}) {
    this.began = now()
    this.workers = names.map((name) => ({ name, pid: undefined, restarts: -1, done: 0, file: undefined, since: this.began, blow: undefined }))
  }

  /** Ms since the beginning. */
  get elapsed(): number {
    return this.now() - this.began
  }

  /** Ms that the work has taken, the second pass not counted. */
  get worked(): number {
    return (this.workEnded ?? this.now()) - this.began
  }

  get restarts(): number {
    return this.workers.reduce((sum, { restarts }) => sum + Math.max(0, restarts), 0)
  }

  /** Everything has been found, and nothing of it waits or is in hand. */
  get isAllDone(): boolean {
    return this.walked && this.ledger.waits + this.ledger.working === 0
  }

  worker(name: string): WorkerState | undefined {
    return this.workers.find((one) => one.name === name)
  }

  // ---- what the walk meets

  skip(path: string, why: Skip): void {
    if (why === 'symlink') this.skipped.symlinks++
    else if (why === 'special') this.skipped.special++
    else this.unreadable.push(`${path} (${why})`)
  }

  // ---- what the supervisor says

  up(worker: WorkerState, pid: Pid | undefined): void {
    worker.pid = pid
    worker.restarts++
    worker.since = this.elapsed
  }

  down(worker: WorkerState): void {
    worker.pid = undefined
    worker.since = this.elapsed
  }

  // ---- what the monkey does

  hit(worker: WorkerState, blow: Blow, pid: Pid): void {
    const hit: Hit = { at: this.elapsed, worker: worker.name, blow, pid }
    worker.blow = hit
    this.hits.push(hit)
    this.watcher.hit?.(hit)
  }

  // ---- what the dispatcher hears

  took(worker: WorkerState, file: File): void {
    worker.file = file
    worker.since = this.elapsed
  }

  /** A worker has answered under this pid. */
  answered(worker: WorkerState, by: Pid): void {
    if (worker.file) worker.done++
    worker.file = undefined
    const hit = worker.blow
    if (hit === undefined || hit.pid === by) return
    worker.blow = undefined
    hit.recovery = this.elapsed - hit.at
    this.watcher.back?.(hit)
  }

  /** A call has failed. */
  failed(worker: WorkerState, file: File | undefined, error: unknown): void {
    worker.file = undefined
    const hit = worker.blow
    if (hit === undefined) return
    hit.reason ??= errorCodeOf(error)
    if (file) hit.file ??= file.path
  }

  // ---- the end

  workIsOver(phase: Phase): void {
    this.workEnded ??= this.now()
    this.phase = phase
  }
}
