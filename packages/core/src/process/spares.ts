// Threads that are booted ahead of need: a process that dies comes back in a few milliseconds instead of the time a
// thread takes to boot. A spare has the runtime loaded and nothing of the user's, unless a child asked for `standby`: then
// it has that child's module imported. It never keeps a program alive.

import { availableParallelism } from 'node:os'
import type { DefinitionRef } from '../term/definition.js'
import { clock, type TimerHandle } from './clock.js'
import type { Carrier, CarrierSpec } from './carrier.js'
import { pathOf } from './place.js'

/** When a spare that was taken is made up for, in ms after the start: to make one takes the main thread a while, and who was started has something to answer. */
const REFILL_AFTER = 10

/** When it is made up for though one start follows the other, in ms after the first. */
const REFILL_BY = 200

/** How long spares outlive the last process whose place they could take, in ms. */
const LINGER = 1_000

/** How many threads boot at once for starts that are certain to come: enough to keep all cores busy. */
export const AHEAD = 2 * availableParallelism()

interface Spare {
  readonly thread: Carrier
  readonly env: string
}

/** Spares that can stand in for each other. */
class Shelf {
  readonly spares: Spare[] = []
  /** How many processes they could take the place of. */
  users = 0
  refill: TimerHandle | undefined
  /** On the clock: when spares are made at the latest. */
  refillBy = 0
  lingering: TimerHandle | undefined
  /** The file that was started from last: that of the next start, as a rule. */
  file: string | undefined

  constructor(readonly spec: CarrierSpec) {}
}

export class Spares {
  private readonly shelves = new Map<string, Shelf>()
  /** How many are kept for each way a thread is made; 0 turns them off. */
  keep = 1

  constructor(private readonly make: (spec: CarrierSpec) => Carrier) {}

  get count(): number {
    return [...this.shelves.values()].reduce((sum, { spares }) => sum + spares.length, 0)
  }

  /** A spare made as `spec` says, or undefined. It is the caller's from now on. */
  take(spec: CarrierSpec): Carrier | undefined {
    const { spares } = this.shelfOf(spec)
    if (spares.length === 0 && spec.standby !== undefined) return this.take({ ...spec, standby: undefined })
    for (let spare = spares.shift(); spare !== undefined; spare = spares.shift()) {
      // A thread copies the environment when it is made: one made before a change will not do.
      if (spec.env !== undefined || spare.env === environment()) return spare.thread
      spare.thread.discard()
    }
    return undefined
  }

  /** Makes up for what was taken, when the starts in hand are done and answered: a thread that boots would compete with them. */
  refill(spec: CarrierSpec, { url }: DefinitionRef): void {
    const shelf = this.shelfOf(spec)
    shelf.file = pathOf(url)
    const now = clock.now()
    if (shelf.refill === undefined) shelf.refillBy = now + REFILL_BY
    clock.clearTimeout(shelf.refill)
    shelf.refill = clock.setTimeout(() => {
      shelf.refill = undefined
      if (shelf.users > 0) this.fill(shelf, this.least(shelf), true)
    }, Math.min(REFILL_AFTER, Math.max(0, shelf.refillBy - now)))
    shelf.refill.unref()
  }

  /** A process was born that spares of this kind could take the place of. */
  hold(spec: CarrierSpec): void {
    this.shelfOf(spec).users++
  }

  /** It has died. */
  release(spec: CarrierSpec): void {
    const shelf = this.shelfOf(spec)
    if (--shelf.users === 0) this.linger(shelf)
  }

  private linger(shelf: Shelf): void {
    clock.clearTimeout(shelf.lingering)
    shelf.lingering = clock.setTimeout(() => shelf.users === 0 && this.empty(shelf), LINGER)
    shelf.lingering.unref()
  }

  /** Boots threads for starts that come one after the other, the first few of them; those there are count. */
  bootAhead(specs: readonly CarrierSpec[]): void {
    const wanted = new Map<Shelf, number>()
    for (const spec of specs.slice(0, AHEAD)) {
      const shelf = this.shelfOf(spec)
      wanted.set(shelf, (wanted.get(shelf) ?? 0) + 1)
    }
    for (const [shelf, count] of wanted) this.fill(shelf, count, false)
  }

  /** The starts do not come after all. */
  callOff(): void {
    for (const shelf of this.shelves.values()) {
      for (const { thread } of shelf.spares.splice(this.least(shelf))) thread.discard()
      if (shelf.users === 0) this.linger(shelf) // nobody else ends a spare whose process was never born
    }
  }

  /** Ends all spares. */
  clear(): void {
    for (const shelf of this.shelves.values()) this.empty(shelf)
  }

  /** How many there are when nothing is going on. A child process costs several times as much as a thread. */
  private least({ spec }: Shelf): number {
    if (spec.standby !== undefined) return 1
    return spec.isolation === 'process' ? 0 : this.keep
  }

  private empty(shelf: Shelf): void {
    clock.clearTimeout(shelf.refill)
    clock.clearTimeout(shelf.lingering)
    shelf.refill = undefined
    for (const { thread } of shelf.spares.splice(0)) thread.discard()
    if (shelf.users === 0) this.shelves.delete(keyOf(shelf.spec)) // there may be a way to be made for each process
  }

  private shelfOf(spec: CarrierSpec): Shelf {
    const key = keyOf(spec)
    const shelf = this.shelves.get(key) ?? new Shelf(spec)
    this.shelves.set(key, shelf)
    return shelf
  }

  // The system has no threads or files left. That is no failure of anybody who needs none now: who does is told by its own start.
  private tryToMake(spec: CarrierSpec): Carrier | undefined {
    try {
      return this.make(spec)
    } catch {
      return undefined
    }
  }

  // `rehearse`: they are not needed yet.
  private fill({ spec, spares, file }: Shelf, count: number, rehearse: boolean): void {
    while (spares.length < count) {
      const thread = this.tryToMake(spec)
      if (thread === undefined) return
      if (rehearse || spec.standby !== undefined) thread.prepare(spec.standby, rehearse, file)
      const spare = { thread, env: environment() }
      spares.push(spare)
      thread.onLost(() => {
        const at = spares.indexOf(spare)
        if (at >= 0) spares.splice(at, 1)
      })
    }
  }
}

// Most are made without any option: a restart does not wait for JSON then.
function keyOf({ isolation, execArgv, env, resourceLimits, stdout, stderr, standby }: CarrierSpec): string {
  const options = execArgv ?? env ?? resourceLimits
  return `${isolation} ${stdout} ${stderr} ${standby?.url ?? ''} ${options && JSON.stringify([execArgv, env, resourceLimits])}`
}

const environment = (): string => JSON.stringify(process.env)
