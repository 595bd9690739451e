// Elixir's IO.inspect(term, label: label).
import { writeSync } from 'node:fs'

/** Prints at once, from any thread: console.log of a worker waits for the main thread, and would come out too late. */
export function inspect(term: string, label: string): void {
  writeSync(1, `${label}: ${JSON.stringify(term)}\n`)
}
