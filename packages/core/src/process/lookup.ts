// Where the module of a definition finds `starfish`. Node searches folder by folder, which takes a new thread longer than to load a
// small file, and comes to the same in each: so the main thread searches, once for each folder, and threads are told.

import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { here } from './here.js'

const found = new Map<string, string | undefined>()

/** What Node would put down after the search for what a file of this folder requires; undefined when it is not this library. */
export function lookupFrom(url: string): string | undefined {
  const file = fileURLToPath(url)
  const folder = dirname(file)
  if (!found.has(folder)) found.set(folder, search(file))
  return found.get(folder)
}

function search(file: string): string | undefined {
  try {
    const { resolve } = createRequire(file)
    if (resolve('starfish') === here.library) return ['starfish', ...resolve.paths('starfish')!].join('\0')
  } catch {
    // The program has it by another name.
  }
  return undefined
}
