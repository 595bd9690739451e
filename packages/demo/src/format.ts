// How numbers read.

/** `8,121`. */
export const count = (value: number): string => value.toLocaleString('en-US')

/** `1 file`, `8,121 files`. */
export const plural = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? '' : 's'}`

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

/** `812 B`, `9.1 MB`, `187 MB`. */
export function bytes(value: number): string {
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`
}

/** `38 ms`, `1,041 ms`. */
export const ms = (value: number): string => `${count(Math.round(value))} ms`

/** `3.1 s`. */
export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`

/** `41 MB/s`. */
export const rate = (total: number, milliseconds: number): string => `${bytes(milliseconds > 0 ? (total * 1000) / milliseconds : 0)}/s`

/** The value that a share of all is not above (nearest rank); undefined of none. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
}
