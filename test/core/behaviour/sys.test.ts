// Sys: looking into servers and holding them (otp-semantics R70).
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { GenServer, Process, Sys } from 'starfish'
import { assertNoLeaks, captureLog, expectNoMessage, gate, receive, type CapturedLog } from '@starfish/testing'
import Blocking from '../fixtures/blocking.js'
import Scripted, { doing, type Argument } from '../fixtures/scripted.js'

let log: CapturedLog
beforeEach(() => void (log = captureLog()))
afterEach(() => log[Symbol.dispose]())
afterAll(() => assertNoLeaks())

describe.each(['thread', 'main'] as const)('on %s', (host) => {
  const startLink = (argument: Partial<Argument> = {}) => GenServer.startLink(Scripted, { witness: Process.self(), ...argument }, { host, name: 'held' })

  test('getState and replaceState, by pid, by name and by handle, suspended too', async () => {
    await using server = await startLink()
    const state = { witness: Process.self(), done: ['init'] }
    expect(await Sys.getState(server)).toEqual(state)
    expect(await Sys.getState(server.pid)).toEqual(state)
    expect(await Sys.getState('held')).toEqual(state)
    await Sys.suspend('held')
    expect(await Sys.replaceState('held', { ...state, done: ['replaced'] })).toEqual({ ...state, done: ['replaced'] })
    await Sys.resume('held')
    await GenServer.call(server, doing('a', ['reply', 1]))
    expect((await Sys.getState<typeof state>(server)).done).toEqual(['replaced', 'call a'])
  })

  test('a suspended server answers Sys only; what waits is handled when it goes on', async () => {
    await using server = await startLink()
    await Sys.suspend(server)
    const call = GenServer.call(server, doing('a', ['reply', 'answered']))
    GenServer.cast(server, doing('b', ['noreply']))
    Process.send(server, 'note')
    await Sys.sync(server)
    expect(await Sys.getStatus(server)).toMatchObject({ status: 'suspended', mailbox: 3 })
    await expect(GenServer.call(server, doing('c', ['reply', 'late']), { timeout: 0 })).rejects.toMatchObject({ reason: 'timeout' })
    await Sys.resume(server)
    expect(await call).toBe('answered')
    await Sys.sync(server)
    const { done } = await Sys.getState<{ done: string[] }>(server)
    // The request of the caller who gave up is handled all the same.
    expect(done).toEqual(['init', 'call a', 'cast b', 'note', 'call c'])
  })

  test("a suspended server obeys its parent's exit signal", async () => {
    const server = await startLink({ trapExit: true })
    const ref = Process.monitor(server.pid)
    await Sys.suspend(server)
    GenServer.cast(server, doing('b', ['noreply']))
    Process.exit(server.pid, 'because')
    expect(await receive((message) => message[1] === ref)).toEqual(['DOWN', ref, server.pid, 'because'])
    expect(await receive((message) => message[0] === 'terminated' && message[1] === server.pid)).toEqual(['terminated', server.pid, 'because', ['init']])
  })

  test('a suspended server can be stopped and killed', async () => {
    const one = await startLink()
    await Sys.suspend(one)
    await GenServer.stop(one)
    const two = await startLink()
    await Sys.suspend(two)
    const ref = Process.monitor(two.pid)
    Process.exit(two.pid, 'kill')
    expect((await receive((message) => message[1] === ref))[3]).toBe('killed')
  })

  test('suspend and resume may come twice', async () => {
    await using server = await startLink()
    await Sys.suspend(server)
    await Sys.suspend(server)
    await Sys.resume(server)
    await Sys.resume(server)
    expect(await GenServer.call(server, doing('a', ['reply', 1]))).toBe(1)
  })

  test('getStatus', async () => {
    await using server = await startLink()
    expect(await Sys.getStatus(server)).toEqual({
      pid: server.pid, name: 'held', parent: Process.self(), status: 'running', mailbox: 0, log: [], state: `{ witness: '${Process.self()}', done: [ 'init' ] }`,
    })
  })

  test('sync settles when all that was sent before is handled', async () => {
    await using server = await startLink()
    for (let i = 0; i < 100; i++) Process.send(server, 'note')
    await Sys.sync(server)
    const { done } = await Sys.getState<{ done: string[] }>(server)
    expect(done).toHaveLength(101)
  })

  test('a dead server, an unknown name, oneself', async () => {
    const server = await startLink()
    await GenServer.stop(server)
    await expect(Sys.getState(server)).rejects.toMatchObject({ code: 'ERR_CALL_NOPROC', message: expect.stringMatching(/^Sys\.getState failed: /) })
    await expect(Sys.sync('nobody')).rejects.toMatchObject({ code: 'ERR_CALL_NOPROC' })
    await expect(Sys.suspend(Process.self())).rejects.toMatchObject({ code: 'ERR_CALL_SELF' })
  })
})

test('a timeout, and what it is called', async () => {
  const hold = gate()
  await using server = await GenServer.startLink(Blocking, undefined)
  GenServer.cast(server, ['block', hold])
  await gate.arrival(hold)
  await expect(Sys.getState(server, { timeout: 0 })).rejects.toMatchObject({ code: 'ERR_CALL_TIMEOUT', message: expect.stringContaining('Sys.getState failed') })
  gate.open(hold)
  await Sys.sync(server)
  await expectNoMessage('late')
})
