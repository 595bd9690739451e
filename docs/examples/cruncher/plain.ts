// The same totals in the plainest way: one pass, one thread.
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { addLine, type Totals } from './totals.js'

export async function plainPass(path: string): Promise<Totals> {
  const totals: Totals = new Map()
  for await (const line of createInterface({ input: createReadStream(path, { encoding: 'latin1', highWaterMark: 1 << 20 }) })) addLine(totals, line)
  return totals
}
