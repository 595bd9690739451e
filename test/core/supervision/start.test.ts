// Starting a tree: in order, one child after the other; a child that fails takes back what was started before it.
import { afterAll, expect, test } from '@jest/globals'
import { Process, Supervisor } from 'starfish'
import { assertNoLeaks, captureLog, down, gate } from '@starfish/testing'
import Scripted from '../fixtures/scripted-worker.js'
import { plant } from './scripted-tree.js'

afterAll(() => assertNoLeaks())

test('a supervisor without children runs, and stops on its parent’s shutdown', async () => {
  await using tree = await plant({ children: [] })
  expect(await tree.shape()).toEqual([])
  expect(await tree.counts()).toEqual({ specs: 0, active: 0, supervisors: 0, workers: 0 })
  tree.exit('s0', 'shutdown')
  expect(await tree.end('s0')).toBe('shutdown')
  expect(await tree.news()).toEqual([])
})

test('children start in the order of the list, and are listed the last first', async () => {
  await using tree = await plant({ children: [{ id: 'e' }, { id: 'a' }, { id: 'd' }, { id: 'b' }] })
  expect(tree.boot).toEqual(['init s0#1', 'init e#1', 'init a#1', 'init d#1', 'init b#1'])
  expect(await tree.shape()).toEqual(['b#1', 'd#1', 'a#1', 'e#1'])
})

test('a child starts only when the one before it has', async () => {
  using _log = captureLog()
  const closed = gate()
  const first = { id: 'first', attempts: new Int32Array(new SharedArrayBuffer(4)), init: ['gate'], gate: closed }
  const second = { id: 'second', attempts: new Int32Array(new SharedArrayBuffer(4)) }
  const starting = Supervisor.startLink(
    [
      { id: 'first', start: [Scripted, first, { name: 'start-first' }] },
      { id: 'second', start: [Scripted, second, { name: 'start-second', host: 'main' }] },
    ] as const,
    { strategy: 'one_for_one', name: 'start-in-order' },
  )
  await gate.arrival(closed)
  expect(Process.whereis('start-first')).toBeDefined()
  expect(Process.whereis('start-second')).toBeUndefined()
  gate.open(closed)
  await using _supervisor = await starting
  expect(Process.whereis('start-second')).toBeDefined()
})

test('the supervisor has its name before its children start', async () => {
  await using tree = await plant({ name: 'named-first', children: [{ id: 'a', init: ['fn_extra'] }] })
  expect(Process.whereis('named-first')).toBe(tree.pid)
})

test('a child that fails takes back those before it, last first; those behind it never start', async () => {
  await using tree = await plant({
    children: [{ id: 'a', trap: true }, { id: 'b', trap: true, restart: 'temporary' }, { id: 'c', init: ['stop:nope'] }, { id: 'd' }],
  })
  expect(tree.text(tree.failure)).toBe('shutdown:failed_to_start_child:c:nope')
  expect(tree.boot).toEqual(['init s0#1', 'init a#1', 'init b#1', 'init c#1 stop:nope', 's0#1: start_error c nope', 'terminate b#1 shutdown', 'terminate a#1 shutdown'])
  expect(tree.starts('d')).toBe(0)
})

test('a failed start is not tried again and does not use up restarts', async () => {
  await using tree = await plant({ maxRestarts: 5, children: [{ id: 'a', init: ['stop:nope'] }] })
  expect(tree.starts('a')).toBe(1)
  expect(tree.boot.some((line) => line.includes('reached_max_restart_intensity'))).toBe(false)
})

test.each([
  ['stop:nope', 'nope'],
  ['stop:shutdown:why', 'shutdown:why'],
  ['raise:oops', 'raise:oops'],
  ['exit:boom', 'boom'],
  ['throw:ball', 'bad_return_value:ball'],
  ['bad', 'bad_return_value:junk'],
  ['fn_raise:x', 'EXIT:raise:x'],
  ['fn_exit:y', 'EXIT:y'],
  ['fn_throw:z', 'z'],
  ['fn_bad', 'junk'],
])('a child whose first start is %s fails the tree with %s', async (outcome, reason) => {
  await using tree = await plant({ children: [{ id: 'a', init: [outcome] }] })
  expect(tree.text(tree.failure)).toBe(`shutdown:failed_to_start_child:a:${reason}`)
})

