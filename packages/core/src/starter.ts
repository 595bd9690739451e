// The first file of every thread: runs the kernel from the text that the main thread read and, as a rule, another thread
// compiled. That takes a tenth of the time of loading it from its file. Stands outside of the kernel, since it loads it.

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Script } from 'node:vm'
import { workerData } from 'node:worker_threads'
import type { BootData } from './process/thread.js'

const { kernel } = workerData as BootData
const filename = join(__dirname, 'kernel.js')
const script = new Script(kernel.source, { filename, ...(kernel.cache ? { cachedData: kernel.cache } : {}) })
const holder = { exports: undefined as unknown as (id: 'process/boot.js') => typeof import('./process/boot.js') }
script.runInThisContext()(holder, createRequire(filename), __dirname)
holder.exports('process/boot.js').boot(workerData as BootData, () => script.createCachedData(), (url) => import(url))
