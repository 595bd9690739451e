// One request to run something: who asked, what for, and how far it is.

import { type From, GenServer } from 'starfish'
import { encodeTerm } from 'starfish/internal'
import type { Thread } from './thread.js'
import type { Outcome, Place } from './wire.js'

export class Job {
  readonly asked = performance.now()
  started = 0
  state: 'queued' | 'running' | 'settled' = 'queued'
  thread: Thread | undefined
  timer: NodeJS.Timeout | undefined

  constructor(
    readonly from: From,
    readonly place: Place,
    readonly argument: unknown,
    /** Ms that it may run. */
    readonly timeout: number,
    readonly transfer: readonly unknown[],
    readonly id: number | undefined,
  ) {}

  /** What reports call it. */
  get label(): string {
    return this.place.task
  }

  /** Tells whoever asked what came of it. The first time counts. */
  settle(outcome: Outcome, moved?: readonly unknown[]): void {
    if (this.state === 'settled') return
    this.state = 'settled'
    clearTimeout(this.timer)
    try {
      GenServer.reply(this.from, outcome, moved ? { transfer: moved } : undefined)
    } catch (error) {
      GenServer.reply(this.from, ['error', encodeTerm(error)] satisfies Outcome) // it could be copied once, and not once more
    }
  }

  /** Nobody waits for it any more. */
  drop(): void {
    this.state = 'settled'
    clearTimeout(this.timer)
  }
}
