// What a call comes to: an answer, now or later, from this process or another; a timeout; an abort; the server's end
// (otp-semantics R71-R77).
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { GenServer, Process, Sys, type CallError, type Pid } from 'starfish'
import { installClock } from 'starfish/internal'
import { assertNoLeaks, captureLog, down, gate, receive, virtualClock, type CapturedLog } from '@starfish/testing'
import Blocking from '../fixtures/blocking.js'
import Postman from '../fixtures/postman.js'
import Scripted, { doing, type Act } from '../fixtures/scripted.js'

let log: CapturedLog
beforeEach(() => void (log = captureLog()))
afterEach(() => log[Symbol.dispose]())
afterAll(() => assertNoLeaks())

const failed = (promise: Promise<unknown>): Promise<CallError> => promise.then((value) => Promise.reject(new Error(`got ${String(value)}`)), (error: CallError) => error)

describe.each(['thread', 'main'] as const)('a server on %s', (host) => {
  const postman = (options: Parameters<typeof GenServer.start>[2] = {}) => GenServer.startLink(Postman, undefined, { host, ...options })
  const scripted = () => GenServer.start(Scripted, { witness: Process.self() }, { host })

  describe('answers', () => {
    test('later, in any order', async () => {
      await using server = await postman()
      const order: string[] = []
      const calls = ['a', 'b', 'c'].map((name) => GenServer.call(server, 'hold').then((value) => order.push(`${name} ${String(value)}`)))
      await Sys.sync(server)
      GenServer.cast(server, ['answerAll', 'now'])
      await Promise.all(calls)
      expect(order).toEqual(['c now', 'b now', 'a now'])
    })

    test.each(['thread', 'main'] as const)('from another process, on %s', async (other) => {
      await using one = await postman()
      await using two = await GenServer.startLink(Postman, undefined, { host: other })
      expect(await GenServer.call(one, ['passTo', two.pid])).toBe('from elsewhere')
    })

    test('from the main program', async () => {
      await using server = await postman()
      const call = GenServer.call(server, 'hold')
      await Sys.sync(server)
      const { open } = await Sys.getState<{ open: [{ pid: Pid; tag: number }] }>(server)
      expect(open[0].pid).toBe(Process.self())
      GenServer.reply(open[0], { from: 'main' })
      expect(await call).toEqual({ from: 'main' })
      GenServer.reply(open[0], 'again') // nobody waits any more
      expect(await GenServer.call(server, 'get')).toBe(1)
    })

    test('once: the second answer goes nowhere', async () => {
      await using server = await postman()
      expect(await GenServer.call(server, 'twice')).toBe('first')
      expect(await GenServer.call(server, 'get')).toBe(0)
    })
  })

  describe('times out', () => {
    test('after 5000 ms when nothing is said', async () => {
      using clock = virtualClock()
      await using server = await postman()
      const call = failed(GenServer.call(server, 'hold'))
      await Sys.sync(server)
      await clock.advance(4998)
      const open = await Promise.race([call, Sys.sync(server)])
      expect(open).toBe(undefined)
      await clock.advance(2)
      expect(await call).toMatchObject({
        code: 'ERR_CALL_TIMEOUT', reason: 'timeout', exitReason: ['timeout', ['GenServer', 'call', [server.pid, 'hold', 5000]]],
        message: `GenServer.call failed: ('${server.pid}', 'hold') timeout: no reply within 5000 ms`,
      })
    })

    test('with 0: before any answer can come', async () => {
      await using server = await postman()
      expect((await failed(GenServer.call(server, 'hold', { timeout: 0 }))).reason).toBe('timeout')
    })

    test('never with Infinity', async () => {
      using clock = virtualClock()
      await using server = await postman()
      const call = GenServer.call(server, 'hold', { timeout: Infinity })
      await Sys.sync(server)
      await clock.advance(1e12)
      GenServer.cast(server, ['answerAll', 'at last'])
      expect(await call).toBe('at last')
    })

    test('and its late answer reaches no later call; the request was handled', async () => {
      using clock = virtualClock()
      await using server = await postman()
      const late = failed(GenServer.call(server, 'hold', { timeout: 100 }))
      await Sys.sync(server)
      await clock.advance(100)
      expect((await late).reason).toBe('timeout')
      const next = GenServer.call(server, 'hold')
      await Sys.sync(server)
      const [first] = (await Sys.getState<{ open: { pid: Pid; tag: number }[] }>(server)).open
      GenServer.reply(first!, 'too late')
      expect(await GenServer.call(server, 'get')).toBe(2)
      GenServer.cast(server, ['answerAll', 'in time'])
      expect(await next).toBe('in time')
    })

    test('the calls of one timeout, each at its own time', async () => {
      using clock = virtualClock()
      await using server = await postman()
      const ends: string[] = []
      const call = (name: string, timeout: number): unknown => failed(GenServer.call(server, 'hold', { timeout })).then(() => ends.push(`${name} ${clock.now}`))
      call('a', 300)
      await clock.advance(100)
      call('b', 300)
      call('c', 100)
      await clock.advance(1000)
      expect(ends).toEqual(['c 200', 'a 300', 'b 400'])
    })
  })

  describe('is aborted', () => {
    test('before it is sent', async () => {
      await using server = await postman()
      const caught = await failed(GenServer.call(server, 'hold', { signal: AbortSignal.abort('why') }))
      expect(caught).toMatchObject({ code: 'ERR_CALL_ABORTED', reason: 'aborted', cause: 'why' })
      expect(await GenServer.call(server, 'get')).toBe(0)
    })

    test('while it waits; the server still handles it, its answer is dropped', async () => {
      await using server = await postman()
      const controller = new AbortController()
      const call = failed(GenServer.call(server, 'hold', { signal: controller.signal }))
      await Sys.sync(server)
      controller.abort(new RangeError('enough'))
      expect(await call).toMatchObject({ code: 'ERR_CALL_ABORTED', cause: { name: 'RangeError', message: 'enough' } })
      expect(await GenServer.call(server, 'get')).toBe(1)
      GenServer.cast(server, ['answerAll', 'too late'])
      expect(await GenServer.call(server, 'get')).toBe(0)
    })

    test('an answered call is not', async () => {
      await using server = await postman()
      const controller = new AbortController()
      expect(await GenServer.call(server, 'get', { signal: controller.signal })).toBe(0)
      controller.abort()
    })
  })

  describe('fails with the reason of the end', () => {
    const ends: [Act, unknown][] = [
      [['stop', 'normal'], 'normal'],
      [['stop', 'shutdown'], 'shutdown'],
      [['exit', ['shutdown', 'moved']], ['shutdown', 'moved']],
      [['raise', 'oops'], ['error', expect.objectContaining({ name: 'TypeError', message: 'oops' })]],
    ]
    test.each(ends)('%j', async (act, reason) => {
      const server = await scripted()
      const waiting = failed(GenServer.call(server, doing('waits', ['noreply'])))
      const ending = failed(GenServer.call(server, doing('ends', act)))
      expect((await waiting).reason).toEqual(reason)
      expect((await ending).reason).toEqual(reason)
      expect(await waiting).toMatchObject({ code: 'ERR_CALL_EXIT', exitReason: [reason, ['GenServer', 'call', [server.pid, doing('waits', ['noreply']), 5000]]] })
      expect((await failed(GenServer.call(server.pid, 'late'))).reason).toBe('noproc')
    })

    test('killed', async () => {
      const server = await scripted()
      const waiting = failed(GenServer.call(server, doing('waits', ['noreply'])))
      await Sys.sync(server)
      Process.exit(server.pid, 'kill')
      expect((await waiting).reason).toBe('killed')
      expect((await waiting).message).toContain('the process ended first: killed')
    })
  })

  test('noproc when nobody has the name, and for a dead pid', async () => {
    const server = await postman()
    await GenServer.stop(server)
    expect(await failed(GenServer.call('nobody', 'get'))).toMatchObject({
      code: 'ERR_CALL_NOPROC', exitReason: ['noproc', ['GenServer', 'call', ['nobody', 'get', 5000]]],
      message: "GenServer.call failed: ('nobody', 'get') noproc: no process is there",
    })
    expect((await failed(GenServer.call(server.pid, 'get'))).reason).toBe('noproc')
  })

  test.each(['pid', 'name'] as const)('calling_self by %s', async (how) => {
    await using server = await postman({ name: 'postman' })
    expect(await GenServer.call(server, ['callItself', how])).toBe('ERR_CALL_SELF')
  })

  test('a server may call another, wherever it is', async () => {
    await using one = await postman()
    await using two = await GenServer.startLink(Postman, undefined, { name: 'two' })
    expect(await GenServer.call(one, ['call', { to: two.pid, message: 'get' }])).toEqual(['ok', 0])
    expect(await GenServer.call(one, ['call', { to: 'two', message: 'get' }])).toEqual(['ok', 0])
    expect(await GenServer.call(one, ['call', { to: 'two', message: 'hold', timeout: 1 }])).toEqual(['failed', 'ERR_CALL_TIMEOUT', 'timeout'])
    expect(await GenServer.call(one, ['call', { to: 'nobody', message: 'get' }])).toEqual(['failed', 'ERR_CALL_NOPROC', 'noproc'])
    const waiting = GenServer.call(one, ['call', { to: 'two', message: 'hold' }])
    await Sys.sync('two').then(() => Sys.sync('two'))
    while ((await GenServer.call(two, 'get')) < 2) await Sys.sync(two)
    await GenServer.stop(two, ['shutdown', 'moved'])
    expect(await waiting).toEqual(['failed', 'ERR_CALL_EXIT', ['shutdown', 'moved']])
  })

  test('cast says nothing to the dead, send refuses a name nobody has', async () => {
    const server = await postman()
    await GenServer.stop(server)
    GenServer.cast(server, ['answerAll', 1])
    GenServer.cast('nobody', 'inc')
    Process.send(server.pid, 'hello')
    expect(() => Process.send('nobody', 'hello')).toThrow(expect.objectContaining({ code: 'ERR_NOT_ALIVE' }))
  })

  test('stop: ok only for the reason that was asked for', async () => {
    const one = await scripted()
    await GenServer.stop(one, 'bye')
    const two = await GenServer.start(Scripted, { witness: Process.self(), last: ['exit', 'other'] }, { host })
    expect(await failed(GenServer.stop(two, 'bye'))).toMatchObject({ code: 'ERR_CALL_EXIT', reason: 'other' })
    expect(await failed(GenServer.stop('nobody'))).toMatchObject({ code: 'ERR_CALL_NOPROC' })
    expect(await failed(GenServer.stop(Process.self()))).toMatchObject({ code: 'ERR_CALL_SELF' })
  })
})

