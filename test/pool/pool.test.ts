// A pool as a process: what it runs, how each run settles, when threads come and go, and what the tree hears of it.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Worker } from 'node:worker_threads'
import { GenServer, type Pid, Process, Supervisor, Sys } from 'starfish'
import * as Pool from '@starfish/pool'
import { assertNoLeaks, captureLog, down, gate, restarted, startSupervised } from '@starfish/testing'
import Asker from './fixtures/asker.js'
import Breeding from './fixtures/breeding.js'
import Broken from './fixtures/broken.js'
import Caller from './fixtures/caller.js'
import Fragile from './fixtures/fragile.js'
import Impatient from './fixtures/impatient.js'
import { Modern, Old } from './fixtures/files.js'
import Work from './fixtures/work.js'

// The threads of pools are Piscina's: each is counted from its start to its exit.
const workers = new Set<Worker>()
const onWorker = (message: unknown): void => {
  if (!new Error().stack!.includes('piscina')) return // it is one of core's
  const { worker } = message as { worker: Worker }
  workers.add(worker)
  worker.once('exit', () => workers.delete(worker))
}
const allGone = async (): Promise<void> => {
  await Promise.all([...workers].map((worker) => new Promise((resolve) => worker.once('exit', resolve))))
}

beforeAll(() => subscribe('worker_threads', onWorker)) // the process of jest has no events of workers
afterAll(async () => {
  await assertNoLeaks()
  await allGone()
  unsubscribe('worker_threads', onWorker)
})

const failure = (promise: PromiseLike<unknown>): Promise<any> => Promise.resolve(promise).then(() => 'no error', (error: unknown) => error)

/** Waits until the pool is as it should be: `info` is answered in between what happens there. */
async function until(pool: Pid | string, holds: (info: Pool.PoolInfo) => boolean): Promise<Pool.PoolInfo> {
  for (;;) {
    const info = await Pool.info(pool)
    if (holds(info)) return info
    await new Promise((resolve) => setTimeout(resolve, 2)) // it leaves the processor to the threads that start
  }
}

describe('tasks', () => {
  let pool: Awaited<ReturnType<typeof Pool.startLink<typeof Work.tasks>>>
  beforeAll(async () => void (pool = await Pool.startLink(Work)))
  afterAll(() => GenServer.stop(pool))

  test('run in threads, with what they are given, and give what they return', async () => {
    expect(await Pool.run(Work, ['double', 21])).toBe(42)
    expect(await Pool.run(Work, ['later', 'abc'])).toBe('ABC')
    expect(await Pool.run(Work, 'nothing')).toBe(undefined)
    expect(await Pool.run(Work, 'where')).toMatchObject({ main: false })
    expect(await Pool.run<number>('Work', ['double', 4])).toBe(8)
  })

  test('buffers move both ways', async () => {
    const bytes = new Uint8Array(8).fill(2)
    expect([await Pool.run(pool, ['sum', bytes], { transfer: [bytes.buffer] }), bytes.byteLength]).toEqual([16, 0])
    expect(await Pool.run(pool, ['fill', { length: 3, by: 7 }])).toEqual(new Uint8Array([7, 7, 7]))
  })

  test('what they throw is what arrives: name, message, stack, cause, code and own fields', async () => {
    const error = await failure(Pool.run(pool, 'fail'))
    expect(error).toMatchObject({ name: 'TeapotError', message: 'short and stout', code: 'E_TEAPOT', pot: { size: 3 }, cause: { name: 'TypeError', message: 'no spout' } })
    expect(error.stack).toContain('fixtures/work')
    expect(await failure(Pool.run(pool, 'failPlainly'))).toEqual({ status: 418 })
    expect(await failure(Pool.run(pool, 'function'))).toMatchObject({ code: 'ERR_NOT_CLONEABLE', message: expect.stringContaining('result.deep[0].run is a function') })
    expect(await Pool.info(pool)).toMatchObject({ threads: 1, deaths: 0 })
  })

  test('a task that calls or starts a process is told that it cannot', async () => {
    for (const task of ['callSomebody', 'runAnother', 'startSomebody'] as const) expect(await failure(Pool.run(pool, task))).toMatchObject({ code: 'ERR_IN_POOL' })
  })

  test('misuse is told with a code', async () => {
    expect(await failure(Pool.run(pool.pid, ['dubble', 1]))).toMatchObject({ code: 'ERR_BAD_ARGUMENT', message: expect.stringContaining("got 'dubble'; write one of double") })
    expect(await failure(Pool.run(pool, ['double', (() => 1) as never]))).toMatchObject({ code: 'ERR_NOT_CLONEABLE' })
    expect(await failure(Pool.run(pool, ['double', 1], { timeot: 1 } as never))).toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
    expect(await failure(Pool.run(pool, ['double', 1], { timeout: 0 }))).toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
    expect(await failure(Pool.run('Nobody', 'x'))).toMatchObject({ code: 'ERR_CALL_NOPROC', reason: 'noproc' })
    expect(() => Pool.define(__filename, { tasks: {} })).toThrow(expect.objectContaining({ code: 'ERR_BAD_DEFINITION' }))
    expect(() => Pool.define(__filename, { tasks: { a: 1 as never } })).toThrow(expect.objectContaining({ code: 'ERR_BAD_DEFINITION' }))
    expect(() => Pool.define(__filename, { file: './worker.js' })).toThrow(expect.objectContaining({ code: 'ERR_BAD_DEFINITION' }))
    for (const bad of [{ maxThreads: 0 }, { minThreads: 3, maxThreads: 2 }, { timeout: -1 }, { maxQueue: 1.5 }, { thread: { nice: 1 } }, { thread: { niceIncrement: -1 } }, { maxThread: 1 }]) {
      expect(() => Pool.define(__filename, { tasks: { a: () => 1 }, ...(bad as object) })).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
    }
  })
})

