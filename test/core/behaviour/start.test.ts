// How servers start and fail to: what startLink gives or throws, names, timeouts (otp-semantics R51-R55).
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { GenServer, Process, Sys, type Pid, type StartError, type Started } from 'starfish'
import { assertNoLeaks, captureLog, down, expectNoMessage, receive, virtualClock, type CapturedLog } from '@starfish/testing'
import Starting, { type Argument, type Start } from '../fixtures/starting.js'
import Missing from '../fixtures/unloadable.js'

let log: CapturedLog
beforeEach(() => void (log = captureLog()))
afterEach(() => log[Symbol.dispose]())
afterAll(() => assertNoLeaks())

type Server = Started<typeof Starting>
type Options = Parameters<typeof GenServer.start>[2]

const expectNone = (tag: string, pid: unknown): Promise<void> => expectNoMessage((message) => message[0] === tag && message[1] === pid)

const failed = (start: Promise<unknown>): Promise<StartError> => start.then(() => Promise.reject(new Error('it started')), (error: StartError) => error)

describe.each(['thread', 'main'] as const)('on %s', (host) => {
  const start = (how: Start, argument: Partial<Argument> = {}, options: Options = {}) => GenServer.start(Starting, { how, ...argument }, { host, ...options })
  const startLink = (how: Start, argument: Partial<Argument> = {}, options: Options = {}) => GenServer.startLink(Starting, { how, ...argument }, { host, ...options })

  test.each([false, true])('ok and ignore, async %s', async (async) => {
    await using server = (await startLink(['ok'], { async })) as Server
    expect(Process.isAlive(server.pid)).toBe(true)
    expect(await GenServer.call(server.pid, 'get')).toBe('up')
    expect(await startLink(['ignore'], { async }, { name: 'ignored' })).toBe('ignore')
    expect(Process.whereis('ignored')).toBe(undefined)
    expect(log.events).toEqual([])
  })

  test('ok that is thrown is ok', async () => {
    await using server = (await startLink(['throw_ok'])) as Server
    expect(await GenServer.call(server.pid, 'get')).toBe('thrown')
  })

  const error = (name: string, message: string): unknown => expect.objectContaining({ name, message })
  const failures: [Start, unknown, boolean][] = [
    [['stop', 'normal'], 'normal', false],
    [['stop', 'shutdown'], 'shutdown', false],
    [['stop', ['shutdown', 'why']], ['shutdown', 'why'], false],
    [['stop', ['boom', { a: [1] }]], ['boom', { a: [1] }], true],
    [['exit', 'boom'], 'boom', true],
    [['raise', 'no'], ['error', error('RangeError', 'no')], true],
    [['return', 'nonsense'], ['bad_return_value', 'nonsense'], true],
    [['return', undefined], ['bad_return_value', undefined], true],
    [['throw', 'nonsense'], ['bad_return_value', 'nonsense'], true],
  ]

  // A thread is dear: there every other way is enough.
  test.each(host === 'main' ? failures : failures.filter((_row, i) => i % 2 === 1))('%j fails with %j', async (how, reason, reported) => {
    const witness = Process.self()
    const async = host === 'main'
    const caught = await failed(startLink(how, { async, witness }, { name: 'failing' }))
    expect(caught).toMatchObject({ code: 'ERR_START', name: 'StartError', reason })
    expect(caught.message).toMatch(/^starting did not start: /)
    // The process is gone, its name is free.
    const [, pid] = await receive('init')
    expect(Process.info(pid as Pid)).toBe(undefined)
    expect(Process.whereis('failing')).toBe(undefined)
    // As after OTP's start_link, the starter hears of it over the link, with the same reason.
    expect(await receive((message) => message[0] === 'EXIT' && message[1] === pid)).toEqual(['EXIT', pid, reason])
    await expectNone('terminated', pid)
    expect(log.events.map(({ kind }) => kind)).toEqual(reported ? ['crash'] : [])
    expect(log.events.every((event) => event.kind === 'crash' && event.phase === 'init')).toBe(true)
  })

  test('the error that init threw is the cause', async () => {
    const { cause } = await failed(start(['raise', 'no']))
    expect(cause).toMatchObject({ name: 'RangeError', message: 'no' })
    expect((cause as Error).stack).toContain('starting')
  })

  test('start does not link', async () => {
    await failed(start(['stop', 'boom'], { witness: Process.self() }))
    const [, pid] = await receive('init')
    await expectNone('EXIT', pid)
  })

  test('a server that is stopped fails calls with noproc', async () => {
    const server = (await start(['ok'])) as Server
    const ref = Process.monitor(server.pid)
    await GenServer.stop(server, 'stopped')
    expect(await receive((message) => message[1] === ref)).toEqual(['DOWN', ref, server.pid, 'stopped'])
    await expect(GenServer.call(server.pid, 'get')).rejects.toMatchObject({ reason: 'noproc' })
    await expect(GenServer.stop(server)).rejects.toMatchObject({ code: 'ERR_CALL_NOPROC', reason: 'noproc' })
  })

  test('a taken name: already_started, and init does not run', async () => {
    await using first = (await startLink(['ok'], {}, { name: 'taken' })) as Server
    const caught = await failed(startLink(['ok'], { witness: Process.self() }, { name: 'taken' }))
    expect(caught.reason).toEqual(['already_started', first.pid])
    await Sys.sync('taken')
    await expectNoMessage('init')
    expect(Process.whereis('taken')).toBe(first.pid)
  })

  test('the name is there while init runs, and what is sent meanwhile waits', async () => {
    const starting = startLink(['wait'], { witness: Process.self() }, { name: 'early' })
    const [, pid] = await receive('init')
    expect(GenServer.whereis('early')).toBe(pid)
    expect(Process.info('early')).toMatchObject({ status: 'starting' })
    const call = GenServer.call('early', 'get')
    Process.send('early', 'go')
    await using server = (await starting) as Server
    expect(`${server}`).toBe(pid)
    expect(await call).toBe('up')
  })

  test('name null registers none; another name can be given', async () => {
    await using nameless = (await startLink(['ok'], {}, { name: null })) as Server
    await using named = (await startLink(['ok'], {}, { name: 'other' })) as Server
    expect(Process.whereis('starting')).toBe(undefined)
    expect(GenServer.whereis('other')).toBe(named.pid)
    expect(await GenServer.call(nameless.pid, 'get')).toBe('up')
  })

  test('a start that takes too long is killed', async () => {
    using clock = virtualClock()
    const starting = failed(startLink(['hang'], { witness: Process.self() }, { timeout: 1000, name: 'slow' }))
    const [, pid] = await receive('init')
    await clock.advance(999)
    expect(Process.whereis('slow')).toBe(pid)
    await clock.advance(1)
    expect((await starting).reason).toBe('timeout')
    expect(Process.whereis('slow')).toBe(undefined)
    await expectNone('EXIT', pid) // who started it has heard (proc_lib.erl, sync_start_link)
    await expectNone('terminated', pid)
  })

  test('a start that is quick enough outlives its timeout', async () => {
    using clock = virtualClock()
    await using server = (await startLink(['ok'], {}, { timeout: 1000 })) as Server
    await clock.advance(5000)
    expect(await GenServer.call(server.pid, 'get')).toBe('up')
  })
})

