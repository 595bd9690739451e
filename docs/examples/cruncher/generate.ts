// Makes the file: one sale a line, the same for the same seed.
import { closeSync, openSync, writeSync } from 'node:fs'

const CUSTOMERS = 50_000
const ITEMS = ['tea', 'bread', 'milk', 'a bicycle', 'twelve eggs', 'a book', 'string', 'ink']
const CHUNK = 1 << 20

/** Writes about `bytes` bytes; gives the number of lines. */
export function generate(path: string, bytes: number, seed: number): number {
  const next = random(seed)
  const file = openSync(path, 'w')
  let lines = 0
  let written = 0
  try {
    for (let chunk = ''; written < bytes; chunk = '') {
      while (chunk.length < CHUNK && written + chunk.length < bytes) {
        // Some customers buy far more often than others.
        const customer = `c${Math.floor(CUSTOMERS * next() * next())}`
        const sale = { customer, at: 1_700_000_000_000 + lines * 7, cents: 1 + Math.floor(100_000 * next() ** 3), item: ITEMS[Math.floor(ITEMS.length * next())] }
        chunk += `${JSON.stringify(sale)}\n`
        lines++
      }
      written += writeSync(file, chunk, null, 'latin1')
    }
  } finally {
    closeSync(file)
  }
  return lines
}

/** Numbers from 0 to 1 (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
