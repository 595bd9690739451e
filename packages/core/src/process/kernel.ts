// The code that every thread runs, as the main thread hands it out: read once, compiled once. The first thread to host
// a process gives what V8 made of the code to the main thread, for those that come after it.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One file of the code. */
export interface Part {
  readonly file: string
  /** Its text as a function of module, require and __dirname. */
  readonly source: string
  /** The same compiled, in shared memory; until there is one, threads compile it themselves. */
  readonly cache: Uint8Array | undefined
}

export interface Kernel {
  /** entry.js and kernel.js. */
  readonly parts: readonly Part[]
  /** Whether the thread is to give what it compiled. */
  readonly share: boolean
}

let parts: Part[] | undefined
let sharer: number | undefined

/** What thread `number` starts with. */
export function kernelFor(number: number): Kernel {
  parts ??= ['entry.js', 'kernel.js'].map((name) => join(__dirname, name)).map((file) => ({ file, source: `(function (module, require, __dirname) {${readFileSync(file, 'latin1')}\n})`, cache: undefined }))
  const share = parts[0]!.cache === undefined && sharer === undefined
  if (share) sharer = number
  return { parts, share }
}

/** Takes what thread `number` has compiled, part by part, if it is the one to give it. */
export function keepCache(number: number, memories: readonly SharedArrayBuffer[]): void {
  if (number === sharer) parts = parts!.map((part, i) => ({ ...part, cache: new Uint8Array(memories[i]!) }))
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
