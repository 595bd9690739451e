// How many restarts a supervisor grants, and what it does when there have been too many.
import { afterAll, expect, test } from '@jest/globals'
import { assertNoLeaks, virtualClock } from '@starfish/testing'
import { plant } from './scripted-tree.js'

afterAll(() => assertNoLeaks())

const crash = async (tree: Awaited<ReturnType<typeof plant>>, id: string, reason = 'boom'): Promise<unknown> => {
  tree.crash(id, reason)
  return tree.settled()
}

test('by default three restarts in five seconds; the fourth ends the supervisor', async () => {
  await using tree = await plant({ children: [{ id: 'a' }] })
  for (let i = 0; i < 3; i++) await crash(tree, 'a')
  expect(await tree.shape()).toEqual(['a#4'])
  await tree.news()
  const end = tree.end('s0')
  tree.crash('a', 'boom')
  expect(await end).toBe('shutdown')
  expect(await tree.news()).toEqual(['terminate a#4 boom', 'error a#4 boom', 's0#1: child_terminated a boom', 's0#1: shutdown a reached_max_restart_intensity'])
  expect(tree.starts('a')).toBe(4)
})

test('with maxRestarts 0 the first one is too many, and the rest is stopped in reverse order', async () => {
  await using tree = await plant({ maxRestarts: 0, children: [{ id: 'a', trap: true }, { id: 'b' }, { id: 'c', trap: true }] })
  tree.exit('b', 'kill')
  expect(await tree.news()).toEqual(['s0#1: child_terminated b killed', 's0#1: shutdown b reached_max_restart_intensity', 'terminate c#1 shutdown', 'terminate a#1 shutdown'])
  expect(await tree.settled()).toBeNull()
})

test('one counter for all children', async () => {
  await using tree = await plant({ maxRestarts: 2, children: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] })
  await crash(tree, 'a')
  await crash(tree, 'b')
  expect(await crash(tree, 'c')).toBeNull()
})

test.each(['one_for_all', 'rest_for_one'] as const)('%s: a restart of many children counts once', async (strategy) => {
  await using tree = await plant({ strategy, maxRestarts: 2, children: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] })
  await crash(tree, 'a')
  expect(await crash(tree, 'a')).not.toBeNull()
  expect(await crash(tree, 'a')).toBeNull()
})

test('failed attempts count', async () => {
  await using tree = await plant({ maxRestarts: 4, children: [{ id: 'a', init: ['ok', ...Array.from({ length: 9 }, () => 'stop:e')] }, { id: 'b', trap: true }] })
  tree.crash('a', 'boom')
  expect((await tree.news()).slice(2)).toEqual([
    's0#1: child_terminated a boom', 'init a#2 stop:e', 's0#1: start_error a e', 'init a#3 stop:e', 's0#1: start_error a e', 'init a#4 stop:e', 's0#1: start_error a e',
    'init a#5 stop:e', 's0#1: start_error a e', 's0#1: shutdown a reached_max_restart_intensity', 'terminate b#1 shutdown',
  ])
  expect(await tree.settled()).toBeNull()
})

test('one_for_all: attempts that fail at another child end it as well', async () => {
  await using tree = await plant({ strategy: 'one_for_all', maxRestarts: 2, children: [{ id: 'a' }, { id: 'b', init: ['ok', 'stop:e', 'stop:e', 'stop:e'] }] })
  tree.exit('a', 'kill')
  expect(await tree.news()).toEqual([
    's0#1: child_terminated a killed', 'init a#2', 'init b#2 stop:e', 's0#1: start_error b e', 'init a#3', 'init b#3 stop:e', 's0#1: start_error b e', 's0#1: shutdown b reached_max_restart_intensity',
  ])
})

test('what is no restart does not count: temporary and transient ends, the API, failed starts through it', async () => {
  await using tree = await plant({ maxRestarts: 0, children: [{ id: 'a' }, { id: 't', restart: 'temporary' }, { id: 'n', restart: 'transient' }] })
  tree.exit('t', 'kill')
  tree.crash('n', 'normal')
  await tree.settled()
  for (let i = 0; i < 3; i++) {
    await tree.terminateChild('s0', 'a')
    await tree.restartChild('s0', 'a')
    await tree.startChild('s0', { id: 'x', init: ['stop:no', 'stop:no', 'stop:no'] })
  }
  expect(await tree.shape()).toEqual(['n:undefined', 'a#4'])
})

// The virtual clock stands at second 0. A restart counts while its second is at most maxSeconds ago.
test.each([
  ['two within the window', 1000, null],
  ['exactly maxSeconds apart', 2000, null],
  ['one second later', 3000, ['a#3']],
])('the window of 2 seconds: %s', async (_what, ms, shape) => {
  using clock = virtualClock()
  await using tree = await plant({ maxRestarts: 1, maxSeconds: 2, children: [{ id: 'a' }] })
  await crash(tree, 'a')
  await clock.advance(ms)
  await crash(tree, 'a')
  expect(await tree.shape()).toEqual(shape)
})

test('restarts that are far enough apart go on for ever', async () => {
  using clock = virtualClock()
  await using tree = await plant({ maxRestarts: 1, maxSeconds: 1, children: [{ id: 'a' }] })
  for (let i = 0; i < 20; i++) {
    await crash(tree, 'a')
    await clock.advance(2100)
  }
  expect(await tree.shape()).toEqual(['a#21'])
})