describe('when a thread dies', () => {
  const deaths: [string, Parameters<typeof Pool.run>[1], unknown][] = [
    ['exits', ['exit', 3], ['process_exit', 3]],
    ['exits with 0', ['exit', 0], ['process_exit', 0]],
    ['throws outside of a task', 'throwOutside', ['uncaught_exception', expect.objectContaining({ code: 'E_TEAPOT', pot: { size: 3 } })]],
    ['rejects outside of a task', 'rejectOutside', ['unhandled_rejection', expect.objectContaining({ code: 'E_TEAPOT' })]],
    ['eats all its memory', 'eat', ['out_of_memory', expect.objectContaining({ code: 'ERR_WORKER_OUT_OF_MEMORY' })]],
  ]

  test.each(deaths)('it %s: the caller is told why, tasks behind it run, and it is replaced', async (_how, message, reason) => {
    using log = captureLog()
    await using pool = await Pool.startLink(Work, { maxThreads: 1, thread: { resourceLimits: { maxOldGenerationSizeMb: 32 } } })
    const dying = failure(Pool.run(pool.pid, message))
    const behind = Pool.run(pool, ['double', 1])
    expect(await dying).toMatchObject({ name: 'CallError', code: 'ERR_CALL_EXIT', reason })
    expect(await behind).toBe(2)
    expect(await Pool.info(pool)).toMatchObject({ threads: 1, deaths: 1 })
    expect(log.events).toEqual([expect.objectContaining({ level: 'warn', message: expect.stringContaining('pool Work: a thread has died in') })])
  })

  test('it is terminated from outside', async () => {
    using _log = captureLog()
    await using pool = await Pool.startLink(Work, { maxThreads: 1 })
    const at = gate()
    const running = failure(Pool.run(pool, ['stand', at]))
    await gate.arrival(at)
    expect(workers.size).toBe(1)
    for (const worker of workers) void worker.terminate()
    expect(await running).toMatchObject({ code: 'ERR_CALL_EXIT', reason: ['terminated', 1] })
    expect(await Pool.run(pool, ['double', 1])).toBe(2)
  })

  test('too many deaths end the pool, and its supervisor starts another', async () => {
    using _log = captureLog()
    await using tree = await startSupervised([[Work, { maxThreads: 1, maxDeaths: 1 }]])
    const before = Process.whereis('Work')!
    const ended = down(before)
    const gate1 = gate()
    const all = [Pool.run(Work, ['exit', 1]), Pool.run(Work, ['exit', 2]), Pool.run(before, ['stand', gate1])].map(failure)
    expect(await Promise.all(all)).toMatchObject([{ reason: ['process_exit', 1] }, { reason: ['process_exit', 2] }, { reason: ['max_deaths', ['process_exit', 2]] }])
    expect(await ended).toEqual(['max_deaths', ['process_exit', 2]])
    expect(await Pool.run(Work, ['double', 3])).toBe(6)
    expect(await restarted(tree, 'Work', before)).toBe(Process.whereis('Work'))
  })
})

