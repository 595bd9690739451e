// Size: what a program loads of each package when it requires its main entry, as published, gzipped.

import { readFileSync } from 'node:fs'
import { dirname, resolve, sep } from 'node:path'
import { gzipSync } from 'node:zlib'
import { row, subject } from './harness.js'
import { PEERS, type PeerName } from './peers.js'
import { under, type Value } from './row.js'

/** The files of a CommonJS package that `require` loads. */
function required(name: string): string[] {
  const main = require.resolve(name)
  require(main)
  return Object.keys(require.cache).filter((file) => file.startsWith(dirname(main) + sep))
}

const IMPORT = /\b(?:from|import)\s*["'](\.[^"']+)["']/g

/** The file of an ES module and all it imports of its own package. */
function imported(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const [, path] of readFileSync(file, 'utf8').matchAll(IMPORT)) imported(resolve(dirname(file), path!), seen)
  return seen
}

const files: Record<PeerName, () => Iterable<string>> = {
  piscina: () => required('piscina'),
  tinypool: () => imported(resolve(dirname(require.resolve('tinypool/package.json')), 'dist/index.js')),
  workerpool: () => required('workerpool'),
  poolifier: () => required('poolifier'),
  comlink: () => required('comlink'),
}

/** KB of 1,000 bytes. */
function gzipped(names: Iterable<string>): Value {
  const kb = gzipSync([...names].map((file) => readFileSync(file, 'utf8')).join('\n')).length / 1000
  return { value: kb, range: [kb, kb] }
}

void subject('size', async () => {
  const ours = gzipped(required('starfish'))
  return PEERS.map((name, i) => row('main entry, gzipped', 'KB', ours, { name, value: gzipped(files[name]()), ...(i === 0 && { target: under(25, 'KB') }) }))
})
