// A restart that fails is tried again through the supervisor's mailbox: what came in meanwhile is served first.
import { afterAll, expect, test } from '@jest/globals'
import { Supervisor } from 'starfish'
import { assertNoLeaks } from '@starfish/testing'
import { plant } from './scripted-tree.js'

afterAll(() => assertNoLeaks())

test('one_for_one: each attempt is reported, until one succeeds', async () => {
  await using tree = await plant({ maxRestarts: 8, children: [{ id: 'a', init: ['ok', 'stop:x', 'raise:y', 'exit:z', 'throw:t', 'bad', 'fn_exit:f'] }] })
  tree.exit('a', 'kill')
  expect(await tree.news()).toEqual([
    's0#1: child_terminated a killed', 'init a#2 stop:x', 's0#1: start_error a x', 'init a#3 raise:y', 's0#1: start_error a raise:y', 'init a#4 exit:z', 's0#1: start_error a z',
    'init a#5 throw:t', 's0#1: start_error a bad_return_value:t', 'init a#6 bad', 's0#1: start_error a bad_return_value:junk', 'start a#7 fn_exit:f', 's0#1: start_error a EXIT:f', 'init a#8',
  ])
})

test('one_for_all: those started in a failed attempt are stopped again, and all start from the first', async () => {
  await using tree = await plant({ strategy: 'one_for_all', maxRestarts: 10, children: [{ id: 'a', trap: true }, { id: 'b', trap: true }, { id: 'c', trap: true, init: ['ok', 'stop:x', 'stop:x'] }, { id: 'd', trap: true }] })
  tree.exit('d', 'kill')
  expect(await tree.news()).toEqual([
    's0#1: child_terminated d killed', 'terminate c#1 shutdown', 'terminate b#1 shutdown', 'terminate a#1 shutdown',
    'init a#2', 'init b#2', 'init c#2 stop:x', 's0#1: start_error c x', 'terminate b#2 shutdown', 'terminate a#2 shutdown',
    'init a#3', 'init b#3', 'init c#3 stop:x', 's0#1: start_error c x', 'terminate b#3 shutdown', 'terminate a#3 shutdown',
    'init a#4', 'init b#4', 'init c#4', 'init d#2',
  ])
})

test('rest_for_one: only the child that failed and those after it are tried again', async () => {
  await using tree = await plant({ strategy: 'rest_for_one', maxRestarts: 10, children: [{ id: 'a', trap: true }, { id: 'b', trap: true }, { id: 'c', trap: true, init: ['ok', 'stop:x', 'stop:x'] }, { id: 'd', trap: true }] })
  tree.exit('b', 'kill')
  expect(await tree.news()).toEqual([
    's0#1: child_terminated b killed', 'terminate d#1 shutdown', 'terminate c#1 shutdown', 'init b#2', 'init c#2 stop:x', 's0#1: start_error c x',
    'init c#3 stop:x', 's0#1: start_error c x', 'init c#4', 'init d#2',
  ])
  expect(await tree.shape()).toEqual(['d#2', 'c#4', 'b#2', 'a#1'])
})

test('a start that init stops with a clean reason is a failed start all the same', async () => {
  await using tree = await plant({ strategy: 'one_for_all', children: [{ id: 'a', trap: true }, { id: 'b', trap: true, init: ['ok', 'stop:normal'] }] })
  tree.exit('a', 'kill')
  expect(await tree.news()).toEqual([
    's0#1: child_terminated a killed', 'terminate b#1 shutdown', 'init a#2', 'init b#2 stop:normal', 's0#1: start_error b normal', 'terminate a#2 shutdown', 'init a#3', 'init b#3',
  ])
})

test('while a restart is to be tried again: what the API says', async () => {
  await using tree = await plant({ maxRestarts: 8, children: [{ id: 'a', init: ['ok', 'stop:x', 'stop:x'] }] })
  expect(await tree.burst('s0',
    () => tree.exit('a', 'kill'),
    () => tree.startChild('s0', { id: 'a' }), () => tree.restartChild('s0', 'a'), () => tree.deleteChild('s0', 'a'), () => tree.terminateChild('s0', 'a'),
    () => tree.restartChild('s0', 'a'), () => tree.restartChild('s0', 'a'),
  )).toEqual(['ERR_CHILD already_present', 'ERR_CHILD restarting', 'ERR_CHILD restarting', 'ok', 'ERR_START x', 'a#4'])
  expect(await tree.news()).toEqual(['s0#1: child_terminated a killed', 'init a#2 stop:x', 's0#1: start_error a x', 'init a#3 stop:x', 'init a#4'])
})

