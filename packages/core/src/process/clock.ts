// The only file that reads a clock or sets a timer. Tests put a virtual clock here.

export type TimerHandle = { ref(): unknown; unref(): unknown }

export interface Clock {
  /** Milliseconds on a monotonic clock. */
  now(): number
  setTimeout(callback: () => void, ms: number): TimerHandle
  clearTimeout(timer: TimerHandle | undefined): void
}

/** The longest delay a Node timer takes, in ms; what is longer is "for ever" (24.8 days). */
export const LONGEST = 2_147_483_647

// As they were when the library was loaded: a test that replaces the time does not mean ours. Not performance.now(), which is
// no better: to load it takes a thread half a millisecond.
const { hrtime } = process
const { now: date } = Date
const { setTimeout, clearTimeout } = globalThis

function monotonic(): number {
  const [seconds, nanoseconds] = hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}

const real: Clock = {
  now: () => realNow(),
  setTimeout: (callback, ms) => setTimeout(callback, Math.min(ms, LONGEST)),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
}

let current: Clock = real

/** The real clock, whatever clock is installed: for watching over threads, whose time is always real. */
export const realClock: Clock = real

/** The clock that is installed now, for what must not be begun on one and ended on another. */
export const installedClock = (): Clock => current

/** The clock of this thread. */
export const clock: Clock = {
  now: () => current.now(),
  setTimeout: (callback, ms) => current.setTimeout(callback, ms),
  clearTimeout: (timer) => current.clearTimeout(timer),
}

/** Replaces the clock of this thread; gives back the function that restores it. For tests. */
export function installClock(replacement: Clock): () => void {
  const before = current
  current = replacement
  return () => {
    current = before
  }
}

/** When something was done, in ms on the real clock: written down at the next look at it, which many share. */
export class Moment {
  at = Infinity

  static of(at: number): Moment {
    const moment = new Moment()
    moment.at = at
    return moment
  }
}

let awaited: Moment | undefined

/** The moment of the next look at the real clock: of what is done just before somebody looks. */
export const nextLook = (): Moment => (awaited ??= new Moment())

/** The real monotonic clock, in ms, whatever clock is installed: for the pace of the machine itself. The same in all threads. */
export function realNow(): number {
  const now = monotonic()
  if (awaited !== undefined) {
    awaited.at = now
    awaited = undefined
  }
  return now
}

let epoch: number | undefined

/** When the monotonic clock was at 0, in ms since the epoch. The threads of a program are told, so that they agree. */
export const clockEpoch = (): number => (epoch ??= date() - monotonic())

export function setClockEpoch(ms: number): void {
  epoch = ms
}

/** Milliseconds since the epoch on the real clock: comparable between threads, for "busy since" and reports. */
export const wallTime = (): number => wallTimeOf(monotonic())

/** The same of a time that `realNow` gave. */
export const wallTimeOf = (now: number): number => (epoch ?? clockEpoch()) + now
