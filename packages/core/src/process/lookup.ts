// Where a thread finds the module of its definition, and `starfish` in that. Node searches folder by folder, which takes a new
// thread longer than to load a small file, and comes to the same in each: so the main thread searches, once for each file and
// each folder, and threads are told.

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { here } from './here.js'
import { pathOf } from './place.js'

/** What Node would put down after a search: what was asked for from where, in words of Node's own, and the file it found. */
export type Lookup = readonly [asked: string, found: string]

const files = new Map<string, Lookup | undefined>()
const folders = new Map<string, Lookup | undefined>()

/** The searches that come to the same in a thread whose definition is in this file. */
export function lookupsFrom(url: string): Lookup[] {
  const file = pathOf(url)
  if (!files.has(file)) files.set(file, searchFor(file))
  const folder = dirname(file)
  if (!folders.has(folder)) folders.set(folder, searchFrom(file))
  // What has been deleted meanwhile is searched for, and missed in Node's words.
  return [existsSync(file) ? files.get(file) : undefined, folders.get(folder)].filter((lookup) => lookup !== undefined)
}

function searchFor(file: string): Lookup | undefined {
  try {
    if (createRequire(file).resolve(file) === file) return [`${file}\0`, file]
  } catch {
    // The thread will say so.
  }
  return undefined
}

function searchFrom(file: string): Lookup | undefined {
  try {
    const { resolve } = createRequire(file)
    if (resolve('starfish') === here.library) return [['starfish', ...resolve.paths('starfish')!].join('\0'), here.library]
  } catch {
    // The program has it by another name.
  }
  return undefined
}
