// A thread is ended at each step of all it does: of its start and its restart, of calls, casts and replies, of lines to others,
// of names, links, starts by itself, and of its end. Whoever waits is told, and the books are right. npm test takes some of
// the steps; `npm run prove -- seams` takes all.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { setEnvironmentData } from 'node:worker_threads'
import { GenServer, Process, Supervisor, type Pid, type Started } from 'starfish'
import { threadCount } from 'starfish/internal'
import { assertNoLeaks, captureLog, type CapturedLog } from '@starfish/testing'
import type { Arbiter } from '#core/process/arbiter'
import { here } from '#core/process/here'
import { State } from '#core/process/table'
import { formatPid, SLOTS } from '#core/term/pid'
import { Victim } from '../fixtures/garbling.js'
import { heard } from '../fixtures/numbered.js'
import Seamed from '../fixtures/seamed.js'
import Steward from '../fixtures/steward.js'
import { ARRIVED, COUNT, SEAMS, STOP_AT } from '../fixtures/stops-there.js'

const shared = new Int32Array(new SharedArrayBuffer(16))
let log: CapturedLog
let other: Started<typeof Victim>
let steward: Started<typeof Steward>
beforeAll(async () => {
  log = captureLog()
  setEnvironmentData(SEAMS, shared)
  Process.configure({ spares: 0 }) // each thread that counts is one that was asked for
  other = await GenServer.start(Victim, null)
  steward = await GenServer.start(Steward, undefined)
})
afterAll(async () => {
  await Promise.all([other, steward].map((server) => GenServer.stop(server.pid)))
  Process.configure({ spares: 1 })
  setEnvironmentData(SEAMS, undefined)
  log[Symbol.dispose]()
  await assertNoLeaks()
})

const thread = { execArgv: ['--require', require.resolve('../fixtures/stops-there.js')], stdout: true }
const child = { id: 'seamed', start: [Seamed, undefined, { name: null, thread }] as const, restart: 'transient' as const }

/** Says when it is settled, whatever comes of it. */
const settled = (wait: Promise<unknown>): Promise<unknown> => wait.then(() => 'done', (error: { reason?: unknown; code?: unknown }) => error.reason ?? error.code)

async function within<T>(what: string, wait: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not settle; the thread had been stopped at ${shared[STOP_AT]} of ${shared[COUNT]}`)), 8000)
  })
  return Promise.race([wait, late]).finally(() => clearTimeout(timer))
}

/** Those that do it all, also one that is about to end. */
const seamed = (): Pid[] => [...(here.role as Arbiter).entries.values()].filter(({ definition }) => definition?.name === 'seamed').map(({ id }) => formatPid(id))

/** Kills whoever stands at the step, once. */
async function reaper(stop: AbortSignal): Promise<void> {
  while (!stop.aborted && Atomics.load(shared, ARRIVED) === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  if (!stop.aborted) for (const pid of seamed()) Process.exit(pid, 'kill')
}

/** All that a server does, from its start on, and then its end. What fails, fails. */
async function life(tree: Pid): Promise<void> {
  const started = await Supervisor.startChild(tree, child).catch(() => undefined)
  await use(started?.pid)
}

async function use(pid: Pid | undefined): Promise<void> {
  if (pid === undefined) return
  const call = (message: string | readonly [string, unknown]): Promise<unknown> => settled(GenServer.call(pid, message, { timeout: Infinity }))
  GenServer.cast(pid, 'inc')
  await Promise.all([call('count'), call(['register', 'the seamed']), call(['call', other.pid])])
  await Promise.all([settled(GenServer.call(steward, ['call', [pid, 'count', Infinity]])), call('later'), call(['watch', other.pid])])
  await Promise.all([call('spawn'), call('write'), settled(GenServer.call('the seamed', 'count', { timeout: Infinity }))])
  await settled(GenServer.stop(pid))
}

/** The same of one that comes back. */
async function restart(tree: Pid): Promise<void> {
  const pidNow = async (): Promise<unknown> => (await Supervisor.whichChildren(tree))[0]?.pid
  const pid = (await pidNow()) as Pid
  Process.exit(pid, 'kill')
  let next = await pidNow()
  for (; next === pid || next === 'restarting'; next = await pidNow()) await new Promise((resolve) => setImmediate(resolve))
  await use(next as Pid | undefined)
}

const inUse = (): number => {
  let count = 0
  for (let slot = 0; slot < SLOTS; slot++) if (here.table['words'][slot * 64 + 1] !== State.free) count++
  return count
}

async function stopAt(step: number, scenario: typeof life): Promise<void> {
  const tree = await Supervisor.startLink(scenario === restart ? [child] : [], { strategy: 'one_for_one', maxRestarts: 1000 })
  for (const word of [COUNT, ARRIVED]) Atomics.store(shared, word, 0)
  Atomics.store(shared, STOP_AT, step)
  const over = new AbortController()
  const reaped = reaper(over.signal)
  await within('somebody', scenario(tree.pid))
  over.abort()
  await reaped
  Atomics.store(shared, STOP_AT, 0)
  await within('the tree', Supervisor.stop(tree))
  // Nobody waits, no name is anybody's, and what is in the table lives.
  expect([here.calls.size, Process.whereis('the seamed'), seamed()]).toEqual([0, undefined, []])
  expect(await within('another thread', GenServer.call(steward, ['call', [other.pid, 'ping', 5000]]))).toEqual({ value: 'pong' })
  expect(inUse()).toBe((here.role as Arbiter).entries.size)
  const bonds = (here.role as Arbiter)['signals']['bonds'] as unknown as Record<'links' | 'watches', Map<unknown, unknown>>
  expect([bonds.links.size, bonds.watches.size]).toEqual([0, 0])
  while (threadCount() > 2) await within('the thread', new Promise((resolve) => setTimeout(resolve, 1)))
  heard.length = 0
}

const isFull = process.env['STARFISH_PROOF'] === 'full'

describe.each([['a life', life], ['a life that is not the first', restart]] as const)('%s', (_, scenario) => {
  test('has its end at each of its steps', async () => {
    await stopAt(0, scenario)
    const steps = shared[COUNT]!
    expect(steps).toBeGreaterThan(50)
    const stride = isFull ? 1 : Math.ceil(steps / 4)
    for (let step = isFull ? 1 : Math.ceil(stride / 2); step <= steps; step += stride) await stopAt(step, scenario)
  }, 600_000)
})

