// The chaos monkey: picks who is hit next and how, and hits. The same seed draws the same blows and victims.

import { GenServer, Process } from 'starfish'
import type { Blow } from './hasher.js'
import type { Isolation } from './options.js'
import type { Scoreboard, WorkerState } from './scoreboard.js'

const OF_THREADS: readonly Blow[] = ['throw', 'exit', 'kill', 'hang', 'memory']

/** What is dealt out in turn: all that the workers survive one by one. */
export const BLOWS: Record<Isolation, readonly Blow[]> = { thread: OF_THREADS, process: [...OF_THREADS, 'segfault', 'abort', 'array'] }

/** Numbers from 0 to 1 that depend on the seed alone (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Draws one blow after the other: the kinds in turn, the victims by chance. */
export class Plan {
  private turn = 0
  private readonly draw: () => number

  constructor(seed: number, private readonly blows: readonly Blow[]) {
    this.draw = random(seed)
  }

  /** The victim drawn, or the next one after it that is `standing`; undefined when none is, and the blow waits. */
  next<W>(workers: readonly W[], standing: (worker: W) => boolean): { readonly victim: W; readonly blow: Blow } | undefined {
    if (!workers.some(standing)) return undefined
    const drawn = Math.floor(this.draw() * workers.length)
    const victim = [...workers.slice(drawn), ...workers.slice(0, drawn)].find(standing)
    return victim === undefined ? undefined : { victim, blow: this.blows[this.turn++ % this.blows.length]! }
  }
}

/** Hits a worker every `every` ms until it is stopped. Nobody is hit again before having come back. */
export function startChaos(board: Scoreboard, { every, seed, isolation }: { readonly every: number; readonly seed: number; readonly isolation: Isolation }): () => void {
  const plan = new Plan(seed, BLOWS[isolation])
  const timer = setInterval(() => {
    if (board.isAllDone) return // whoever is hit now would not be asked again
    const hit = plan.next(board.workers, isStanding)
    if (hit) strike(board, hit.victim, hit.blow)
  }, every)
  return () => clearInterval(timer)
}

/** Hits a worker that is up. A kill ends it at once; the other deaths are its own, after the file in hand. */
export function strike(board: Scoreboard, worker: WorkerState, blow: Blow): void {
  const pid = worker.pid!
  board.hit(worker, blow, pid)
  if (blow === 'kill') Process.exit(pid, 'kill')
  else GenServer.cast(pid, ['die', blow])
}

const isStanding = ({ pid, blow }: WorkerState): boolean => blow === undefined && pid !== undefined && Process.isAlive(pid)
