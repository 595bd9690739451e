// Walks a directory: its files, one after the other, always in the same order. What is no file, and what cannot be
// looked at, is told and passed over.

import type { Dirent } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

export interface File {
  /** Seen from the root of the walk. */
  readonly path: string
  readonly bytes: number
}

/** Why something is passed over: a symlink, a socket or its like, or the error code of the attempt. */
export type Skip = 'symlink' | 'special' | (string & {})

export type OnSkip = (path: string, why: Skip) => void

/** How many files are looked at at once. */
const BATCH = 64

/** The files under `root`, by name within each directory. Symlinks are not followed. */
export async function* walk(root: string, skip: OnSkip = () => undefined, directory = ''): AsyncGenerator<File> {
  const entries = await attempt(() => readdir(join(root, directory), { withFileTypes: true }), directory || '.', skip)
  if (entries === undefined) return
  entries.sort(byName)
  for (let at = 0; at < entries.length; at += BATCH) {
    const batch = entries.slice(at, at + BATCH)
    const sizes = await Promise.all(batch.map(async (entry) => (entry.isFile() ? sizeOf(root, join(directory, entry.name), skip) : undefined)))
    for (const [i, entry] of batch.entries()) {
      const path = join(directory, entry.name)
      if (entry.isDirectory()) yield* walk(root, skip, path)
      else if (entry.isSymbolicLink()) skip(path, 'symlink')
      else if (!entry.isFile()) skip(path, 'special')
      else if (sizes[i] !== undefined) yield { path, bytes: sizes[i] }
    }
  }
}

const sizeOf = (root: string, path: string, skip: OnSkip): Promise<number | undefined> => attempt(async () => (await lstat(join(root, path))).size, path, skip)

async function attempt<T>(action: () => Promise<T>, path: string, skip: OnSkip): Promise<T | undefined> {
  try {
    return await action()
  } catch (error) {
    skip(path, (error as NodeJS.ErrnoException).code ?? String(error))
    return undefined
  }
}

const byName = (a: Dirent, b: Dirent): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)

/** The first `limit` of `items`. */
export async function* take<T>(items: AsyncIterable<T>, limit: number): AsyncGenerator<T> {
  let taken = 0
  if (limit <= 0) return
  for await (const item of items) {
    yield item
    if (++taken >= limit) return
  }
}
