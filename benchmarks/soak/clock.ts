// The time in which this program ran. While it is stopped (a signal, a machine that sleeps) none passes, so that nobody is
// blamed for it.

/** How long anything may take before it counts as lost, in ms: long, since a busy machine is no fault. */
export const PATIENCE = 60_000

/** What may lie between two looks at the clock, in ms: more is a stop. */
const MOST = 1000

let elapsed = 0
let stops = 0
let looked = performance.now()

/** How long the program has run, in ms, and how often it stood still. */
export function running(): { readonly ms: number; readonly stops: number } {
  const now = performance.now()
  if (now - looked > MOST) stops++
  elapsed += Math.min(now - looked, MOST)
  looked = now
  return { ms: elapsed, stops }
}

setInterval(running, MOST / 10).unref()

/** What `promise` gives; rejects when `ms` have been run and it has not settled. */
export function within<T>(ms: number, promise: Promise<T>, unsettled: () => string): Promise<T> {
  const end = running().ms + ms
  return new Promise((resolve, reject) => {
    const timer = setInterval(() => running().ms > end && reject(new Error(unsettled())), MOST)
    promise.then(resolve, reject).finally(() => clearInterval(timer))
  })
}
