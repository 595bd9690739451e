// The first file of every thread: runs what every thread runs from texts that the main thread read and, as a rule, another
// thread compiled. That takes a tenth of the time of loading it from its files. Stands outside of them, since it loads them.

import { Script } from 'node:vm'
import { workerData } from 'node:worker_threads'
import type Module from 'node:module'
import type { BootData } from './process/thread.js'

interface Load {
  (id: 'process/boot.js'): typeof import('./process/boot.js')
  (id: 'index.js'): typeof import('./index.js')
  (id: 'process/here.js'): typeof import('./process/here.js')
  add(chunk: unknown): void
}

const { code, library } = workerData as BootData
const scripts: Script[] = []

function run(index: number): unknown {
  const { file, source, cache } = code.parts[index]!
  const script = (scripts[index] = new Script(source, { filename: file, ...(cache && { cachedData: cache }) }))
  const holder = { exports: undefined }
  script.runInThisContext()(holder, require, __dirname)
  return holder.exports
}

const load = run(0) as Load
load.add(run(1))
load('process/here.js').here.library = library
// What the module of the process will require is there, without a look at its file. A spare waits with it loaded.
if (library !== undefined) require.cache[library] = Object.assign(new (module.constructor as typeof Module)(library), { exports: load('index.js'), filename: library, loaded: true })
load('process/boot.js').boot(workerData as BootData, () => scripts.map((script) => script.createCachedData()), (url) => import(url))
