// Threads that are booted ahead of need: a process that dies comes back in a few milliseconds instead of the time a
// thread takes to boot. A spare has the runtime loaded and nothing of the user's. It never keeps a program alive.

import type { Thread, ThreadSpec } from './thread.js'

export class Spares {
  private readonly ready = new Map<string, { readonly thread: Thread; readonly env: string }[]>()
  /** How many are kept for each way a thread is made; 0 turns them off. */
  keep = 1

  constructor(private readonly make: (spec: ThreadSpec) => Thread) {}

  get count(): number {
    return [...this.ready.values()].reduce((sum, spares) => sum + spares.length, 0)
  }

  /** A spare made as `spec` says, or undefined. It is the caller's from now on. */
  take(spec: ThreadSpec): Thread | undefined {
    const spares = this.ready.get(keyOf(spec)) ?? []
    for (let spare = spares.shift(); spare !== undefined; spare = spares.shift()) {
      // A thread copies the environment when it is made: one made before a change will not do.
      if (spec.env !== undefined || spare.env === environment()) return spare.thread
      spare.thread.discard()
    }
    return undefined
  }

  /** Makes up for what was taken, when the start in hand is done. */
  refill(spec: ThreadSpec): void {
    const key = keyOf(spec)
    const spares = this.ready.get(key) ?? []
    this.ready.set(key, spares)
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

  /** Ends all spares. */
  clear(): void {
    for (const spares of this.ready.values()) for (const { thread } of spares.splice(0)) thread.discard()
  }
}

const keyOf = ({ execArgv, env, resourceLimits, stdout, stderr }: ThreadSpec): string => JSON.stringify([execArgv, env, resourceLimits, stdout, stderr])

const environment = (): string => JSON.stringify(process.env)
