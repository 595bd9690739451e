// How long a child that died again and again is left down before its next start. Each failure in a row multiplies the
// wait; a child that has stayed up long enough begins anew. No clock and no dice: both are given.

export interface Backoff {
  /** The first wait, in ms. */
  readonly min: number
  /** The longest wait, in ms. */
  readonly max: number
  /** By what each failure in a row multiplies the wait. */
  readonly factor: number
  /** The part of a wait, 0 to 1, that is left to chance, so that what failed together does not come back together. */
  readonly jitter: number
  /** A child that ran so long, in ms, has not failed in a row. */
  readonly resetAfter: number
}

/** How many failures in a row it is now, of a child that had `before` of them and then ran for `ranMs`. */
export const failuresInARow = (before: number, ranMs: number, { resetAfter }: Backoff): number => (ranMs >= resetAfter ? 1 : before + 1)

/** The ms to wait after so many failures in a row. `random` is from 0 to 1: chance only ever shortens the wait. */
export function waitAfter(failures: number, random: number, { min, max, factor, jitter }: Backoff): number {
  return Math.min(max, min * factor ** (failures - 1)) * (1 - jitter * random)
}
