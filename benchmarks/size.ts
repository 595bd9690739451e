// Size: what a program loads of each package when it requires its main entry, as published, gzipped; and of ours, once
// it has a supervised server that answers.

import { readFileSync } from 'node:fs'
import { dirname, resolve, sep } from 'node:path'
import { gzipSync } from 'node:zlib'
import { row, subject } from './harness.js'
import { PEERS, type PeerName } from './peers.js'
import { under, type Value } from './row.js'

/** The files of a CommonJS package that are loaded now. */
function loaded(name: string): string[] {
  const main = require.resolve(name)
  return Object.keys(require.cache).filter((file) => file.startsWith(dirname(main) + sep))
}

/** Those that `require` loads. */
function required(name: string): string[] {
  require(require.resolve(name))
  return loaded(name)
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
  const entry = gzipped(required('starfish'))
  const { GenServer, Supervisor } = require('starfish') as typeof import('starfish')
  const Counter = (require('./fixtures/counter.js') as typeof import('./fixtures/counter.js')).default
  await using _supervisor = await Supervisor.startLink([[Counter, 0]], { strategy: 'one_for_one' })
  await GenServer.call(Counter, 'get')
  const atWork = gzipped(loaded('starfish'))
  return [
    ...PEERS.map((name, i) => row('main entry, gzipped', 'KB', entry, { name, value: gzipped(files[name]()), ...(i === 0 && { target: under(25, 'KB') }) })),
    row('once a supervised server answered', 'KB', atWork, { name: 'piscina, main entry', value: gzipped(files.piscina()) }),
  ]
})
