// The timeout that a callback returns: armed for the next wait, cancelled by a message, begun anew by a system message
// (otp-semantics R58). On the main thread, where time is the test's.
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals'
import { GenServer, Process, Sys, type Pid } from 'starfish'
import { assertNoLeaks, captureLog, expectNoMessage, receive, virtualClock, type CapturedLog, type VirtualClock } from '@starfish/testing'
import Scripted, { doing, type Argument, type Next } from '../fixtures/scripted.js'

let log: CapturedLog
let clock: VirtualClock
beforeEach(() => {
  log = captureLog()
  clock = virtualClock()
})
afterEach(() => {
  clock[Symbol.dispose]()
  log[Symbol.dispose]()
})
afterAll(() => assertNoLeaks())

const start = (argument: Partial<Argument> = {}) => GenServer.startLink(Scripted, { witness: Process.self(), ...argument }, { host: 'main' })
const isTimeout = ({ pid }: { pid: Pid }) => (message: unknown[]): boolean => message[0] === 'timed_out' && message[1] === pid
const timedOut = (server: { pid: Pid }): Promise<unknown> => receive(isTimeout(server), { timeout: 0 })
const notTimedOut = (server: { pid: Pid }): Promise<void> => expectNoMessage(isTimeout(server))

const armings: [string, (next: Next) => Promise<{ pid: Pid } & AsyncDisposable>][] = [
  ['init', (next) => start({ act: ['ok', next] })],
  ['a call', async (next) => {
    const server = await start()
    await GenServer.call(server, doing('a', ['reply', 1, next]))
    return server
  }],
  ['a call not answered', async (next) => {
    const server = await start()
    void GenServer.call(server, doing('a', ['noreply', next])).catch(() => undefined)
    await Sys.sync(server)
    return server
  }],
  ['a cast', async (next) => {
    const server = await start()
    GenServer.cast(server, doing('a', ['noreply', next]))
    await Sys.sync(server)
    return server
  }],
  ['an info', async (next) => {
    const server = await start()
    Process.send(server.pid, doing('a', ['noreply', next]))
    await Sys.sync(server)
    return server
  }],
  ['a continue', async (next) => start({ act: ['ok', { continue: doing('a', ['noreply', next]) }] })],
  ['an asynchronous callback', (next) => start({ act: ['ok', next], async: true })],
]

test.each(armings)('from %s: fires once', async (_from, arm) => {
  await using server = await arm({ timeout: 400 })
  await clock.advance(399)
  await notTimedOut(server)
  await clock.advance(1)
  await timedOut(server)
  await clock.advance(10_000)
  await notTimedOut(server)
})

test.each([
  ['call', (server: Pid) => GenServer.call(server, doing('b', ['reply', 1]))],
  ['cast', async (server: Pid) => GenServer.cast(server, doing('b', ['noreply']))],
  ['info', async (server: Pid) => Process.send(server, 'note')],
  ['unknown info', async (server: Pid) => Process.send(server, 'whatever')],
])('is cancelled by a %s', async (_what, send) => {
  await using server = await start({ act: ['ok', { timeout: 400 }] })
  await clock.advance(399)
  await send(server.pid)
  await clock.advance(10_000)
  await notTimedOut(server)
})

test('a message may arm another', async () => {
  await using server = await start({ act: ['ok', { timeout: 400 }] })
  await clock.advance(399)
  GenServer.cast(server, doing('b', ['noreply', { timeout: 300 }]))
  await clock.advance(299)
  await notTimedOut(server)
  await clock.advance(1)
  await timedOut(server)
})

test('a system message begins it anew', async () => {
  await using server = await start({ act: ['ok', { timeout: 400 }] })
  await clock.advance(250)
  await Sys.getState(server)
  await clock.advance(399)
  await notTimedOut(server)
  await clock.advance(1)
  await timedOut(server)
})

test('a suspended server does not time out; resumed, it waits from the beginning', async () => {
  await using server = await start({ act: ['ok', { timeout: 400 }] })
  await Sys.suspend(server)
  await clock.advance(10_000)
  await notTimedOut(server)
  await Sys.resume(server)
  await clock.advance(399)
  await notTimedOut(server)
  await clock.advance(1)
  await timedOut(server)
})

test('a message that waited while it was suspended cancels it', async () => {
  await using server = await start({ act: ['ok', { timeout: 400 }] })
  await Sys.suspend(server)
  GenServer.cast(server, doing('b', ['noreply']))
  await clock.advance(10_000)
  await Sys.resume(server)
  await clock.advance(10_000)
  await notTimedOut(server)
})

test('0: only when nothing lies in the mailbox', async () => {
  await using server = await start()
  GenServer.cast(server, doing('a', ['noreply', { timeout: 0 }]))
  GenServer.cast(server, doing('b', ['noreply']))
  await clock.advance(0)
  await notTimedOut(server)
  GenServer.cast(server, doing('c', ['noreply', { timeout: 0 }]))
  await Sys.sync(server)
  await clock.advance(0)
  await timedOut(server)
})

test('Infinity: never', async () => {
  await using server = await start({ act: ['ok', { timeout: Infinity }] })
  await clock.advance(1e12)
  await notTimedOut(server)
})

test.each([-1, NaN, '5'])('%p is a bad return', async (timeout) => {
  const server = await GenServer.start(Scripted, { witness: Process.self() }, { host: 'main' })
  const call = GenServer.call(server, doing('a', ['noreply', { timeout: timeout as number }]))
  await expect(call).rejects.toMatchObject({ reason: ['bad_return_value', { timeout }] })
})

test('the callback that gets it may end the server or arm it again', async () => {
  await using server = await start({ act: ['ok', { timeout: 100 }] })
  await clock.advance(100)
  await timedOut(server)
  expect((await Sys.getState<{ done: string[] }>(server)).done).toEqual(['init', 'timeout'])
})

test('in a thread, on its own clock', async () => {
  await using server = await GenServer.startLink(Scripted, { witness: Process.self(), act: ['ok', { timeout: 1 }] })
  await receive(isTimeout(server))
})
