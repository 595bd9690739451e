// Threads that are booted ahead of need, and who gets them.
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { GenServer, Process, type Pid, type StartOptions, Supervisor } from 'starfish'
import { spareCount, threadCount } from 'starfish/internal'
import { assertNoLeaks, captureLog, restarted, startSupervised, virtualClock } from '@starfish/testing'
import { type Carrier, carrierSpec } from '#core/process/carrier'
import { DEFINITION, type Definition } from '#core/process/definition'
import { Spares } from '#core/process/spares'
import Environment from '../fixtures/environment.js'
import Init from '../fixtures/init.js'
import Rehearsed from '../fixtures/rehearsed.js'

afterAll(() => assertNoLeaks())
beforeEach(() => Process.configure({ spares: 1 })) // which ends those of the test before
afterEach(() => Process.configure({ spares: 0 }))

const start = async (options: StartOptions = {}): Promise<Pid> => ((await GenServer.start(Environment, undefined, options)) as { pid: Pid }).pid
const threadOf = (pid: Pid): number => Process.info(pid)!.thread
/** Starts one, and lets the time pass after which its spare is made up for. */
const startAndRefill = async (options: StartOptions = {}): Promise<Pid> => {
  using clock = virtualClock()
  const pid = await start(options)
  await clock.advance(10)
  return pid
}
const stop = async (...pids: Pid[]): Promise<void> => {
  for (const pid of pids) await GenServer.stop(pid)
  await assertNoLeaks()
}

test('some ms after a start there is a spare, which is no thread of a process', async () => {
  using clock = virtualClock()
  const pid = await start()
  await clock.advance(9)
  expect(spareCount()).toBe(0)
  await clock.advance(1)
  expect([spareCount(), threadCount()]).toEqual([1, 1])
  await stop(pid)
  expect([spareCount(), threadCount()]).toEqual([1, 0])
})

test('a restart takes the spare, and another one is made', async () => {
  using _log = captureLog()
  using clock = virtualClock()
  await using tree = await startSupervised([{ id: 'server', start: [Environment, undefined, { name: 'server' }] }])
  const before = Process.whereis('server')!
  const thread = threadOf(before)
  await clock.advance(10)
  Process.exit(before, 'kill')
  const after = await restarted(tree.pid, 'server', before)
  // Threads are numbered as they are made: the spare was the next.
  expect(threadOf(after)).toBe(thread + 1)
  expect(spareCount()).toBe(0)
  await clock.advance(10)
  expect(spareCount()).toBe(1)
})

test('a spare goes through the life of a process before it has one, and nothing of that is left', async () => {
  using log = captureLog()
  using clock = virtualClock()
  const born = async (): Promise<Pid> => ((await GenServer.start(Rehearsed, undefined)) as { pid: Pid }).pid
  const first = await born()
  await clock.advance(10)
  const second = await born()
  expect(await Promise.all([first, second].map((pid) => GenServer.call(pid, 'hasRehearsed')))).toEqual([false, true])
  const said = log.events.length
  for (const slowly of [false, true]) expect(await GenServer.call(second, ['rehearse', slowly])).toEqual({ lives: 3, hadRoot: undefined, changes: [] })
  expect(log.events.length).toBe(said)
  await stop(first, second)
})

test('what is taken is made up for after the last of a row of starts, or 200 ms after the first', async () => {
  using clock = virtualClock()
  const spares = new Spares(() => ({ prepare: () => undefined, onLost: () => undefined }) as unknown as Carrier)
  const { [DEFINITION]: ref } = Environment as unknown as Definition
  const spec = carrierSpec(ref, 'thread')
  spares.hold(spec)
  const counts: number[] = []
  for (let ms = 0; ms < 207; ms += 9) {
    spares.refill(spec, ref)
    counts.push(spares.count)
    await clock.advance(9)
  }
  expect([counts.indexOf(1), counts.length]).toEqual([-1, 23]) // the last at 198
  expect(spares.count).toBe(1)
  spares.take(spec)
  spares.refill(spec, ref)
  await clock.advance(9)
  spares.refill(spec, ref)
  await clock.advance(9)
  expect(spares.count).toBe(0)
  await clock.advance(1)
  expect(spares.count).toBe(1)
})

test('0 turns them off, at once', async () => {
  const pid = await startAndRefill()
  expect(spareCount()).toBe(1)
  Process.configure({ spares: 0 })
  expect(spareCount()).toBe(0)
  const other = await startAndRefill()
  expect(spareCount()).toBe(0)
  await stop(pid, other)
})

test('as many as were asked for', async () => {
  Process.configure({ spares: 2 })
  const pid = await startAndRefill()
  expect(spareCount()).toBe(2)
  await stop(pid)
})

test.each([-1, 1.5, '1', undefined])('%p of them are refused', (spares) => {
  expect(() => Process.configure({ spares: spares as never })).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
})

test('threads that are made in another way have spares of their own', async () => {
  const thread = { resourceLimits: { maxOldGenerationSizeMb: 64 } }
  const plain = await startAndRefill()
  const limited = await startAndRefill({ thread })
  expect(spareCount()).toBe(2)
  const again = await startAndRefill({ thread })
  expect(threadOf(again)).toBe(threadOf(limited) + 1)
  expect(spareCount()).toBe(2)
  await stop(plain, limited, again)
})

test('they go a second after the last process, unless there is another by then', async () => {
  using clock = virtualClock()
  const first = await start()
  await clock.advance(10)
  await stop(first)
  await clock.advance(999)
  const second = await start()
  await clock.advance(1_000)
  expect(spareCount()).toBe(1)
  await stop(second)
  await clock.advance(999)
  expect(spareCount()).toBe(1)
  await clock.advance(1)
  expect(spareCount()).toBe(0)
})

test('a spare for a child that was never started, since the one before it failed, goes as well', async () => {
  using clock = virtualClock()
  using _log = captureLog()
  const never = { id: 'never', start: [Environment, undefined] as const, thread: { env: { NAME: 'never' } } }
  await expect(Supervisor.startLink([{ id: 'fails', start: [Init, 'stop'] as const }, never], { strategy: 'one_for_one' })).rejects.toMatchObject({ code: 'ERR_START' })
  await clock.advance(1_000)
  expect(spareCount()).toBe(0)
})

// In a program of its own: here `process.env` is a copy that threads know nothing of.
test('one from before a change of the environment is not used; and they keep no program alive', async () => {
  const program = join(__dirname, '../fixtures/spares-program.js')
  const output = await new Promise((resolve, reject) => {
    execFile(process.execPath, [program], { timeout: 20_000 }, (error, stdout) => (error ? reject(error) : resolve(stdout)))
  })
  expect(output).toBe('changed, spares: 1')
})

test('where no thread can be made there is no spare, and nobody fails for it', async () => {
  using clock = virtualClock()
  let tries = 0
  const spares = new Spares(() => {
    tries++
    throw Object.assign(new Error('EAGAIN'), { code: 'ERR_WORKER_INIT_FAILED' })
  })
  const definition = (Environment as unknown as Definition)[DEFINITION]
  const spec = carrierSpec(definition, 'thread')
  spares.hold(spec)
  spares.bootAhead([spec, spec])
  spares.refill(spec, definition)
  await clock.advance(1_000)
  expect([spares.take(spec), spares.count, tries]).toEqual([undefined, 0, 2])
  spares.clear()
})