test('while a restart is to be tried again: the child is listed as restarting and not active; those after it as stopped', async () => {
  await using tree = await plant({ strategy: 'rest_for_one', maxRestarts: 8, children: [{ id: 'a' }, { id: 'b', init: ['ok', 'stop:x'] }, { id: 'c' }] })
  const seen: unknown[] = []
  await tree.burst('s0',
    () => tree.exit('b', 'kill'),
    () => void Supervisor.whichChildren(tree.pid).then((list) => seen.push(list.map(({ pid }) => tree.instanceOf(pid as never) ?? pid))),
    () => void tree.counts().then((counts) => seen.push(counts)))
  await tree.settled()
  expect(seen).toEqual([[undefined, 'restarting', 'a#1'], { specs: 3, active: 1, supervisors: 0, workers: 3 }])
  expect(await tree.shape()).toEqual(['c#2', 'b#3', 'a#1'])
})

test('one_for_all: the child that died is not to be tried again when a sibling fails to come back; it can be deleted or started', async () => {
  await using tree = await plant({ strategy: 'one_for_all', maxRestarts: 8, children: [{ id: 'a', init: ['ok', 'stop:x'] }, { id: 'b' }] })
  expect(await tree.burst('s0', () => tree.exit('b', 'kill'), () => tree.terminateChild('s0', 'a'), () => tree.restartChild('s0', 'b'))).toEqual(['ok', 'b#2'])
  expect(await tree.news()).toEqual(['s0#1: child_terminated b killed', 'init a#2 stop:x', 's0#1: start_error a x', 'init b#2'])
  expect(await tree.shape()).toEqual(['b#2', 'a:undefined'])
})

test('terminateChild ends the attempts: the children behind it stay down until somebody starts them', async () => {
  await using tree = await plant({ strategy: 'rest_for_one', maxRestarts: 8, children: [{ id: 'a' }, { id: 'b', init: ['ok', 'stop:x'] }, { id: 'c' }] })
  expect(await tree.burst('s0', () => tree.exit('b', 'kill'), () => tree.terminateChild('s0', 'b'))).toEqual(['ok'])
  expect(await tree.news()).toEqual(['s0#1: child_terminated b killed', 'init b#2 stop:x', 's0#1: start_error b x'])
  expect(await tree.shape()).toEqual(['c:undefined', 'b:undefined', 'a#1'])
  expect([await tree.restartChild('s0', 'b'), await tree.restartChild('s0', 'c')]).toEqual(['b#3', 'c#2'])
})

test('a death that comes before the next attempt is served first; the attempt finds the child up', async () => {
  await using tree = await plant({ strategy: 'rest_for_one', maxRestarts: 8, children: [{ id: 'a' }, { id: 'b', init: ['ok', 'stop:x'] }, { id: 'c' }] })
  await tree.burst('s0', () => tree.exit('b', 'kill'), () => tree.exit('a', 'kill'))
  expect(await tree.news()).toEqual(['s0#1: child_terminated b killed', 'init b#2 stop:x', 's0#1: start_error b x', 's0#1: child_terminated a killed', 'init a#2', 'init b#3', 'init c#2'])
})

test('ignore at a restart is as good as a start', async () => {
  await using tree = await plant({ children: [{ id: 'a', init: ['ok', 'ignore'] }] })
  tree.exit('a', 'kill')
  expect(await tree.news()).toEqual(['s0#1: child_terminated a killed', 'init a#2 ignore'])
  expect(await tree.shape()).toEqual(['a:undefined'])
  expect(await tree.restartChild('s0', 'a')).toBe('a#3')
})

test('a supervisor in a loop of failed restarts can be stopped', async () => {
  await using tree = await plant({ children: [{ id: 's1', maxRestarts: 1_000_000, children: [{ id: 'a', init: ['ok', ...Array.from({ length: 100_000 }, () => 'stop:x')] }] }] })
  tree.exit('a', 'kill')
  await tree.toCome('init a#10 stop:x')
  expect(await tree.terminateChild('s0', 's1')).toBe('ok')
  expect(await tree.shape()).toEqual(['s1:undefined'])
  expect(tree.starts('a')).toBeLessThan(100)
})
