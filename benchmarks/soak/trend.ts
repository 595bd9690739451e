// Whether something grows: the straight line through the last two thirds of its samples.

export interface Trend {
  /** The mean of the samples that count. */
  readonly mean: number
  /** What the line rises over them; below 0 it falls. */
  readonly growth: number
}

/** The first third is the time in which a program fills its caches. */
export const SETTLING = 1 / 3

/** How many samples say something. */
export const ENOUGH = 12

/** `samples` are those at equal distances. */
export function trend(samples: readonly number[]): Trend {
  const counted = samples.slice(Math.floor(samples.length * SETTLING))
  const mean = average(counted)
  const middle = (counted.length - 1) / 2
  const slope = average(counted.map((value, i) => (i - middle) * (value - mean))) / average(counted.map((_, i) => (i - middle) ** 2))
  return { mean, growth: slope * (counted.length - 1) }
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

export interface Bound {
  /** The most it may grow by: a share of its mean, or so many. */
  readonly share?: number
  readonly count?: number
}

/** Flat: it does not grow by more than the bound. */
export const isFlat = ({ mean, growth }: Trend, { share = 0, count = 0 }: Bound): boolean => growth <= Math.max(share * mean, count)
