// Sys: changing the state and the code of servers that run (sys.erl, replace_state/2 and change_code/4).
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Agent, DynamicSupervisor, GenServer, Process, Registry, Supervisor, Sys, type Pid } from 'starfish'
import { assertNoLeaks, captureLog, down, restarted, type CapturedLog } from '@starfish/testing'
import Watched, { Counter2, double, failing, Ledger, Ledger2, plus, Same } from '../fixtures/watched.js'
import Rules, { asAtFirst, Limits, rules } from '../fixtures/rules.js'

type Tree = Parameters<typeof Supervisor.whichChildren>[0]

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
  afterEach(() => void asAtFirst())
  const running = async (tree: Tree): Promise<unknown[]> => (await Supervisor.whichChildren(tree)).map(({ id, pid }) => [id, typeof pid === 'string'])
  const pidOf = async (tree: Tree, id: string): Promise<Pid> => (await Supervisor.whichChildren(tree)).find((child) => child.id === id)!.pid as Pid

  async function change(tree: Tree, to: Partial<typeof rules>): Promise<void> {
    Object.assign(rules, to)
    await Sys.suspend(tree)
    try {
      await Sys.changeCode(tree, null, 1)
    } finally {
      await Sys.resume(tree)
    }
  }

  test('takes the new options and specs; nobody is started or stopped, who is left out stays', async () => {
    await using tree = await Supervisor.startLink(Rules, undefined)
    const before = await Supervisor.whichChildren(tree)
    await change(tree, { strategy: 'rest_for_one', ids: ['d', 'c', 'a'] })
    // As OTP has it, the last started first.
    expect(await running(tree)).toEqual([['b', true], ['a', true], ['c', true], ['d', false]])
    expect((await Supervisor.whichChildren(tree)).filter(({ pid }) => pid)).toEqual(expect.arrayContaining(before))
    expect(await Sys.getState(tree)).toMatchObject({ strategy: 'rest_for_one' })
    await Supervisor.restartChild(tree, 'd')
    expect(await running(tree)).toContainEqual(['d', true])
  })

  test('goes by the new order and strategy when the next child dies, and by the old spec for who was left out', async () => {
    await using tree = await Supervisor.startLink(Rules, undefined)
    const [a, b, c] = [await pidOf(tree, 'a'), await pidOf(tree, 'b'), await pidOf(tree, 'c')]
    await change(tree, { strategy: 'rest_for_one', ids: ['c', 'a'] })
    Process.exit(a, 'kill')
    await Promise.all([down(a), down(b)]) // b comes last now
    await restarted(tree.pid, 'a', a)
    expect([await pidOf(tree, 'b') !== b, await pidOf(tree, 'c')]).toEqual([true, c])
  })

  test('restarts a child as its new spec says', async () => {
    await using tree = await Supervisor.startLink(Rules, undefined)
    await change(tree, { ids: ['a', 'b'], spec: { restart: 'temporary' } })
    const [b, c] = [await pidOf(tree, 'b'), await pidOf(tree, 'c')]
    Process.exit(b, 'kill')
    Process.exit(c, 'kill')
    await restarted(tree.pid, 'c', c) // in no spec: as before
    expect(await running(tree)).toEqual([['c', true], ['a', true]])
    await change(tree, { ids: ['a'], spec: { name: 'Named now' } })
    const a = await pidOf(tree, 'a')
    expect(Process.whereis('Named now')).toBeUndefined()
    Process.exit(a, 'kill')
    expect(await restarted(tree.pid, 'a', a)).toBe(Process.whereis('Named now'))
  })

  test('counts restarts against the new limit, those it has granted before included', async () => {
    const tree = await Supervisor.startLink(Rules, undefined)
    const ended = down(tree.pid)
    const a = await pidOf(tree, 'a')
    Process.exit(a, 'kill')
    const again = await restarted(tree.pid, 'a', a)
    await change(tree, { maxRestarts: 1 })
    Process.exit(again, 'kill')
    expect(await ended).toBe('shutdown')
  })

  test.each([
    ['a child becomes significant', {}, { spec: { restart: 'transient', significant: true }, autoShutdown: 'any_significant' }, ['a']],
    ['a child is significant no more', { spec: { restart: 'transient', significant: true }, autoShutdown: 'any_significant' }, { spec: { restart: 'transient' } }, []],
    ['from never to the last one', {}, { spec: { restart: 'transient', significant: true }, autoShutdown: 'all_significant' }, ['a', 'b', 'c']],
    ['from any to the last one', { spec: { restart: 'transient', significant: true }, autoShutdown: 'any_significant' }, { autoShutdown: 'all_significant' }, ['a', 'b', 'c']],
    ['from the last one to any', { spec: { restart: 'transient', significant: true }, autoShutdown: 'all_significant' }, { autoShutdown: 'any_significant' }, ['a']],
  ] as [string, Partial<typeof rules>, Partial<typeof rules>, string[]][])('shuts itself down by the new rule: %s', async (_, before, after, deaths) => {
    Object.assign(rules, before)
    const tree = await Supervisor.startLink(Rules, undefined)
    let ended = false
    const end = down(tree.pid).then((reason) => {
      ended = true
      return reason
    })
    await change(tree, after)
    const pids = await Promise.all(['a', 'b', 'c'].map((id) => pidOf(tree, id)))
    for (const [i, id] of (deaths.length === 0 ? ['a'] : deaths).entries()) {
      expect([id, ended]).toEqual([id, false])
      await GenServer.stop(pids[i]!)
      if (i < deaths.length - 1 || deaths.length === 0) await Sys.sync(tree)
    }
    if (deaths.length === 0) await Supervisor.stop(tree)
    expect(await end).toBe(deaths.length === 0 ? 'normal' : 'shutdown')
  })

  test.each([
    ['an unknown strategy', { strategy: 'what' }],
    ['two children of one id', { ids: ['a', 'a'] }],
    ['a spec that is none', { spec: { shutdown: -1 } }],
    ['a significant child under never', { spec: { restart: 'transient', significant: true } }],
  ] as unknown as [string, Partial<typeof rules>][])('keeps what it has when that is not valid: %s', async (_, to) => {
    await using tree = await Supervisor.startLink(Rules, undefined)
    const state = await Sys.getState(tree)
    await expect(change(tree, to)).rejects.toMatchObject({ code: 'ERR_CALLBACK_FAILED', cause: { code: 'ERR_BAD_CHILD_SPEC' } })
    expect(await Sys.getState(tree)).toEqual(state)
    expect(await running(tree)).toEqual([['c', true], ['b', true], ['a', true]])
  })

  test('so does a dynamic one', async () => {
    const started = await DynamicSupervisor.startLink(Limits, undefined)
    if (started === 'ignore') throw new Error('it said ignore')
    await using tree = started
    await change(tree, { most: 1 })
    await DynamicSupervisor.startChild(tree, [Watched, 0])
    await expect(DynamicSupervisor.startChild(tree, [Same, 0])).rejects.toMatchObject({ reason: 'max_children' })
    await expect(change(tree, { most: -1 })).rejects.toMatchObject({ code: 'ERR_CALLBACK_FAILED', cause: { code: 'ERR_BAD_CHILD_SPEC' } })
    expect(await Sys.getState(tree)).toMatchObject({ maxChildren: 1, children: [{ type: 'worker' }] })
  })
})

test('an agent gets another definition, and keeps what it has when codeChange fails', async () => {
  await using agent = await Agent.startLink(Ledger, 5)
  await Sys.suspend(agent)
  await expect(Sys.changeCode(agent, Ledger2, 'fail')).rejects.toMatchObject({ code: 'ERR_CALLBACK_FAILED' })
  expect(await Sys.getState(agent)).toBe(5)
  await Sys.changeCode(agent, Ledger2, 1)
  await Sys.resume(agent)
  expect(await Agent.get(agent.pid, 'sum')).toBe(5)
})