describe('a task that is not wanted any more', () => {
  test('one that runs for too long: its thread is ended, in the midst of a loop, and no death is counted', async () => {
    await using pool = await Pool.startLink(Work, { maxThreads: 1, maxDeaths: 0 })
    expect(await failure(Pool.run(pool, 'spin', { timeout: 5 }))).toMatchObject({ code: 'ERR_CALL_TIMEOUT', reason: 'timeout', message: expect.stringContaining('spin ran for more than 5 ms') })
    expect(await Pool.run(pool, ['double', 1])).toBe(2)
    expect(await Pool.info(pool)).toMatchObject({ threads: 1, deaths: 0 })
  })

  test('the time of a task begins when it does, not while it waits', async () => {
    await using pool = await Pool.startLink(Work, { maxThreads: 1, timeout: 2000 })
    const at = gate()
    const first = Pool.run(pool, ['stand', at])
    const second = failure(Pool.run(pool, ['double', 1], { timeout: 1 })) // far longer than its time behind the first
    await gate.arrival(at)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect((await Pool.info(pool)).queued).toBe(1)
    gate.open(at)
    expect(await first).toBe('gone')
    expect(await Promise.race([second, Pool.info(pool)])).not.toMatchObject({ queued: 1 })
    await second
  })

  test('aborted: before it starts, and while it runs', async () => {
    await using pool = await Pool.startLink(Work, { maxThreads: 1 })
    const at = gate()
    const [running, waiting] = [new AbortController(), new AbortController()]
    const ran = failure(Pool.run(pool, ['stand', at], { signal: running.signal }))
    const waited = failure(Pool.run(pool, ['double', 1], { signal: waiting.signal }))
    const behind = Pool.run(pool, ['double', 2])
    await gate.arrival(at)
    waiting.abort(new Error('no more'))
    expect(await waited).toMatchObject({ code: 'ERR_CALL_ABORTED', reason: 'aborted', cause: { message: 'no more' } })
    expect((await Pool.info(pool)).queued).toBe(1)
    running.abort()
    expect(await ran).toMatchObject({ code: 'ERR_CALL_ABORTED' })
    expect(await behind).toBe(4)
    expect(await failure(Pool.run(pool, ['double', 1], { signal: AbortSignal.abort() }))).toMatchObject({ code: 'ERR_CALL_ABORTED' })
  })

  test('its caller has ended', async () => {
    await using pool = await Pool.startLink(Work, { maxThreads: 1 })
    const at = gate()
    const caller = await GenServer.start(Caller, { pool: pool.pid, at })
    await gate.arrival(at)
    const behind = Pool.run(pool, ['double', 2])
    Process.exit(caller.pid, 'kill')
    expect(await behind).toBe(4)
  })
})

