// Threads that stand by for one child with its module imported, and threads that boot for children about to start.
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ChildProcess } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { BroadcastChannel, type Worker } from 'node:worker_threads'
import { GenServer, Process, Supervisor, type ChildSpec, type Pid } from 'starfish'
import { spareCount } from 'starfish/internal'
import { assertNoLeaks, captureLog, gate, restarted, startSupervised, virtualClock } from '@starfish/testing'
import Standby from '../fixtures/standby.js'

afterAll(() => assertNoLeaks())
beforeEach(() => Process.configure({ spares: 0 }))
afterEach(() => Process.configure({ spares: 0 }))

/** The threads that import the module, in order, as they come. */
function imports(): { next(): Promise<number>; close(): void } {
  const channel = new BroadcastChannel('imports of standby')
  const threads: number[] = []
  const waiting: ((thread: number) => void)[] = []
  channel.onmessage = (event) => {
    const thread = (event as { data: number }).data
    const resolve = waiting.shift()
    if (resolve) resolve(thread)
    else threads.push(thread)
  }
  return {
    next: () => (threads.length > 0 ? Promise.resolve(threads.shift()!) : new Promise((resolve) => waiting.push(resolve))),
    close: () => channel.close(),
  }
}

const child = (spec: Partial<ChildSpec> = {}): ChildSpec => ({ id: 'server', start: [Standby, null, { name: 'server' }], ...spec })

test('a child with standby comes back in a thread that had its module imported; then another stands by', async () => {
  using _log = captureLog()
  using clock = virtualClock()
  const threads = imports()
  {
    await using tree = await startSupervised([child({ standby: true })])
    const first = await threads.next()
    expect(await GenServer.call('server', 'thread')).toBe(first)
    await clock.advance(10)
    const second = await threads.next()
    const before = Process.whereis('server')!
    Process.exit(before, 'kill')
    await restarted(tree.pid, 'server', before)
    expect(await GenServer.call('server', 'thread')).toBe(second)
    await clock.advance(10)
    expect(await threads.next()).not.toBe(second)
    expect(spareCount()).toBe(1)
  }
  await clock.advance(1_000)
  expect(spareCount()).toBe(0)
  threads.close()
})

test('standby is for threads, true or false', async () => {
  await expect(GenServer.start(Standby, null, { standby: true, host: 'main' })).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
  expect(() => GenServer.define(__filename, { init: () => ({}) as never, standby: 'yes' as never })).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
  await expect(Supervisor.startLink([child({ standby: 1 as never })], { strategy: 'one_for_one' })).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
})

test('a thread that cannot import the module does not stand by, and the next start tells why', async () => {
  using _log = captureLog()
  using clock = virtualClock()
  const folder = await mkdtemp(join(tmpdir(), 'standby-'))
  const options = { standby: true, thread: { env: { FAILS_BESIDE: join(folder, 'lock') } } }
  const { pid } = (await GenServer.start(Standby, null, options)) as { pid: Pid }
  await writeFile(join(folder, 'lock'), '')
  await clock.advance(10)
  while (spareCount() > 0) await setImmediate()
  expect(await GenServer.start(Standby, null, options).then(undefined, (error: unknown) => error)).toMatchObject({ reason: ['undef', { message: 'locked' }] })
  await GenServer.stop(pid)
  await rm(folder, { recursive: true })
})

describe.each(['thread', 'process'] as const)('a spare %s that has just died', (isolation) => {
  const carriers: (Worker | ChildProcess)[] = []
  const onCarrier = (message: unknown): void => void carriers.push((message as { worker?: Worker }).worker ?? (message as { process: ChildProcess }).process)
  const source = isolation === 'thread' ? 'worker_threads' : 'child_process'
  beforeEach(() => {
    carriers.length = 0
    subscribe(source, onCarrier)
  })
  afterEach(() => void unsubscribe(source, onCarrier))
  const kill = (carrier: Worker | ChildProcess): void => void ('terminate' in carrier ? carrier.terminate() : process.kill(carrier.pid!, 'SIGKILL'))

  test('is not what a start fails of: that has a new one, and nobody hears of it', async () => {
    using log = captureLog()
    using clock = virtualClock()
    const options = { standby: true, isolation }
    const { pid: first } = (await GenServer.start(Standby, null, options)) as { pid: Pid }
    await clock.advance(10)
    expect(carriers).toHaveLength(2)
    Process.send(Process.self(), 'all from before')
    while ((await Process.receive(() => true)) !== 'all from before');
    kill(carriers[1]!)
    const starting = GenServer.startLink(Standby, null, { ...options, name: 'second' })
    const called = GenServer.call('second', 'thread', { timeout: Infinity })
    const { pid: second } = (await starting) as { pid: Pid }
    expect(Process.whereis('second')).toBe(second)
    expect(await called).toEqual(expect.any(Number))
    expect(carriers).toHaveLength(3)
    Process.send(Process.self(), 'no EXIT before')
    expect(await Process.receive(() => true)).toBe('no EXIT before')
    expect(log.events).toEqual([])
    Process.unlink(second)
    for (const pid of [first, second]) await GenServer.stop(pid)
  })

  test('of the start that it was given to: that start failed', async () => {
    using _log = captureLog()
    using clock = virtualClock()
    const { pid } = (await GenServer.start(Standby, null, { standby: true, isolation })) as { pid: Pid }
    await clock.advance(10)
    expect(carriers).toHaveLength(2)
    const failed = GenServer.start(Standby, 'die', { standby: true, isolation })
    await expect(failed).rejects.toMatchObject({ code: 'ERR_START', reason: isolation === 'thread' ? ['process_exit', 7] : ['signal', 'SIGKILL'] })
    expect(carriers).toHaveLength(2)
    await GenServer.stop(pid)
  })
})

test('while one child starts, the threads of the next boot, some at a time', async () => {
  const spot = gate()
  const children = Array.from({ length: 40 }, (_, id) => child({ id, start: [Standby, id === 0 ? spot : 'fail', { name: null }] }))
  using _log = captureLog()
  const tree = Supervisor.startLink(children, { strategy: 'one_for_one' })
  await gate.arrival(spot)
  const ahead = spareCount()
  gate.open(spot)
  expect(ahead).toBeGreaterThan(0)
  expect(ahead).toBeLessThan(39)
  // The second fails: those after it do not start, and what booted for them goes.
  await expect(tree).rejects.toMatchObject({ code: 'ERR_START' })
  expect(spareCount()).toBe(0)
})
