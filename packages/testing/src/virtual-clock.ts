// A clock that stands still until it is told to go: timeouts, intervals of `sendAfter`, shutdown times and restart
// windows of the main thread run on it. Workers keep the real one.

import { installClock, type Clock, type TimerHandle } from 'starfish/internal'
import { atCleanup } from './cleanup.js'

export interface VirtualClock extends Disposable {
  /** Ms since the clock was installed. */
  readonly now: number
  /** Lets this much time pass: fires what is due, in order, and lets each have its consequences. */
  advance(ms: number): Promise<void>
}

interface Timer {
  readonly due: number
  readonly callback: () => void
}

// What keeps a thread busy for long puts some of what it has to deliver off to a later turn of the event loop: one turn is not enough.
const TURNS = 10

async function settled(): Promise<void> {
  for (let i = 0; i < TURNS; i++) await new Promise((resolve) => setImmediate(resolve))
}

/**
 * Installs a virtual clock on this thread until it is disposed of or, with `afterEach(cleanup)`, the test ends.
 *
 * @example
 * using clock = virtualClock()
 * const reply = GenServer.call(server, 'never', { timeout: 5000 })
 * await clock.advance(5000)
 */
export function virtualClock(): VirtualClock {
  let now = 0
  const timers = new Set<Timer & TimerHandle>()
  const clock: Clock = {
    now: () => now,
    setTimeout(callback, ms) {
      const timer = { due: now + ms, callback, ref: () => timer, unref: () => timer }
      timers.add(timer)
      return timer
    },
    clearTimeout(timer) {
      timers.delete(timer as Timer & TimerHandle)
    },
  }
  const uninstall = installClock(clock)
  const restore = (): void => {
    restored()
    uninstall()
  }
  const restored = atCleanup(restore)
  return {
    get now() {
      return now
    },
    async advance(ms) {
      await settled() // what was done before, first
      const end = now + ms
      for (;;) {
        const [next] = [...timers].filter((timer) => timer.due <= end).sort((a, b) => a.due - b.due)
        if (next === undefined) break
        timers.delete(next)
        now = Math.max(now, next.due)
        next.callback()
        await settled()
      }
      now = end
      await settled()
    },
    [Symbol.dispose]: restore,
  }
}
