// What is computed: for each customer how many sales, how much in all, the largest and the last. Pure.
import { createHash } from 'node:crypto'

export interface Sale {
  readonly customer: string
  readonly at: number
  readonly cents: number
}

export interface Total {
  sales: number
  cents: number
  largest: number
  last: number
}

export type Totals = Map<string, Total>

/** Adds a line of the file. */
export function addLine(totals: Totals, line: string): void {
  const { customer, at, cents } = JSON.parse(line) as Sale
  const total = totals.get(customer)
  if (total === undefined) {
    totals.set(customer, { sales: 1, cents, largest: cents, last: at })
    return
  }
  total.sales++
  total.cents += cents
  total.largest = Math.max(total.largest, cents)
  total.last = Math.max(total.last, at)
}

/** One number for all of it: equal digests, equal totals. */
export function digestOf(totals: Totals): string {
  const hash = createHash('sha256')
  for (const customer of [...totals.keys()].sort()) {
    const { sales, cents, largest, last } = totals.get(customer)!
    hash.update(`${customer} ${sales} ${cents} ${largest} ${last}\n`)
  }
  return hash.digest('hex')
}
