// When a recovered state is given up: it was the end of its process several times in a row. Pure: when is what, others know.

/** What is known of the lives that began with a recovered state. */
export interface Account {
  /** When such a life ended early by its own fault, in ms since the epoch. */
  readonly deaths: readonly number[]
  /** A life has begun and its init has not come to an end. */
  readonly starting: boolean
}

export interface GiveUp {
  /** So many such ends are enough. */
  readonly deaths: number
  /** An end is early so many ms after the start. */
  readonly within: number
}

export const GIVE_UP: GiveUp = { deaths: 2, within: 5000 }

/** Older ends do not count, in ms. */
const MEMORY = 60_000

/** The ends that count at a start. An init that never came to its end is one. */
export function deathsAt(now: number, account: Account | undefined): readonly number[] {
  if (account === undefined) return []
  const deaths = account.starting ? [...account.deaths, now] : account.deaths
  return deaths.filter((time) => now - time < MEMORY)
}

export const isGivenUp = (deaths: readonly number[], giveUp: GiveUp): boolean => deaths.length >= giveUp.deaths

/** The account after an end by its own fault: one more when it was early, else a clean one. */
export const afterDeath = (deaths: readonly number[], born: number, now: number, { within }: GiveUp): readonly number[] => (now - born < within ? [...deaths, now] : [])
