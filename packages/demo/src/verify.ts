// The proof: the same digests once more, one file after the other on the main thread, without any process, and a
// comparison. Of a run that saw everything, the second pass finds its files by itself.

import { join } from 'node:path'
import { digestAll, digestFile, type Digest } from './digest.js'

/** Up to so many bytes are verified unless told otherwise. */
export const SMALL = 256_000_000

export interface Verification {
  readonly equal: boolean
  readonly digest: string
  /** The paths whose results differ, or that only one of the passes has; the first few. */
  readonly different: readonly string[]
}

const FEW = 10

/** Digests `paths` again. `checked` is called after each; undefined when `signal` fired first. */
export async function secondPass(root: string, paths: AsyncIterable<string> | Iterable<string>, signal: AbortSignal, checked: () => void): Promise<Map<string, Digest> | undefined> {
  const results = new Map<string, Digest>()
  let paused = performance.now()
  for await (const path of paths) {
    if (signal.aborted) return undefined
    results.set(path, await digestFile(join(root, path), signal))
    checked()
    if (performance.now() - paused > PAUSE) {
      await new Promise((resolve) => setImmediate(resolve))
      paused = performance.now()
    }
  }
  return signal.aborted ? undefined : results
}

/** Small files are digested without ever waiting; so often, in ms, the screen and Ctrl-C get their turn. */
const PAUSE = 20

export function compare(first: ReadonlyMap<string, Digest>, second: ReadonlyMap<string, Digest>): Verification {
  const digest = digestAll(second)
  const equal = digestAll(first) === digest
  return { equal, digest, different: equal ? [] : differences(first, second).slice(0, FEW) }
}

const differences = (first: ReadonlyMap<string, Digest>, second: ReadonlyMap<string, Digest>): string[] =>
  [...new Set([...first.keys(), ...second.keys()])].filter((path) => JSON.stringify(first.get(path)) !== JSON.stringify(second.get(path))).sort()
