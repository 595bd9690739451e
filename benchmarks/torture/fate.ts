// What the programs under torture say, one line of JSON each.

/** What became of one who died, and of those who waited. */
export interface Fate {
  readonly way: string
  readonly isolation: string
  /** What the caller was told. */
  readonly reason: string
  /** After how long, in ms. */
  readonly told: number
  /** What the caller queued behind was told. */
  readonly queued: string
  /** How long after that the service answered again, in ms. */
  readonly back: number | undefined
}

/** The last words of a program that is up. */
export interface Survival {
  /** In s. */
  readonly uptime: number
  /** Calls that the bystander has answered, and what the slowest took, in ms. */
  readonly bumps: number
  readonly longest: number
  readonly zombies: number
}
