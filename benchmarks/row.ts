// One line of the result, and the forms a target takes.

/** A median or percentile over all samples, its range over the rounds, and, of a median, that of each round. */
export interface Value {
  readonly value: number
  readonly range: readonly [low: number, high: number]
  readonly rounds?: readonly number[]
}

/** One line of `--json`. */
export interface Row {
  readonly subject: string
  readonly name: string
  readonly unit: string
  readonly ours: number
  readonly other: number
  readonly otherName: string
  /**
   * Ours / other: below 1 is good for a time or a size, above 1 for a rate. Of medians it is the median of the ratios
   * of the single rounds, in which both met the machine in the same mood; of other percentiles, the plain quotient.
   */
  readonly ratio: number
  /** What we are after, and whether it is met; null when there is no target. */
  readonly target: string | null
  readonly met: boolean | null
  /** What must hold today; null when there is no such promise. */
  readonly floor: string | null
  readonly floorMet: boolean | null
  readonly oursRange: readonly [number, number]
  readonly otherRange: readonly [number, number]
}

export interface Target {
  readonly text: string
  met(row: Pick<Row, 'ours' | 'other' | 'ratio'>): boolean
}

/** At most `most` times the other's: for times and sizes. */
export const atMost = (most: number): Target => ({ text: `≤ ${most} ×`, met: ({ ratio }) => ratio <= most })

/** At least `least` times the other's: for rates. */
export const atLeast = (least: number): Target => ({ text: `≥ ${least} ×`, met: ({ ratio }) => ratio >= least })

/** At most this much, whatever the other does. */
export const under = (most: number, unit: string): Target => ({ text: `≤ ${most} ${unit}`, met: ({ ours }) => ours <= most })

/** At most this much more than the other. */
export const over = (most: number, unit: string): Target => ({ text: `≤ +${most} ${unit}`, met: ({ ours, other }) => ours - other <= most })
