// Several things at once: the supervisor finds deaths and requests in its mailbox and takes them in their order. A death
// met while a sweep stops the child is not met again as news.
import { afterAll, expect, test } from '@jest/globals'
import { Supervisor, Sys } from 'starfish'
import { assertNoLeaks } from '@starfish/testing'
import { plant } from './scripted-tree.js'

afterAll(() => assertNoLeaks())

const children = [{ id: 'a' }, { id: 'b' }, { id: 'c' }]

test('one_for_one: each death is a restart of its own', async () => {
  await using tree = await plant({ maxRestarts: 2, children })
  await tree.burst('s0', () => tree.exit('a', 'kill'), () => tree.crash('b', 'boom'))
  expect(await tree.news()).toEqual(['terminate b#1 boom', 'error b#1 boom', 's0#1: child_terminated a killed', 'init a#2', 's0#1: child_terminated b boom', 'init b#2'])
  expect(await tree.shape()).toEqual(['c#1', 'b#2', 'a#2'])
})

for (const host of ['main', 'thread'] as const) {
  test(`one_for_all: the sweep meets the second death, reports its own reason, and restarts once, host ${host}`, async () => {
    await using tree = await plant({ strategy: 'one_for_all', maxRestarts: 1, children: [{ id: 'a' }, { id: 'b' }, { id: 'c', trap: true }] }, { host })
    await tree.burst('s0', () => tree.exit('a', 'kill'), () => tree.crash('b', 'boom'))
    expect(await tree.news()).toEqual([
      'terminate b#1 boom', 'error b#1 boom', 's0#1: child_terminated a killed', 'terminate c#1 shutdown', 's0#1: shutdown_error b boom', 'init a#2', 'init b#2', 'init c#2',
    ])
    expect(await tree.shape()).toEqual(['c#2', 'b#2', 'a#2'])
  })
}

test('rest_for_one: the later child’s death first, then the earlier one’s sweep takes it again', async () => {
  await using tree = await plant({ strategy: 'rest_for_one', maxRestarts: 2, children })
  await tree.burst('s0', () => tree.exit('c', 'kill'), () => tree.crash('a', 'boom'))
  expect((await tree.news()).slice(2)).toEqual(['s0#1: child_terminated c killed', 'init c#2', 's0#1: child_terminated a boom', 'init a#2', 'init b#2', 'init c#3'])
})

test('rest_for_one: the earlier child’s sweep meets the later one’s death', async () => {
  await using tree = await plant({ strategy: 'rest_for_one', maxRestarts: 1, children })
  await tree.burst('s0', () => tree.exit('a', 'kill'), () => tree.crash('c', 'boom'))
  expect((await tree.news()).slice(2)).toEqual(['s0#1: child_terminated a killed', 's0#1: shutdown_error c boom', 'init a#2', 'init b#2', 'init c#2'])
})

test('a child that had ended as ordered is not reported when the sweep meets it', async () => {
  await using tree = await plant({ strategy: 'one_for_all', children: [{ id: 'a' }, { id: 't', restart: 'transient' }] })
  await tree.burst('s0', () => tree.crash('a', 'boom'), () => tree.crash('t', 'normal'))
  expect((await tree.news()).slice(3)).toEqual(['s0#1: child_terminated a boom', 'init a#2', 'init t#2'])
})

test('brutal_kill of a child that had ended normally: reported of a permanent one only', async () => {
  await using tree = await plant({ strategy: 'one_for_all', children: [{ id: 'a' }, { id: 'b', shutdown: 'brutal_kill' }, { id: 'c', shutdown: 'brutal_kill', restart: 'transient' }] })
  await tree.burst('s0', () => tree.exit('a', 'kill'), () => tree.crash('b', 'normal'), () => tree.crash('c', 'normal'))
  expect((await tree.news()).slice(2)).toEqual(['s0#1: child_terminated a killed', 's0#1: shutdown_error b normal', 'init a#2', 'init b#2', 'init c#2'])
})

test('over the limit: the rest is stopped, those that had died are reported', async () => {
  await using tree = await plant({ maxRestarts: 1, children: [...children, { id: 'd', trap: true }] })
  await tree.burst('s0', () => tree.exit('a', 'kill'), () => tree.exit('b', 'kill'), () => tree.crash('c', 'boom'))
  expect((await tree.news()).slice(2)).toEqual([
    's0#1: child_terminated a killed', 'init a#2', 's0#1: child_terminated b killed', 's0#1: shutdown b reached_max_restart_intensity', 'terminate d#1 shutdown', 's0#1: shutdown_error c boom',
  ])
  expect(await tree.settled()).toBeNull()
})

test('a temporary child and a permanent one', async () => {
  await using tree = await plant({ strategy: 'one_for_all', children: [{ id: 'a' }, { id: 't', restart: 'temporary' }] })
  await tree.burst('s0', () => tree.exit('t', 'kill'), () => tree.exit('a', 'kill'))
  expect(await tree.news()).toEqual(['s0#1: child_terminated t killed', 's0#1: child_terminated a killed', 'init a#2'])
})

test('terminateChild of a child whose death comes first stops the one that was started for it', async () => {
  await using tree = await plant({ children })
  expect(await tree.burst('s0', () => tree.crash('a', 'boom'), () => tree.terminateChild('s0', 'a'))).toEqual(['ok'])
  expect((await tree.news()).slice(2)).toEqual(['s0#1: child_terminated a boom', 'init a#2'])
  expect(await tree.shape()).toEqual(['c#1', 'b#1', 'a:undefined'])
})

test('terminateChild of a child whose death comes after the request finds it dead', async () => {
  await using tree = await plant({ children })
  expect(await tree.burst('s0', () => tree.terminateChild('s0', 'a'), () => tree.crash('a', 'boom'))).toEqual(['ok'])
  expect((await tree.news()).slice(2)).toEqual(['s0#1: shutdown_error a boom'])
  expect(await tree.shape()).toEqual(['c#1', 'b#1', 'a:undefined'])
})

test('requests are served in their order', async () => {
  await using tree = await plant({ children })
  expect(await tree.burst('s0', () => tree.terminateChild('s0', 'b'), () => tree.restartChild('s0', 'b'), () => tree.restartChild('s0', 'b'))).toEqual(['ok', 'b#2', 'ERR_CHILD running'])
})

test('a child that died and is not yet heard of is listed and does not count as active', async () => {
  await using tree = await plant({ children })
  const seen: unknown[] = []
  await tree.burst('s0',
    () => void Supervisor.whichChildren(tree.pid).then((list) => seen.push(list.length)),
    () => void tree.counts().then((counts) => seen.push(counts.active)),
    () => tree.exit('a', 'kill'))
  await tree.settled()
  expect(seen).toEqual([3, 2])
})

test('suspended, a supervisor still obeys its parent', async () => {
  await using tree = await plant({ children: [{ id: 'a', trap: true }] })
  await Sys.suspend(tree.pid)
  const end = tree.end('s0')
  tree.exit('s0', 'shutdown')
  expect(await end).toBe('shutdown')
  expect(await tree.news()).toEqual(['terminate a#1 shutdown'])
})
