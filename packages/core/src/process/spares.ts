// Threads that are booted ahead of need: a process that dies comes back in a few milliseconds instead of the time a
// thread takes to boot. A spare has the runtime loaded and nothing of the user's. It never keeps a program alive.

import { clock, type TimerHandle } from './clock.js'
import type { Thread, ThreadSpec } from './thread.js'

/** When a spare that was taken is made up for, in ms after the start: to make one takes the main thread a while, and who was started has something to answer. */
const REFILL_AFTER = 10

/** How long spares outlive the last process, in ms. */
const LINGER = 1_000

interface Spare {
  readonly thread: Thread
  readonly env: string
}

/** Spares that can stand in for each other. */
class Shelf {
  readonly spares: Spare[] = []
  refill: TimerHandle | undefined

  constructor(readonly spec: ThreadSpec) {}
}

export class Spares {
  private readonly shelves = new Map<string, Shelf>()
  /** How many are kept for each way a thread is made; 0 turns them off. */
  keep = 1
  private lingering: TimerHandle | undefined

  /** `needed` tells whether there are processes, for which spares are kept. */
  constructor(private readonly make: (spec: ThreadSpec) => Thread, private readonly needed: () => boolean) {}

  get count(): number {
    return [...this.shelves.values()].reduce((sum, { spares }) => sum + spares.length, 0)
  }

  /** A spare made as `spec` says, or undefined. It is the caller's from now on. */
  take(spec: ThreadSpec): Thread | undefined {
    const { spares } = this.shelfOf(spec)
    for (let spare = spares.shift(); spare !== undefined; spare = spares.shift()) {
      // A thread copies the environment when it is made: one made before a change will not do.
      if (spec.env !== undefined || spare.env === environment()) return spare.thread
      spare.thread.discard()
    }
    return undefined
  }

  /** Makes up for what was taken, when the start in hand is done and answered. */
  refill(spec: ThreadSpec): void {
    const shelf = this.shelfOf(spec)
    if (shelf.refill !== undefined) return
    shelf.refill = clock.setTimeout(() => {
      shelf.refill = undefined
      if (this.needed()) this.fill(shelf)
    }, REFILL_AFTER)
    shelf.refill.unref()
  }

  /** There are no processes any more: a program without them needs no spares. */
  linger(): void {
    clock.clearTimeout(this.lingering)
    this.lingering = clock.setTimeout(() => !this.needed() && this.clear(), LINGER)
    this.lingering.unref()
  }

  /** Ends all spares. */
  clear(): void {
    clock.clearTimeout(this.lingering)
    for (const shelf of this.shelves.values()) {
      clock.clearTimeout(shelf.refill)
      shelf.refill = undefined
      for (const { thread } of shelf.spares.splice(0)) thread.discard()
    }
  }

  private shelfOf(spec: ThreadSpec): Shelf {
    const key = keyOf(spec)
    const shelf = this.shelves.get(key) ?? new Shelf(spec)
    this.shelves.set(key, shelf)
    return shelf
  }

  private fill({ spec, spares }: Shelf): void {
    while (spares.length < this.keep) {
      const thread = this.make(spec)
      const spare = { thread, env: environment() }
      spares.push(spare)
      thread.onLost(() => {
        const at = spares.indexOf(spare)
        if (at >= 0) spares.splice(at, 1)
      })
    }
  }
}

const keyOf = ({ execArgv, env, resourceLimits, stdout, stderr }: ThreadSpec): string => JSON.stringify([execArgv, env, resourceLimits, stdout, stderr])

const environment = (): string => JSON.stringify(process.env)