test.each(['ignore', 'fn_ignore'])('a child that says %s is kept without a process', async (outcome) => {
  await using tree = await plant({ children: [{ id: 'a', init: [outcome] }, { id: 'b' }] })
  expect(await tree.shape()).toEqual(['b#1', 'a:undefined'])
  expect(await tree.counts()).toEqual({ specs: 2, active: 1, supervisors: 0, workers: 2 })
})

test('a temporary child that says ignore is dropped', async () => {
  await using tree = await plant({ children: [{ id: 'a', restart: 'temporary', init: ['ignore'] }, { id: 'b' }] })
  expect(await tree.shape()).toEqual(['b#1'])
  expect(await tree.counts()).toEqual({ specs: 1, active: 1, supervisors: 0, workers: 1 })
})

test('the name of a sibling is taken: the start fails with already_started', async () => {
  await using tree = await plant({ children: [{ id: 'a', name: 'clash' }, { id: 'b', name: 'clash' }] })
  expect(tree.text(tree.failure)).toBe('shutdown:failed_to_start_child:b:already_started:a#1')
  expect(Process.whereis('clash')).toBeUndefined()
})

test('a second supervisor of that name does not start', async () => {
  await using first = await plant({ name: 'only-one', children: [] })
  await expect(Supervisor.startLink([], { strategy: 'one_for_one', name: 'only-one' })).rejects.toMatchObject({ code: 'ERR_START', reason: ['already_started', first.pid] })
})

test('the failure of a nested tree is told from the inside out', async () => {
  await using tree = await plant({
    children: [{ id: 'x', trap: true }, { id: 's1', children: [{ id: 'a', trap: true }, { id: 's2', children: [{ id: 'b', init: ['stop:deep'] }] }] }, { id: 'y' }],
  })
  const inner = 'shutdown:failed_to_start_child:b:deep'
  const middle = `shutdown:failed_to_start_child:s2:${inner}`
  expect(tree.text(tree.failure)).toBe(`shutdown:failed_to_start_child:s1:${middle}`)
  expect(tree.boot).toEqual([
    'init s0#1', 'init x#1', 'init s1#1', 'init a#1', 'init s2#1', 'init b#1 stop:deep', 's2#1: start_error b deep',
    `s1#1: start_error s2 ${inner}`, 'terminate a#1 shutdown', `s0#1: start_error s1 ${middle}`, 'terminate x#1 shutdown',
  ])
})

test('when start rejects, the supervisor is gone and its name is free', async () => {
  for (let i = 0; i < 20; i++) {
    await using tree = await plant({ name: 'free-again', children: [{ id: 'a', name: 'free-child', init: ['stop:no'] }] })
    expect(tree.failure).toBeDefined()
    expect(Process.whereis('free-again')).toBeUndefined()
    expect(Process.whereis('free-child')).toBeUndefined()
  }
})

test.each([
  ['ignore', 'ignore'],
  ['raise:oops', 'raise:oops'],
  ['exit:boom', 'boom'],
  ['bad', 'bad_return:Supervisor:init:junk'],
])('init of a defined supervisor that is %s: no child starts', async (outcome, failure) => {
  await using tree = await plant({ init: [outcome], children: [{ id: 'a' }] })
  expect(tree.text(tree.failure)).toBe(failure)
  expect(tree.starts('a')).toBe(0)
})

test('a nested supervisor that says ignore is kept without a process', async () => {
  await using tree = await plant({ children: [{ id: 's1', init: ['ignore'], children: [] }] })
  expect(await tree.shape()).toEqual(['s1:undefined'])
  expect(await tree.counts()).toEqual({ specs: 1, active: 0, supervisors: 1, workers: 0 })
})

test('a supervisor killed while it starts starts nothing more', async () => {
  const closed = gate()
  const tree = plant({ children: [{ id: 'a', name: 'early', host: 'thread', trap: true, init: ['gate'], gate: closed }, { id: 'b' }], name: 'killed-early' })
  await gate.arrival(closed)
  const child = Process.whereis('early')!
  Process.exit(Process.whereis('killed-early'), 'kill')
  gate.open(closed)
  await using failed = await tree
  expect(failed.failure).toBe('killed')
  await down(child)
  expect(failed.starts('b')).toBe(0)
  // Nor does it say anything any more; its child ends of its parent's exit.
  expect([...failed.boot, ...(await failed.news())].filter((line) => line.startsWith('s0'))).toEqual([])
})
