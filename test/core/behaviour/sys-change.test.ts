// Sys: changing the state and the code of servers that run (sys.erl, replace_state/2 and change_code/4).
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { DynamicSupervisor, GenServer, Process, Registry, Supervisor, Sys } from 'starfish'
import { assertNoLeaks, captureLog, down, restarted, type CapturedLog } from '@starfish/testing'
import Watched, { Counter2, double, failing, plus, Same } from '../fixtures/watched.js'
import Rules, { Limits, rules } from '../fixtures/rules.js'

let log: CapturedLog
beforeEach(() => void (log = captureLog()))
afterEach(() => log[Symbol.dispose]())
afterAll(() => assertNoLeaks())

describe.each(['thread', 'main'] as const)('on %s', (host) => {
  const startLink = () => GenServer.startLink(Watched, 5, { host })

  test('a function makes the new state of the old one, with a payload or without', async () => {
    await using server = await startLink()
    expect(await Sys.replaceState(server, double)).toBe(10)
    expect(await Sys.replaceState('Watched', [plus, 4])).toBe(14)
    expect(await GenServer.call(Watched, 'get')).toBe(14)
    expect(await Sys.replaceState(server, 1)).toBe(1)
  })

  test('a function that throws leaves the state as it was', async () => {
    await using server = await startLink()
    await expect(Sys.replaceState(server, failing)).rejects.toMatchObject({ code: 'ERR_CALLBACK_FAILED', cause: { name: 'RangeError', message: 'failed' } })
    expect(await GenServer.call(Watched, 'get')).toBe(5)
  })

  test('a suspended server gets another definition, and its state the form of that', async () => {
    await using server = await startLink()
    await Sys.suspend(server)
    const waiting = GenServer.call<number>(server.pid, 'negate')
    await Sys.changeCode(server, Counter2, 1, 'now')
    await Sys.resume(server)
    expect(await waiting).toBe(-5)
    expect(await Sys.getState(server)).toEqual({ count: 5, was: 1, note: 'now' })
  })

  test('one that does not change the form of the state needs no codeChange', async () => {
    await using server = await startLink()
    await Sys.suspend(server)
    await Sys.changeCode(server, Same, 1)
    await Sys.changeCode(server, null, 2)
    await Sys.resume(server)
    expect(await GenServer.call(server.pid, 'get')).toEqual(['same', 5])
  })

  test.each([
    ['refuse', "codeChange for Watched gave [ 'error', 'too old' ], not ok(state); it has the code and the state it had"],
    ['fail', 'codeChange for Watched threw RangeError: failed; it has the code and the state it had'],
  ])('a codeChange that says %s changes nothing', async (extra, message) => {
    await using server = await startLink()
    await Sys.suspend(server)
    await expect(Sys.changeCode(server, Counter2, 1, extra)).rejects.toMatchObject({ code: 'ERR_CALLBACK_FAILED', message })
    await Sys.resume(server)
    expect(await GenServer.call(Watched, ['add', 1])).toBe('added')
  })

  test('a server that runs is not changed', async () => {
    await using server = await startLink()
    await expect(Sys.changeCode(server, Counter2, 1)).rejects.toMatchObject({ code: 'ERR_NOT_SUSPENDED' })
    await expect(Sys.changeCode(server, 'Counter2' as never, 1)).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
    await Sys.suspend(server)
    await expect(Sys.changeCode(server, double, 1)).rejects.toMatchObject({ code: 'ERR_BAD_DEFINITION' })
  })

  test('terminate is heard before it is done', async () => {
    const server = await startLink()
    const ended = down(server.pid)
    await Sys.suspend(server)
    await Sys.terminate(server, ['shutdown', 'told to'])
    expect(await ended).toEqual(['shutdown', 'told to'])
    await expect(Sys.terminate(server, 1 as never)).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
  })
})

test('a closure goes to a server of the same thread, and to no other', async () => {
  await using here = await GenServer.startLink(Watched, 5, { host: 'main', name: null })
  await using there = await GenServer.startLink(Watched, 5, { name: null })
  let calls = 0
  const increase = (count: number): number => count + ++calls
  expect(await Sys.replaceState(here, increase)).toBe(6)
  await expect(Sys.replaceState(there, increase)).rejects.toMatchObject({ code: 'ERR_NOT_CLONEABLE', message: expect.stringContaining('write export const change = Sys.define(') })
  expect(await Sys.getState(there)).toBe(5)
})

test('a server that comes back has the definition of its child spec', async () => {
  await using tree = await Supervisor.startLink([[Watched, 5]], { strategy: 'one_for_one' })
  const pid = Process.whereis('Watched')!
  await Sys.suspend(pid)
  await Sys.changeCode(pid, Counter2, 1, '')
  Process.exit(pid, 'kill')
  expect(await Sys.getState(await restarted(tree.pid, 'Watched', pid))).toBe(5)
})

