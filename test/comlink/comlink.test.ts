// Objects as supervised processes: what Comlink can do, what becomes of callers when the process dies, and after.
import { afterAll, describe, expect, test } from '@jest/globals'
import { GenServer, type Pid, Process, Supervisor } from 'starfish'
import * as Comlink from '@starfish/comlink'
import { assertNoLeaks, captureLog } from '@starfish/testing'
import Lender from './fixtures/lender.js'
import Box, { made, plain, type Box as BoxClass } from './fixtures/box.js'

afterAll(() => assertNoLeaks())

const failure = (promise: PromiseLike<unknown>): Promise<unknown> => Promise.resolve(promise).then(() => 'no error', (error: unknown) => error)

describe('an object in a process', () => {
  test('a class: methods, properties, getters, assignments, async methods', async () => {
    await using box = await GenServer.startLink(Box, { value: 2 })
    const remote = Comlink.wrap<BoxClass>(box.pid)
    expect(await remote.add(3)).toBe(5)
    expect([await remote.value, await remote.double, await remote.parts]).toEqual([5, 10, { label: 'box', sizes: [1, 2, 3] }])
    ;(remote as { value: unknown }).value = 20
    expect(await remote.later(1)).toBe(21)
    expect(await Comlink.wrap(Box).value).toBe(21)
  })

  test('an object as it is, and one that a function makes from the argument', async () => {
    await using _plain = await GenServer.startLink(plain, undefined)
    await using _made = await GenServer.startLink(made, 7)
    expect([await Comlink.wrap(plain).inc(), await Comlink.wrap(plain).inc()]).toEqual([1, 2])
    expect(await Comlink.wrap(made).get('value')).toBe(7)
  })

  test('it is disposed of when it is stopped in good order', async () => {
    const disposed = new Int32Array(new SharedArrayBuffer(4))
    const box = await GenServer.startLink(Box, { value: 0, disposed })
    await GenServer.stop(box)
    expect(disposed[0]).toBe(1)
  })

  test('buffers move both ways', async () => {
    await using _box = await GenServer.startLink(Box, { value: 0 })
    const bytes = new Uint8Array(8)
    const filled = await Comlink.wrap(Box).fill(Comlink.transfer(bytes, [bytes.buffer]), 3)
    expect([bytes.byteLength, await Comlink.wrap(Box).sum(filled)]).toEqual([0, 24])
  })

  test('callbacks and returned objects are proxies', async () => {
    await using _box = await GenServer.startLink(Box, { value: 0 })
    const remote = Comlink.wrap(Box)
    expect(await remote.each([1, 2], Comlink.proxy((value: number) => value * 10))).toEqual([10, 20])
    const lid = await remote.lid()
    expect(await lid.open()).toBe('open')
    lid[Comlink.releaseProxy]()
  })
})