test('stop with a timeout: the server goes on', async () => {
  const hold = gate()
  const server = await GenServer.start(Blocking, undefined)
  GenServer.cast(server, ['block', hold])
  await gate.arrival(hold)
  expect(await failed(GenServer.stop(server, 'normal', 0))).toMatchObject({ code: 'ERR_CALL_TIMEOUT' })
  expect(Process.isAlive(server.pid)).toBe(true)
  await expect(GenServer.stop(server, 'normal', -1)).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
  const ref = Process.monitor(server.pid)
  gate.open(hold)
  // The request to stop was not taken back.
  expect((await receive((message) => message[1] === ref))[3]).toBe('normal')
})

test('an answer that arrived while this thread was busy past the timeout counts', async () => {
  const [before, after] = [gate(), gate()]
  await using server = await GenServer.startLink(Blocking, undefined)
  const timers: (() => void)[] = []
  let now = 0
  const handle = { ref: () => handle, unref: () => handle }
  const restore = installClock({ now: () => now, setTimeout: (callback) => (timers.push(callback), handle), clearTimeout: () => undefined })
  const call = GenServer.call(server, ['answerBetween', [before, after]], { timeout: 20 })
  restore()
  await gate.arrival(before)
  gate.open(before)
  // The event loop stands still while the answer is posted, and then comes to the timer first.
  while (Atomics.load(after.shared, 1) === 0);
  now = 30
  timers.forEach((fire) => fire())
  expect(await call).toBe('answered')
})

test('a killed server in the middle of a computation: the caller hears of it', async () => {
  const hold = gate()
  const server = await GenServer.start(Blocking, undefined)
  const call = failed(GenServer.call(server, ['spin', hold]))
  await gate.arrival(hold)
  Process.exit(server.pid, 'kill')
  expect((await call).reason).toBe('killed')
  expect(await down(server)).toBe('noproc')
})