describe('what is of the library', () => {
  const child = { restart: 'permanent', shutdown: 5000, type: 'worker', significant: false }

  test('a supervisor shows options and children, and keeps its state', async () => {
    await using tree = await Supervisor.startLink([{ id: 'one', start: [Watched, 0] }], { strategy: 'rest_for_one', maxRestarts: 9 })
    const state = { strategy: 'rest_for_one', maxRestarts: 9, maxSeconds: 5, autoShutdown: 'never', children: [{ ...child, id: 'one', pid: Process.whereis('Watched') }] }
    expect(await Sys.getState(tree)).toEqual(state)
    expect((await Sys.getStatus(tree)).state).toContain("strategy: 'rest_for_one'")
    await expect(Sys.replaceState(tree, {})).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
    await expect(Sys.replaceState(tree, (all: unknown) => all)).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
  })

  test('a suspended supervisor restarts nobody until it goes on', async () => {
    await using tree = await Supervisor.startLink([[Watched, 0]], { strategy: 'one_for_one' })
    const pid = Process.whereis('Watched')!
    await Sys.suspend(tree)
    Process.exit(pid, 'kill')
    await down(pid)
    await Sys.sync(tree)
    const again = GenServer.call(Watched, 'get')
    expect(Process.whereis('Watched')).toBeUndefined()
    await Sys.resume(tree)
    expect(await again).toBe(0)
  })

  test('a dynamic supervisor', async () => {
    await using tree = await DynamicSupervisor.startLink({ maxChildren: 3 })
    const { pid } = await DynamicSupervisor.startChild(tree, [Watched, 0])
    expect(await Sys.getState(tree)).toMatchObject({ strategy: 'one_for_one', maxChildren: 3, children: [{ ...child, pid }] })
  })

  test('a registry', async () => {
    await using registry = await Registry.startLink({ name: 'Rooms', keys: 'unique', meta: { floor: 1 } })
    await Registry.register('Rooms', 'lobby', 7)
    expect(await Sys.getState(registry)).toEqual({ name: 'Rooms', keys: 'unique', listeners: [], meta: { floor: 1 }, entries: [['lobby', Process.self(), 7]] })
  })
})

describe('a supervisor whose init says something else', () => {
  afterEach(() => void Object.assign(rules, { strategy: 'one_for_one', ids: ['a', 'b', 'c'] }))
  const ids = async (tree: Parameters<typeof Supervisor.whichChildren>[0]): Promise<unknown[]> => (await Supervisor.whichChildren(tree)).map(({ id, pid }) => [id, typeof pid === 'string'])

  test('takes the new options and specs; nobody is started or stopped, who is left out stays', async () => {
    await using tree = await Supervisor.startLink(Rules, undefined)
    const running = await Supervisor.whichChildren(tree)
    Object.assign(rules, { strategy: 'rest_for_one', ids: ['d', 'c', 'a'] })
    await Sys.suspend(tree)
    await Sys.changeCode(tree, null, 1)
    await Sys.resume(tree)
    // As OTP has it, the last started first.
    expect(await ids(tree)).toEqual([['b', true], ['a', true], ['c', true], ['d', false]])
    expect((await Supervisor.whichChildren(tree)).filter(({ pid }) => pid)).toEqual(expect.arrayContaining(running))
    expect(await Sys.getState(tree)).toMatchObject({ strategy: 'rest_for_one' })
    await Supervisor.restartChild(tree, 'd')
    expect(await ids(tree)).toContainEqual(['d', true])
  })

  test('keeps what it has when that is not valid', async () => {
    await using tree = await Supervisor.startLink(Rules, undefined)
    Object.assign(rules, { strategy: 'what' })
    await Sys.suspend(tree)
    await expect(Sys.changeCode(tree, null, 1)).rejects.toMatchObject({ code: 'ERR_CALLBACK_FAILED', cause: { code: 'ERR_BAD_CHILD_SPEC' } })
    await Sys.resume(tree)
    expect(await ids(tree)).toEqual([['c', true], ['b', true], ['a', true]])
  })

  test('so does a dynamic one', async () => {
    const started = await DynamicSupervisor.startLink(Limits, undefined)
    if (started === 'ignore') throw new Error('it said ignore')
    await using tree = started
    rules.most = 1
    await Sys.suspend(tree)
    await Sys.changeCode(tree, null, 1)
    await Sys.resume(tree)
    await DynamicSupervisor.startChild(tree, [Watched, 0])
    await expect(DynamicSupervisor.startChild(tree, [Same, 0])).rejects.toMatchObject({ reason: 'max_children' })
  })
})
