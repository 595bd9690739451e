// When terminate is called, and when it is not (otp-semantics R62). How callbacks end a server is in returns.test.ts.
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { GenServer, Process, type Pid } from 'starfish'
import { assertNoLeaks, captureLog, down, expectNoMessage, gate, receive, type CapturedLog } from '@starfish/testing'
import Blocking from '../fixtures/blocking.js'
import Parent from '../fixtures/parent.js'
import Scripted, { doing, type Argument } from '../fixtures/scripted.js'
import Signal from '../fixtures/signal.js'

let log: CapturedLog
beforeEach(() => void (log = captureLog()))
afterEach(() => log[Symbol.dispose]())
afterAll(() => assertNoLeaks())

const of = (tag: string, { pid }: { pid: Pid }) => (message: unknown[]): boolean => message[0] === tag && message[1] === pid
const terminated = async (server: { pid: Pid }): Promise<unknown> => (await receive(of('terminated', server)))[2]

describe.each(['thread', 'main'] as const)('on %s', (host) => {
  const start = (argument: Partial<Argument> = {}) => GenServer.start(Scripted, { witness: Process.self(), ...argument }, { host })
  const startLink = (argument: Partial<Argument> = {}) => GenServer.startLink(Scripted, { witness: Process.self(), ...argument }, { host })

  test('GenServer.stop calls it, with the reason', async () => {
    const server = await start()
    await GenServer.stop(server, ['shutdown', 'why'])
    expect(await terminated(server)).toEqual(['shutdown', 'why'])
  })

  test('an exit signal that is not trapped does not', async () => {
    const server = await startLink()
    const ref = Process.monitor(server.pid)
    Process.exit(server.pid, 'shutdown')
    expect((await receive((message) => message[1] === ref))[3]).toBe('shutdown')
    await expectNoMessage(of('terminated', server))
  })

  test.each([false, true])('kill does not, trapping %s', async (trapExit) => {
    const server = await start({ trapExit })
    const ref = Process.monitor(server.pid)
    Process.exit(server.pid, 'kill')
    expect((await receive((message) => message[1] === ref))[3]).toBe('killed')
    await expectNoMessage(of('terminated', server))
  })

  test("the parent's exit signal does, when it is trapped", async () => {
    const server = await startLink({ trapExit: true })
    const ref = Process.monitor(server.pid)
    Process.exit(server.pid, 'because')
    expect(await terminated(server)).toBe('because')
    expect((await receive((message) => message[1] === ref))[3]).toBe('because')
    await expectNoMessage(of('got_exit', server))
  })

  test("another's exit signal is a message when it is trapped", async () => {
    await using server = await startLink({ trapExit: true })
    const other = await GenServer.startLink(Signal, undefined, { host })
    await GenServer.call(other, ['exit', { pid: server.pid, reason: 'because' }])
    expect(await receive(of('got_exit', server))).toEqual(['got_exit', server.pid, other.pid, 'because'])
    expect(Process.isAlive(server.pid)).toBe(true)
    await expectNoMessage(of('terminated', server))
    await GenServer.stop(other)
  })

  test('who starts without a link is no parent: its exit signal is a message', async () => {
    const server = await start({ trapExit: true })
    Process.exit(server.pid, 'because')
    expect(await receive(of('got_exit', server))).toEqual(['got_exit', server.pid, Process.self(), 'because'])
    await GenServer.stop(server)
  })

  test.each([false, true])("the parent's end does, when it is trapped: %s", async (trapExit) => {
    const parent = await GenServer.start(Parent, undefined, { host })
    const child = await GenServer.call(parent, ['start', { witness: Process.self(), trapExit }])
    const ref = Process.monitor(child)
    await GenServer.stop(parent, 'gone').catch(() => undefined)
    expect((await receive((message) => message[1] === ref))[3]).toBe('gone')
    if (trapExit) expect(await terminated({ pid: child })).toBe('gone')
    else await expectNoMessage(of('terminated', { pid: child }))
  })

  test("the parent's signal comes in its turn: what lies before it is handled first", async () => {
    const server = await startLink({ trapExit: true })
    GenServer.cast(server, doing('before', ['noreply']))
    Process.exit(server.pid, 'because')
    expect(await receive(of('terminated', server))).toEqual(['terminated', server.pid, 'because', ['init', 'cast before']])
  })

  test('context.signal aborts when the server is told to stop', async () => {
    const server = await GenServer.startLink(Signal, undefined, { host })
    const call = GenServer.call(server, 'untilAborted')
    const stopped = GenServer.stop(server)
    expect(await call).toMatch(/was told to stop$/)
    await stopped
  })
})

test('it runs in a server that a long callback delays, and after that callback', async () => {
  const hold = gate()
  const server = await GenServer.start(Blocking, undefined)
  GenServer.cast(server, ['block', hold])
  await gate.arrival(hold)
  const stopping = GenServer.stop(server)
  expect(Process.isAlive(server.pid)).toBe(true)
  gate.open(hold)
  await stopping
  expect(await down(server)).toBe('noproc')
})