test.each([['stop', 'no'], ['ignore'], ['raise', 'no']] as Start[])('the name is free when a failed start returns: %s', async (...how) => {
  for (let i = 0; i < 100; i++) {
    const host = i % 25 === 0 ? 'thread' : 'main'
    await GenServer.start(Starting, { how: how as unknown as Start }, { name: 'again', host }).catch(() => undefined)
    expect(Process.whereis('again')).toBe(undefined)
    const next = (await GenServer.start(Starting, { how: ['ok'] }, { name: 'again', host: 'main' })) as Server
    await GenServer.stop(next)
  }
})

test('a module that cannot be loaded', async () => {
  const { reason, message } = await failed(GenServer.start(Missing, 0))
  expect(reason).toEqual(['undef', expect.objectContaining({ name: 'SyntaxError', message: 'this module cannot be loaded in a thread' })])
  expect(message).toBe('unloadable did not start: [undef, SyntaxError: this module cannot be loaded in a thread]')
})

test('kill while init runs: the start fails with that reason', async () => {
  const starting = failed(GenServer.start(Starting, { how: ['hang'], witness: Process.self() }))
  const [, pid] = await receive('init')
  Process.exit(pid as Pid, 'kill')
  expect((await starting).reason).toBe('killed')
  expect(await down(pid as Pid)).toBe('noproc')
})
