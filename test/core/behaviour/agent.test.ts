// Agents: functions on a state in a process of its own (agent.ex).
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals'
import { Agent, Process, Registry, type Started } from 'starfish'
import { assertNoLeaks, captureLog, type CapturedLog, down, restarted, startSupervised, sync, virtualClock } from '@starfish/testing'
import { Cache, Where } from '../fixtures/cache.js'

let log: CapturedLog
beforeEach(() => void (log = captureLog()))
afterEach(() => log[Symbol.dispose]())
afterAll(() => assertNoLeaks())

const start = async (): Promise<Started<typeof Cache>> => Agent.start(Cache, [['a', 1]], { name: null })

test('get looks, update changes, getAndUpdate does both, cast does not wait', async () => {
  await using agent = await Agent.startLink(Cache, [['a', 1]])
  expect(await Agent.get(Cache, ['lookup', 'a'])).toBe(1)
  expect(await Agent.update(Cache, ['put', ['b', 2]])).toBeUndefined()
  expect(await Agent.get(agent, 'size')).toBe(2)
  expect(await Agent.getAndUpdate(agent.pid, ['take', 'a'])).toBe(1)
  expect(Agent.cast(Cache, ['put', ['c', 3]])).toBe(true)
  expect(await Agent.get(Cache, ['lookup', 'c'])).toBe(3)
  await Agent.update(Cache, 'clear')
  expect(await Agent.get(Cache, 'size')).toBe(0)
  await Agent.stop(Cache)
  expect(Process.whereis('TestCache')).toBeUndefined()
})

test('the functions run in the agent’s thread', async () => {
  await using agent = await Agent.startLink(Where, 1)
  await Agent.update(agent, ['add', 2])
  const [n, thread] = await Agent.get(agent, 'thread')
  expect(n).toBe(3)
  expect(thread).toBe(Process.info(agent)!.thread)
  expect(thread).toBeGreaterThan(0)
})

test('the functions are there to be tested without a process', () => {
  expect(Cache.get.lookup(new Map([['a', 1]]), 'a')).toBe(1)
  expect(Cache.getAndUpdate.take(new Map([['a', 1]]), 'a')).toEqual([1, new Map()])
})

test('a name that a registry keeps will do', async () => {
  await using _rooms = await Registry.startLink({ name: 'AgentNames', keys: 'unique' })
  const name = Registry.via('AgentNames', 'cache')
  await using _agent = await Agent.startLink(Cache, [], { name })
  await Agent.update(name, ['put', ['a', 1]])
  Agent.cast(name, ['put', ['b', 2]])
  expect(await Agent.get(name, 'size')).toBe(2)
})

test('a slow function keeps the others waiting; a call that gives up does not stop it', async () => {
  using clock = virtualClock()
  const agent = await start()
  const slow = Agent.get(agent, 'slow', { timeout: 100 }).catch((error: unknown) => error)
  Agent.cast(agent, 'clear')
  await clock.advance(100)
  expect(await slow).toMatchObject({ code: 'ERR_CALL_TIMEOUT', call: ['Agent', 'get', [agent.pid, ['get', 'slow'], 100]] })
  const next = Agent.get(agent, 'size')
  Process.send(agent.pid, 'go')
  expect(await next).toBe(0)
  await Agent.stop(agent)
})

test.each([
  ['throws', (agent: Started<typeof Cache>) => Agent.get(agent, 'fail'), ['error', expect.objectContaining({ name: 'RangeError', message: 'from the function' })]],
  ['gives no pair', (agent: Started<typeof Cache>) => Agent.getAndUpdate(agent, 'notPair'), ['bad_return_value', 'no pair']],
  ['is not there', (agent: Started<typeof Cache>) => Agent.get(agent.pid, 'nothing'), ['error', expect.objectContaining({ code: 'ERR_NO_HANDLER', message: expect.stringContaining('size, lookup, fail, slow') })]],
] as const)('a function that %s ends the agent, and the call with it', async (_, ask, reason) => {
  const agent = await start()
  const end = down(agent)
  await expect(ask(agent)).rejects.toMatchObject({ code: 'ERR_CALL_EXIT', reason })
  expect(await end).toEqual(reason)
})

test('a cast of what is not there ends it too', async () => {
  const agent = await start()
  const end = down(agent)
  Agent.cast(agent.pid, 'nothing')
  expect(await end).toEqual(['error', expect.objectContaining({ code: 'ERR_NO_HANDLER' })])
})

test('a restart begins anew: init runs again', async () => {
  await using tree = await startSupervised([[Cache, [['a', 1]]]])
  await Agent.update(Cache, ['put', ['b', 2]])
  const before = Process.whereis('TestCache')!
  Process.exit(before, 'kill')
  await restarted(tree.pid, 'TestCache', before)
  await sync('TestCache')
  expect(await Agent.get(Cache, 'size')).toBe(1)
})

test('a definition without an init is refused', () => {
  expect(() => Agent.define(`${__filename}#None`, {} as never)).toThrow('a function init')
})