describe('errors', () => {
  test('a method that throws tells its caller, and the process lives on', async () => {
    await using _box = await GenServer.startLink(Box, { value: 1 })
    const remote = Comlink.wrap(Box)
    expect(await failure(remote.fail())).toMatchObject({ name: 'RangeError', message: 'out of the box', stack: expect.stringContaining('box.') })
    expect(await failure(remote.unsendable())).toMatchObject({ name: 'TypeError', message: expect.stringContaining('nserializable') })
    expect(await remote.value).toBe(1)
  })

  test('an argument that cannot be sent fails at once, and says which part', async () => {
    await using _box = await GenServer.startLink(Box, { value: 1 })
    expect(await failure(Comlink.wrap(Box).add({ by: () => 1 } as never))).toMatchObject({ code: 'ERR_NOT_CLONEABLE', message: expect.stringContaining('by') })
  })

  test('an assignment that fails is logged, since nobody could be told', async () => {
    await using _box = await GenServer.startLink(Box, { value: 1 })
    using log = captureLog()
    const remote = Comlink.wrap(Box)
    ;(remote as { broken: unknown }).broken = 1
    expect(await remote.value).toBe(1)
    expect(log.events).toMatchObject([{ level: 'warn', message: expect.stringContaining('this property cannot be set') }])
  })

  test('misuse is told at once', () => {
    expect(() => Comlink.wrap(3 as never)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
    expect(() => Comlink.wrap(Box, { timeout: -1 })).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
    expect(() => Comlink.define(__filename, 'a string' as never)).toThrow(expect.objectContaining({ code: 'ERR_BAD_DEFINITION' }))
    expect(() => Comlink.define(__filename, Box as never, { nmae: 'x' } as never)).toThrow(expect.objectContaining({ code: 'ERR_BAD_DEFINITION' }))
  })
})

describe('when the process ends', () => {
  const ends: [string, (remote: Comlink.Remote<BoxClass>, pid: Pid) => unknown, unknown][] = [
    ['exits', (remote) => remote.exit(3), ['process_exit', 3]],
    ['is killed', (_remote, pid) => Process.exit(pid, 'kill'), 'killed'],
    ['is told to exit', (_remote, pid) => Process.exit(pid, ['give', 'up']), ['give', 'up']],
    ['fails outside of a method', (remote) => remote.die('lost'), 'lost'],
    ['is killed while it spins', (remote, pid) => { void failure(remote.spin()); Process.exit(pid, 'kill') }, 'killed'],
  ]

  test.each(ends)('it %s: whoever waits is told why', async (_how, end, reason) => {
    using _log = captureLog()
    const { pid } = await GenServer.start(Box, { value: 0 })
    const remote = Comlink.wrap<BoxClass>(pid)
    const lid = await remote.lid()
    await new Promise<void>((resolve) => {
      void failure(remote.stuck(Comlink.proxy(resolve)))
    })
    const waiting = [failure(remote.stuck()), failure(lid.stuck())]
    void failure(Promise.resolve(end(remote, pid)))
    for (const error of await Promise.all(waiting)) expect(error).toMatchObject({ name: 'CallError', reason })
    expect(await failure(remote.value)).toMatchObject({ code: 'ERR_CALL_NOPROC' })
    expect(await failure(lid.open())).toMatchObject({ name: 'CallError', reason })
  })

  test('the same wrap reaches the next one, and a request that comes in between waits for it', async () => {
    using _log = captureLog()
    await using _supervisor = await Supervisor.startLink([[Box, { value: 5 }]], { strategy: 'one_for_one' })
    const remote = Comlink.wrap(Box)
    expect(await remote.add(1)).toBe(6)
    Process.exit(Process.whereis('Box')!, 'kill')
    expect(await remote.value).toBe(5)
    expect(await remote.add(1)).toBe(6)
  })

  test('what it lent to others fails there, with its reason', async () => {
    using _log = captureLog()
    await using _box = await GenServer.startLink(Box, { value: 0 })
    const lender = await GenServer.start(Lender, Process.self())
    GenServer.cast(lender, 'lend')
    await Process.receive((message) => message === 'lent', { timeout: 10_000 })
    Process.exit(lender.pid, 'kill')
    expect(await Comlink.wrap(Box).asked()).toMatchObject({ name: 'CallError', reason: 'killed' })
  })
})

test('a request that takes too long', async () => {
  await using _box = await GenServer.startLink(Box, { value: 0 })
  expect(await failure(Comlink.wrap(Box, { timeout: 5 }).stuck())).toMatchObject({ code: 'ERR_CALL_TIMEOUT' })
})

test('a released wrap rejects what waits, and is of no more use', async () => {
  await using _box = await GenServer.startLink(Box, { value: 0 })
  const remote = Comlink.wrap(Box)
  const waiting = failure(remote.stuck())
  remote[Comlink.releaseProxy]()
  expect(await waiting).toMatchObject({ message: expect.stringContaining('released') })
  expect(() => remote.value).toThrow('released')
})
