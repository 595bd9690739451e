// The first file of every thread: runs what every thread runs from texts that the main thread read and, as a rule, another
// thread compiled. That takes a tenth of the time of loading it from its files. Stands outside of them, since it loads them.

import { join } from 'node:path'
import { Script } from 'node:vm'
import { workerData } from 'node:worker_threads'
import type { BootData } from './process/thread.js'

type Load = ((id: 'process/boot.js') => typeof import('./process/boot.js')) & { add(chunk: unknown): void }

const { code } = workerData as BootData
const scripts: Script[] = []

function run(index: number): unknown {
  const { file, source, cache } = code.parts[index]!
  const script = (scripts[index] = new Script(source, { filename: join(__dirname, file), ...(cache && { cachedData: cache }) }))
  const holder = { exports: undefined }
  script.runInThisContext()(holder, require, __dirname)
  return holder.exports
}

const load = run(0) as Load
load.add(run(1))
load('process/boot.js').boot(workerData as BootData, () => scripts.map((script) => script.createCachedData()), (url) => import(url))