describe('queue and threads', () => {
  test('one task more than may wait is refused', async () => {
    await using pool = await Pool.startLink(Work, { maxThreads: 1, maxQueue: 1 })
    const at = gate()
    const runs = [Pool.run(pool, ['stand', at]), Pool.run(pool, ['double', 1])]
    expect(await failure(Pool.run(pool, ['double', 2]))).toMatchObject({ code: 'ERR_CALL_OVERLOAD', reason: 'overload' })
    gate.open(at)
    expect(await Promise.all(runs)).toEqual(['gone', 2])
  })

  test('tasks start in the order they came', async () => {
    await using pool = await Pool.startLink(Work, { maxThreads: 1 })
    const runs = await Promise.all(Array.from({ length: 20 }, () => Pool.run(pool, 'where')))
    expect(runs.map(({ calls }) => calls)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  })

  test('threads are added for what waits, up to maxThreads, and let go when they are idle', async () => {
    await using pool = await Pool.startLink(Work, { minThreads: 1, maxThreads: 3, idleTimeout: 1 })
    expect(await Pool.info(pool)).toMatchObject({ threads: 1, idle: 1 })
    const gates = [gate(), gate(), gate()]
    const runs = gates.map((at) => Pool.run(pool, ['stand', at]))
    await Promise.all(gates.map((at) => gate.arrival(at)))
    const busy = await Pool.info(pool)
    expect(busy).toMatchObject({ threads: 3, idle: 0, running: [{ task: 'stand' }, { task: 'stand' }, { task: 'stand' }] })
    gates.forEach((at) => gate.open(at))
    await Promise.all(runs)
    expect(await until(pool.pid, ({ threads }) => threads === 1)).toMatchObject({ idle: 1, deaths: 0, completed: 3, runTime: { count: 3 }, waitTime: { count: 3 } })
    await Pool.resetTimes(pool)
    expect(await Pool.info(pool)).toMatchObject({ runTime: { count: 0, max: 0 } })
  })

  test('no threads at all until there is something to do', async () => {
    await using pool = await Pool.startLink(Work, { minThreads: 0 })
    expect((await Pool.info(pool)).threads).toBe(0)
    expect(await Pool.run(pool, ['double', 1])).toBe(2)
  })
})

describe('from a process in another thread', () => {
  test('values, errors, death, timeout, abort arrive there as they do here', async () => {
    using _log = captureLog()
    await using _tree = await startSupervised([[Work, { maxThreads: 2 }], Asker])
    const ask = (message: unknown, options: Pool.RunOptions = {}): Promise<unknown> => GenServer.call(Asker, ['run', [message as string, options]])
    expect(await ask(['double', 2])).toEqual(['ok', 4])
    expect(await ask(['fill', { length: 2, by: 1 }])).toEqual(['ok', new Uint8Array([1, 1])])
    expect(await ask('fail')).toMatchObject(['error', { name: 'TeapotError', code: 'E_TEAPOT', pot: { size: 3 }, cause: { message: 'no spout' } }])
    expect(await ask(['exit', 4])).toMatchObject(['error', { code: 'ERR_CALL_EXIT', reason: ['process_exit', 4] }])
    expect(await ask('spin', { timeout: 5 })).toMatchObject(['error', { code: 'ERR_CALL_TIMEOUT' }])
    expect(await GenServer.call(Asker, ['abort', 5])).toMatchObject({ code: 'ERR_CALL_ABORTED' })
    expect(await until('Work', ({ running }) => running.length === 0)).toMatchObject({ deaths: 1 })
  })
})

describe('a file of functions', () => {
  test('one that was written for Piscina, as it is', async () => {
    await using pool = await Pool.startLink(Old, { thread: { workerData: { greeting: 'hello' }, argv: ['--loud'] } })
    expect(await Pool.run(pool, ['default', { a: 1, b: 2 }])).toBe(3)
    expect(await Pool.run(pool, ['greet', 'pool'])).toBe('hello pool --loud true')
    expect(await Pool.run(pool, ['moved', 4])).toEqual(new Uint8Array([4, 4, 4, 4]))
    expect((await failure(Pool.run(pool.pid, 'absent'))).message).toMatch(/got 'absent'; write one of .*greet, moved/)
  })

  test('an ES module', async () => {
    await using pool = await Pool.startLink(Modern)
    expect([await Pool.run(pool.pid, ['default', 2]), await Pool.run(pool.pid, ['square', 3])]).toEqual([3, 9])
  })
})

describe('in a tree', () => {
  test('it has a name, a child spec, and a state that can be looked at', async () => {
    await using tree = await startSupervised([Pool.childSpec(Work, { maxThreads: 1 }, { id: 'small', name: 'Small' }), Work])
    expect((await Supervisor.whichChildren(tree)).map(({ id }) => id)).toEqual(['Work', 'small'])
    expect([await Pool.run<number>('Small', ['double', 1]), (await Pool.info('Small')).maxThreads]).toEqual([2, 1])
    expect(await Sys.getStatus('Small')).toMatchObject({ state: expect.stringContaining('maxThreads: 1, maxQueue: Infinity, threads: 1') })
    expect(await failure(Sys.getState('Small'))).toMatchObject({ code: 'ERR_NOT_CLONEABLE' })
    expect(await Pool.run<number>('Small', ['double', 2])).toBe(4)
  })

  test('told to stop, it finishes what runs, and refuses what waits', async () => {
    const pool = await Pool.startLink(Work, { maxThreads: 1 })
    const at = gate()
    const running = Pool.run(pool, ['stand', at])
    const waiting = failure(Pool.run(pool, ['double', 1]))
    await gate.arrival(at)
    const stopped = GenServer.stop(pool, 'shutdown')
    expect(await waiting).toMatchObject({ code: 'ERR_CALL_EXIT', reason: 'shutdown' })
    gate.open(at)
    expect(await running).toBe('gone')
    await stopped
    expect(workers.size).toBe(0)
  })

  test('told to stop, it does not wait for ever', async () => {
    const pool = await Pool.startLink(Impatient)
    const running = failure(Pool.run(pool, 'spin'))
    await until(pool.pid, (info) => info.running.length === 1)
    await GenServer.stop(pool)
    expect(await running).toMatchObject({ code: 'ERR_CALL_EXIT', reason: 'normal' })
    expect(workers.size).toBe(0)
  })

  test('killed, it takes its threads with it, also while it is stopping', async () => {
    for (const stopping of [false, true]) {
      const pool = await Pool.startLink(Work)
      const running = failure(Pool.run(pool, 'spin'))
      await until(pool.pid, (info) => info.running.length === 1)
      if (stopping) void failure(GenServer.stop(pool, 'shutdown'))
      Process.exit(pool, 'kill')
      expect(await running).toMatchObject({ code: 'ERR_CALL_EXIT', reason: 'killed' })
      await allGone()
    }
  })

  test('a module that cannot be loaded: the start fails, with the reason', async () => {
    using _log = captureLog()
    expect(await failure(Pool.startLink(Broken))).toMatchObject({ code: 'ERR_START', reason: ['undef', expect.objectContaining({ message: 'this module is broken' })] })
    expect(await failure(Pool.startLink(Breeding))).toMatchObject({ code: 'ERR_START', reason: ['undef', expect.objectContaining({ code: 'ERR_START_WHILE_LOADING' })] })
    await allGone()
  })

  test('a module that takes too long to load: the start fails, however rarely threads may die of it', async () => {
    using _log = captureLog()
    expect(await failure(Pool.startLink(Work, { bootTimeout: 1, maxDeaths: 100 }, { name: null }))).toMatchObject({ code: 'ERR_START', reason: 'timeout' })
    await allGone()
  })

  test('threads that Node refuses to make: the start fails, with what Node says', async () => {
    using _log = captureLog()
    expect(await failure(Pool.startLink(Work, { thread: { execArgv: ['--no-such-option'] } }, { name: null }))).toMatchObject({
      code: 'ERR_START', reason: ['max_deaths', ['error', expect.objectContaining({ code: 'ERR_WORKER_INVALID_EXEC_ARGV' })]],
    })
    await allGone()
  })

  test('a module that loads no more: each try is a death, and the pool gives up', async () => {
    using _log = captureLog()
    const flag = new Int32Array(new SharedArrayBuffer(8))
    const pool = await Pool.startLink(Fragile, { maxThreads: 1, thread: { workerData: flag } })
    const ended = down(pool)
    expect(await Pool.run(pool, 'read')).toBe(0)
    flag[0] = 1
    const runs = [Pool.run(pool, 'die'), Pool.run(pool, 'read')].map(failure)
    expect(await ended).toEqual(['max_deaths', ['undef', expect.objectContaining({ message: 'not this time' })]])
    expect(await Promise.all(runs)).toMatchObject([{ reason: ['process_exit', 1] }, { reason: ['max_deaths', ['undef', {}]] }])
  })

  test('a module that loads no more, and takes its time to fail: the pool gives up as well, and whoever waits is told', async () => {
    using _log = captureLog()
    const flag = new Int32Array(new SharedArrayBuffer(16))
    const pool = await Pool.startLink(Fragile, { maxThreads: 1, maxDeaths: 1, bootTimeout: 2_000, thread: { workerData: flag } })
    const ended = down(pool)
    // No two deaths come within one window.
    let now = performance.now()
    const time = jest.spyOn(performance, 'now').mockImplementation(() => (now += 10_000))
    flag[2] = 1 // the next load hangs,
    flag[1] = 2 // and those after it exit
    const runs = [Pool.run(pool, 'die'), Pool.run(pool, 'read')].map(failure)
    expect(await ended).toEqual(['max_deaths', ['process_exit', 5]])
    expect(await Promise.all(runs)).toMatchObject([{ reason: ['process_exit', 1] }, { reason: ['max_deaths', ['process_exit', 5]] }])
    time.mockRestore()
  })

  test('threads that die while they load: the start waits for others, or gives up', async () => {
    using _log = captureLog()
    const flag = new Int32Array(new SharedArrayBuffer(8))
    flag[1] = 2
    await using pool = await Pool.startLink(Fragile, { thread: { workerData: flag } })
    expect(await Pool.info(pool)).toMatchObject({ threads: 1, idle: 1, deaths: 2 })
    flag[1] = 2
    expect(await failure(Pool.startLink(Fragile, { maxDeaths: 1, thread: { workerData: flag } }, { name: null }))).toMatchObject({ code: 'ERR_START', reason: ['max_deaths', ['process_exit', 5]] })
  })

  test('a load that fails once is made good', async () => {
    using _log = captureLog()
    const flag = new Int32Array(new SharedArrayBuffer(8))
    await using pool = await Pool.startLink(Fragile, { minThreads: 2, maxThreads: 2, thread: { workerData: flag } })
    flag[0] = -1 // the next load fails, the one after does not
    await failure(Pool.run(pool, 'die'))
    expect(await until(pool.pid, (info) => info.idle === 2)).toMatchObject({ threads: 2, deaths: 2 })
  })
})
