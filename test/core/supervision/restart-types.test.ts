// Which ends of a child bring it back, and what is said of them.
import { afterAll, expect, test } from '@jest/globals'
import { GenServer, Process, Supervisor, type Pid } from 'starfish'
import { assertNoLeaks, captureLog, restarted } from '@starfish/testing'
import Mutator from '../fixtures/mutator.js'
import { plant } from './scripted-tree.js'

afterAll(() => assertNoLeaks())

const clean = ['normal', 'shutdown', 'shutdown:why']
const abnormal = ['boom', 'kill']
const end = (reason: string): string => (reason === 'kill' ? 'killed' : reason)

/** By its own hand, or killed. */
const cases = (restart: 'permanent' | 'transient' | 'temporary', reasons: string[]): [typeof restart, string][] => reasons.map((reason) => [restart, reason])

test.each([...cases('permanent', [...clean, ...abnormal]), ...cases('transient', abnormal)])('a %s child that ends with %s is reported and restarted', async (restart, reason) => {
  await using tree = await plant({ children: [{ id: 'a', restart }] })
  if (reason === 'kill') tree.exit('a', 'kill')
  else tree.crash('a', reason)
  expect((await tree.news()).slice(-2)).toEqual([`s0#1: child_terminated a ${end(reason)}`, 'init a#2'])
  expect(await tree.counts()).toEqual({ specs: 1, active: 1, supervisors: 0, workers: 1 })
})

test.each(cases('transient', clean))('a %s child that ends with %s stays down, silently, and its spec stays', async (restart, reason) => {
  await using tree = await plant({ children: [{ id: 'a', restart }] })
  tree.crash('a', reason)
  expect(await tree.news()).toEqual([`terminate a#1 ${reason}`])
  expect(await tree.shape()).toEqual(['a:undefined'])
  expect(await tree.counts()).toEqual({ specs: 1, active: 0, supervisors: 0, workers: 1 })
  expect(await tree.startChild('s0', { id: 'a' })).toBe('ERR_CHILD already_present')
  expect(await tree.restartChild('s0', 'a')).toBe('a#2')
})

test.each(cases('temporary', [...clean, ...abnormal]))('a %s child that ends with %s is forgotten', async (restart, reason) => {
  await using tree = await plant({ children: [{ id: 'a', restart }] })
  if (reason === 'kill') tree.exit('a', 'kill')
  else tree.crash('a', reason)
  expect((await tree.news()).filter((line) => line.startsWith('s0'))).toEqual(clean.includes(reason) ? [] : [`s0#1: child_terminated a ${end(reason)}`])
  expect(await tree.counts()).toEqual({ specs: 0, active: 0, supervisors: 0, workers: 0 })
  expect(await tree.startChild('s0', { id: 'a', restart })).toBe('a#2')
})

test.each([
  ['raise', 'eek', 'raise:eek'],
  ['exitIn', 'boom', 'boom'],
  ['exitIn', 'normal', 'normal'],
  ['throw', 'ball', 'bad_return_value:ball'],
] as const)('a child whose handler does %s %s ends with %s', async (how, what, reason) => {
  await using tree = await plant({ children: [{ id: 'a', host: 'thread' }] })
  tree[how]('a', what)
  expect(await tree.news()).toEqual([
    `terminate a#1 ${reason}`, ...(reason === 'normal' ? [] : [`error a#1 ${reason}`]), `s0#1: child_terminated a ${reason}`, 'init a#2',
  ])
})

test('an exit signal normal from a stranger ends nobody; trapped, others are only messages', async () => {
  await using tree = await plant({ children: [{ id: 'a' }, { id: 'b', trap: true }] })
  tree.exit('a', 'normal')
  for (const reason of ['normal', 'shutdown', 'boom']) tree.exit('b', reason)
  expect(await tree.news()).toEqual(['info_exit b#1 main normal', 'info_exit b#1 main shutdown', 'info_exit b#1 main boom'])
  expect(await tree.shape()).toEqual(['b#1', 'a#1'])
})

test('restarted, a child has the state of its first day and a thread of its own', async () => {
  await using tree = await plant({ children: [{ id: 'a', host: 'thread', name: 'counter' }] })
  const before = tree.pidOf('a')
  for (let i = 0; i < 3; i++) GenServer.cast('counter', 'inc')
  expect(await GenServer.call('counter', 'get')).toBe(3)
  const thread = Process.info(before)!.thread
  Process.exit(before, 'kill')
  const after = await restarted(tree.pid, 'a', before)
  expect(await GenServer.call('counter', 'get')).toBe(0)
  expect(Process.whereis('counter')).toBe(after)
  expect(Process.info(after)!.thread).not.toBe(thread)
})

test('an argument that a process of the main thread has changed is as it was for the next one', async () => {
  using _log = captureLog()
  const argument = { list: [1] }
  await using _supervisor = await Supervisor.startLink([{ id: 'm', start: [Mutator, argument, { host: 'main', name: 'mutator' }] }], { strategy: 'one_for_one' })
  const before = Process.whereis('mutator') as Pid
  expect(await GenServer.call('mutator', 'push')).toEqual([1, 2])
  Process.exit(before, 'kill')
  expect(await GenServer.call('mutator', 'push')).toEqual([1, 2])
  expect(argument).toEqual({ list: [1] })
})
