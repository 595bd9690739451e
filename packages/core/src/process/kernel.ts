// The code that every thread runs, as the main thread hands it out: read once, compiled once. The first thread to host
// a process gives what V8 made of the code to the main thread, for those that come after it.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Kernel {
  /** The text of kernel.js as a function of module, require and __dirname. */
  readonly source: string
  /** The same compiled, in shared memory; until there is one, threads compile it themselves. */
  readonly cache: Uint8Array | undefined
  /** Whether the thread is to give what it compiled. */
  readonly share: boolean
}

let source: string | undefined
let cache: Uint8Array | undefined
let sharer: number | undefined

/** What thread `number` starts with. */
export function kernelFor(number: number): Kernel {
  source ??= `(function (module, require, __dirname) {${readFileSync(join(__dirname, 'kernel.js'), 'latin1')}\n})`
  const share = cache === undefined && sharer === undefined
  if (share) sharer = number
  return { source, cache, share }
}

/** Takes what thread `number` has compiled, if it is the one to give it. */
export function keepCache(number: number, memory: SharedArrayBuffer): void {
  if (number === sharer) cache = new Uint8Array(memory)
}

/** The thread is no more: what it has not given, another will. */
export function sharerGone(number: number): void {
  if (sharer === number) sharer = undefined
}

export function toShared(bytes: Uint8Array): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(bytes.length)
  new Uint8Array(memory).set(bytes)
  return memory
}
