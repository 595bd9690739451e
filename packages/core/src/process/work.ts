// What a process may be busy with, a handler of one kind of message above all: what it is called, and how long it takes.

import { busyLabel } from './table.js'

/** The longest a quick handler takes, in ms. */
export const QUICK_MS = 0.05

/** How long a handler has been known to take: decides whether replies may wait until it is done. */
export class Pace {
  private slow = 1

  get isQuick(): boolean {
    return this.slow === 0
  }

  observe(ms: number): void {
    if (ms > QUICK_MS) this.slow = 64
    else if (this.slow > 0) this.slow--
  }

  doubt(): void {
    if (this.slow === 0) this.slow = 1
  }
}

export class Work {
  readonly pace = new Pace()
  /** As the process table shows it. */
  readonly label: Uint8Array

  constructor(what: string) {
    this.label = busyLabel(what)
  }
}
