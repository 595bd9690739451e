// A program with one worker of another library, in which a task dies; says in a line of JSON who was told. It takes the library and
// the way as words. Each is used as its documentation says, with the limits of memory and time that it has.

import { openSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { FixedThreadPool } from 'poolifier'
import { pool as workerpool } from 'workerpool'
import type { PeerFate } from './peers.js'
import type { Way } from './ways.js'

type Run = (what: Way | 'alive') => PromiseLike<unknown>

const [name, way] = process.argv.slice(2) as [string, Way]

/** How long we wait for what does not settle, in ms: a heap takes its time to fill. */
const PATIENCE = /heap|Buffers/.test(way) ? 15_000 : 3_000

/** What a task may take, in ms, where the library can be told; only for what never ends by itself. */
const LIMIT = /without end$|while|never answers|its time/.test(way) && !/Buffers|descriptors/.test(way) ? 500 : undefined

const limitOf = (what: string): number => (what === 'alive' ? undefined : LIMIT) ?? 2 * PATIENCE

const file = (name: string): string => join(__dirname, 'workers', `${name}.js`)
const resourceLimits = { maxOldGenerationSizeMb: 64 }

const starts: Record<string, () => Run | Promise<Run>> = {
  piscina() {
    const pool = new Piscina<string, unknown>({ filename: file('task'), minThreads: 1, maxThreads: 1, resourceLimits })
    return (what) => pool.run(what, { signal: AbortSignal.timeout(limitOf(what)) })
  },
  async tinypool() {
    const { Tinypool } = await import('tinypool') // an ES module
    const pool = new Tinypool({ filename: file('task'), minThreads: 1, maxThreads: 1, resourceLimits })
    return (what) => pool.run(what, { signal: AbortSignal.timeout(limitOf(what)) }) as Promise<unknown>
  },
  async 'tinypool, processes'() {
    const { Tinypool } = await import('tinypool')
    const pool = new Tinypool({ filename: file('task'), minThreads: 1, maxThreads: 1, runtime: 'child_process', execArgv: ['--max-old-space-size=64'] })
    return (what) => pool.run(what, { signal: AbortSignal.timeout(limitOf(what)) }) as Promise<unknown>
  },
  workerpool() {
    const pool = workerpool(file('workerpool'), { minWorkers: 1, maxWorkers: 1, workerType: 'thread', workerThreadOpts: { resourceLimits } })
    return (what) => pool.exec('run', [what]).timeout(limitOf(what)) as PromiseLike<unknown>
  },
  'workerpool, processes'() {
    const pool = workerpool(file('workerpool'), { minWorkers: 1, maxWorkers: 1, workerType: 'process', forkOpts: { execArgv: ['--max-old-space-size=64'] } })
    return (what) => pool.exec('run', [what]).timeout(limitOf(what)) as PromiseLike<unknown>
  },
  poolifier() {
    const pool = new FixedThreadPool<string, unknown>(1, file('poolifier'), { workerOptions: { resourceLimits }, errorHandler: () => undefined })
    pool.emitter?.on('error', () => undefined)
    return (what) => pool.execute(what, undefined, AbortSignal.timeout(limitOf(what)))
  },
  'bare worker': () => (workerData) =>
    new Promise((resolve, reject) => {
      const worker = new Worker(file('bare'), { workerData, resourceLimits })
      worker.on('message', resolve)
      worker.on('error', reject)
      worker.on('exit', (code) => {
        if (code !== 0) reject(new Error(`Worker stopped with exit code ${code}`))
      })
    }),
}

const within = (settles: PromiseLike<unknown>): Promise<'answered' | 'told' | 'hangs'> =>
  Promise.race([
    Promise.resolve(settles).then(() => 'answered' as const, () => 'told' as const),
    new Promise<'hangs'>((resolve) => void setTimeout(resolve, PATIENCE, 'hangs')),
  ])

/** Whether the program itself can still open a file. */
function isWhole(): boolean {
  try {
    openSync(__filename, 'r')
    return true
  } catch {
    return false
  }
}

async function main(): Promise<void> {
  const run = await starts[name]!()
  if (name !== 'bare worker') await run('alive')
  const dying = within(run(way))
  const queued = within(run('alive'))
  const fate: PeerFate = { told: await dying, queued: await queued, later: await within(run('alive')), isWhole: isWhole() }
  console.log(JSON.stringify(fate))
  process.kill(process.pid, 'SIGKILL') // an exit waits for threads in native code
}

void main()
