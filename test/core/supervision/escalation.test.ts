// A supervisor that gives up is a child that ends with shutdown: its own supervisor decides.
import { afterAll, expect, test } from '@jest/globals'
import { assertNoLeaks } from '@starfish/testing'
import { plant } from './scripted-tree.js'

afterAll(() => assertNoLeaks())

test('a permanent supervisor that gave up is restarted with all its children, until its parent gives up', async () => {
  await using tree = await plant({ maxRestarts: 1, children: [{ id: 's1', maxRestarts: 0, children: [{ id: 'a' }] }] })
  tree.exit('a', 'kill')
  expect(await tree.news()).toEqual(['s1#1: child_terminated a killed', 's1#1: shutdown a reached_max_restart_intensity', 's0#1: child_terminated s1 shutdown', 'init s1#2', 'init a#2'])
  tree.exit('a', 'kill')
  expect(await tree.news()).toEqual([
    's1#2: child_terminated a killed', 's1#2: shutdown a reached_max_restart_intensity', 's0#1: child_terminated s1 shutdown', 's0#1: shutdown s1 reached_max_restart_intensity',
  ])
  expect(await tree.settled()).toBeNull()
})

test.each([['transient', ['b#1', 's1:undefined']], ['temporary', ['b#1']]] as const)('a %s supervisor that gave up stays down, silently', async (restart, shape) => {
  await using tree = await plant({ children: [{ id: 's1', restart, maxRestarts: 0, children: [{ id: 'a' }] }, { id: 'b' }] })
  tree.exit('a', 'kill')
  expect(await tree.news()).toEqual(['s1#1: child_terminated a killed', 's1#1: shutdown a reached_max_restart_intensity'])
  expect(await tree.shape()).toEqual(shape)
  expect(await tree.counts()).toMatchObject({ active: 1 })
})

test('a crash four levels down that cannot be mended rises step by step', async () => {
  const nest = (depth: number): { id: string; maxRestarts: number; children: any[] } => ({ id: `s${depth}`, maxRestarts: 1, children: [depth === 4 ? { id: 'leaf' } : nest(depth + 1)] })
  await using tree = await plant({ maxRestarts: 1, children: [nest(1)] })
  // Each level grants one restart: 2 to the power of 5 lives in all.
  for (let life = 1; life < 32; life++) {
    expect(tree.starts('leaf')).toBe(life)
    tree.exit('leaf', 'kill')
    expect(await tree.settled()).not.toBeNull()
  }
  expect([1, 2, 3, 4].map((depth) => tree.starts(`s${depth}`))).toEqual([2, 4, 8, 16])
  tree.exit('leaf', 'kill')
  expect(await tree.settled()).toBeNull()
  expect((await tree.news()).slice(-9)).toEqual([
    's4#16: shutdown leaf reached_max_restart_intensity', 's3#8: child_terminated s4 shutdown', 's3#8: shutdown s4 reached_max_restart_intensity',
    's2#4: child_terminated s3 shutdown', 's2#4: shutdown s3 reached_max_restart_intensity', 's1#2: child_terminated s2 shutdown', 's1#2: shutdown s2 reached_max_restart_intensity',
    's0#1: child_terminated s1 shutdown', 's0#1: shutdown s1 reached_max_restart_intensity',
  ])
})

test('a tree of three: a crash is mended below; what cannot be mended restarts all, children stopped by hand too', async () => {
  await using tree = await plant({
    strategy: 'one_for_all', maxRestarts: 4,
    children: [
      { id: 's1', maxRestarts: 4, children: [{ id: 'c1' }, { id: 'c2' }] },
      { id: 's2', maxRestarts: 3, children: [] },
      { id: 's3', maxRestarts: 4, restart: 'transient', children: [] },
    ],
  })
  await tree.terminateChild('s0', 's3')
  await tree.startChild('s2', { id: 'c3', init: ['ok', ...Array.from({ length: 5 }, () => 'stop:e')] })
  await tree.startChild('s2', { id: 'c4' })
  tree.crash('c1', 'boom')
  expect(await tree.shape()).toEqual(['s3:undefined', ['s2#1', ['c4#1', 'c3#1']], ['s1#1', ['c2#1', 'c1#2']]])
  await tree.news()
  tree.crash('c3', 'boom')
  expect((await tree.news()).slice(2)).toEqual([
    's2#1: child_terminated c3 boom', 'init c3#2 stop:e', 's2#1: start_error c3 e', 'init c3#3 stop:e', 's2#1: start_error c3 e', 'init c3#4 stop:e', 's2#1: start_error c3 e',
    's2#1: shutdown c3 reached_max_restart_intensity', 's0#1: child_terminated s2 shutdown',
    'init s1#2', 'init c1#3', 'init c2#2', 'init s2#2', 'init s3#2',
  ])
  expect(await tree.shape()).toEqual([['s3#2', []], ['s2#2', []], ['s1#2', ['c2#2', 'c1#3']]])
})

test('a nested supervisor whose children do not start again uses up its parent’s restarts', async () => {
  await using tree = await plant({ maxRestarts: 2, children: [{ id: 's1', maxRestarts: 0, children: [{ id: 'a', init: ['ok', 'stop:e', 'stop:e', 'stop:e'] }] }, { id: 'b', trap: true }] })
  tree.exit('a', 'kill')
  const failed = 'shutdown:failed_to_start_child:a:e'
  expect((await tree.news()).slice(2)).toEqual([
    's0#1: child_terminated s1 shutdown',
    'init s1#2', 'init a#2 stop:e', 's1#2: start_error a e', `s0#1: start_error s1 ${failed}`,
    'init s1#3', 'init a#3 stop:e', 's1#3: start_error a e', `s0#1: start_error s1 ${failed}`,
    's0#1: shutdown s1 reached_max_restart_intensity', 'terminate b#1 shutdown',
  ])
})

test.each(['normal', 'shutdown'])('Supervisor.stop of a nested supervisor with %s: a permanent one comes back', async (reason) => {
  await using tree = await plant({ children: [{ id: 's1', children: [{ id: 'a', trap: true }] }] })
  expect(await tree.stop('s1', reason)).toBe('ok')
  expect(await tree.news()).toEqual(['terminate a#1 shutdown', `s0#1: child_terminated s1 ${reason}`, 'init s1#2', 'init a#2'])
})
