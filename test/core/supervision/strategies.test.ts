// Who goes down with a child: one_for_one nobody, rest_for_one those started after it, one_for_all all.
import { afterAll, expect, test } from '@jest/globals'
import { assertNoLeaks } from '@starfish/testing'
import { plant } from './scripted-tree.js'

afterAll(() => assertNoLeaks())

const trapping = (...ids: string[]): { id: string; trap: true }[] => ids.map((id) => ({ id, trap: true }))

for (const host of ['main', 'thread'] as const) {
  test(`one_for_one restarts only the child that ended, host ${host}`, async () => {
    await using tree = await plant({ children: trapping('a', 'b', 'c') }, { host })
    tree.crash('b', 'boom')
    expect(await tree.news()).toEqual(['terminate b#1 boom', 'error b#1 boom', 's0#1: child_terminated b boom', 'init b#2'])
    expect(await tree.shape()).toEqual(['c#1', 'b#2', 'a#1'])
  })

  test(`one_for_all stops the others, the last first, and starts all from the first on, host ${host}`, async () => {
    await using tree = await plant({ strategy: 'one_for_all', children: trapping('a', 'b', 'c') }, { host })
    tree.exit('b', 'kill')
    expect(await tree.news()).toEqual(['s0#1: child_terminated b killed', 'terminate c#1 shutdown', 'terminate a#1 shutdown', 'init a#2', 'init b#2', 'init c#2'])
    expect(await tree.shape()).toEqual(['c#2', 'b#2', 'a#2'])
  })

  test(`rest_for_one stops those started after it, the last first, and starts it and them, host ${host}`, async () => {
    await using tree = await plant({ strategy: 'rest_for_one', children: trapping('a', 'b', 'c', 'd') }, { host })
    tree.exit('b', 'kill')
    expect(await tree.news()).toEqual(['s0#1: child_terminated b killed', 'terminate d#1 shutdown', 'terminate c#1 shutdown', 'init b#2', 'init c#2', 'init d#2'])
    expect(await tree.shape()).toEqual(['d#2', 'c#2', 'b#2', 'a#1'])
  })
}

test('rest_for_one with the last child is one_for_one', async () => {
  await using tree = await plant({ strategy: 'rest_for_one', children: trapping('a', 'b') })
  tree.exit('b', 'kill')
  expect(await tree.news()).toEqual(['s0#1: child_terminated b killed', 'init b#2'])
})

test('five children in no order of names: the third takes the fifth and the fourth along', async () => {
  await using tree = await plant({ strategy: 'rest_for_one', children: trapping('e', 'b', 'd', 'a', 'c') })
  tree.exit('d', 'kill')
  expect(await tree.news()).toEqual(['s0#1: child_terminated d killed', 'terminate c#1 shutdown', 'terminate a#1 shutdown', 'init d#2', 'init a#2', 'init c#2'])
  await tree.stop('s0', 'shutdown')
  expect(await tree.news()).toEqual(['c#2', 'a#2', 'd#2', 'b#1', 'e#1'].map((instance) => `terminate ${instance} shutdown`))
})

test('a child started later counts as started after all others', async () => {
  await using tree = await plant({ strategy: 'rest_for_one', children: trapping('a', 'b') })
  await tree.startChild('s0', { id: 'c', trap: true })
  await tree.news()
  tree.exit('b', 'kill')
  expect(await tree.news()).toEqual(['s0#1: child_terminated b killed', 'terminate c#1 shutdown', 'init b#2', 'init c#2'])
})

test('a child restarted by hand keeps its place', async () => {
  await using tree = await plant({ strategy: 'rest_for_one', children: trapping('a', 'b') })
  await tree.terminateChild('s0', 'a')
  expect(await tree.restartChild('s0', 'a')).toBe('a#2')
  await tree.news()
  tree.exit('a', 'kill')
  expect((await tree.news()).slice(1)).toEqual(['terminate b#1 shutdown', 'init a#3', 'init b#2'])
})

test.each(['one_for_all', 'rest_for_one'] as const)('%s: a temporary sibling is stopped and not started again', async (strategy) => {
  await using tree = await plant({ strategy, children: [{ id: 'a' }, { id: 't', trap: true, restart: 'temporary' }] })
  tree.crash('a', 'normal')
  expect(await tree.news()).toEqual(['terminate a#1 normal', 's0#1: child_terminated a normal', 'terminate t#1 shutdown', 'init a#2'])
  expect(await tree.shape()).toEqual(['a#2'])
})

test.each(['one_for_all', 'rest_for_one'] as const)('%s: the end of a temporary child stops nobody', async (strategy) => {
  await using tree = await plant({ strategy, children: [{ id: 't', restart: 'temporary' }, { id: 'a', trap: true }] })
  tree.exit('t', 'kill')
  expect(await tree.news()).toEqual(['s0#1: child_terminated t killed'])
  expect(await tree.shape()).toEqual(['a#1'])
})

test('a transient sibling comes back, whatever it ended with when it was stopped', async () => {
  await using tree = await plant({ strategy: 'one_for_all', children: [{ id: 'a' }, { id: 'b', restart: 'transient', trap: true, term: 'exit:normal' }] })
  tree.crash('a', 'boom')
  expect(await tree.news()).toEqual([
    'terminate a#1 boom', 'error a#1 boom', 's0#1: child_terminated a boom', 'terminate b#1 shutdown', 'error b#1 normal', 'init a#2', 'init b#2',
  ])
})

test.each(['one_for_all', 'rest_for_one'] as const)('%s brings back children that had stopped: ended normally, by the API, or by ignore', async (strategy) => {
  await using tree = await plant({ strategy, children: [{ id: 'a' }, { id: 'b', restart: 'transient' }, { id: 'c' }, { id: 'd', init: ['ignore'] }] })
  tree.crash('b', 'normal')
  await tree.terminateChild('s0', 'c')
  expect(await tree.shape()).toEqual(['d:undefined', 'c:undefined', 'b:undefined', 'a#1'])
  await tree.news()
  tree.exit('a', 'kill')
  expect(await tree.news()).toEqual(['s0#1: child_terminated a killed', 'init a#2', 'init b#2', 'init c#2', 'init d#2'])
})

test('rest_for_one leaves a stopped child alone that comes before', async () => {
  await using tree = await plant({ strategy: 'rest_for_one', children: trapping('a', 'b', 'c') })
  await tree.terminateChild('s0', 'a')
  tree.exit('b', 'kill')
  expect(await tree.shape()).toEqual(['c#2', 'b#2', 'a:undefined'])
})

test('a sweep that has to kill a sibling says so and goes on', async () => {
  await using tree = await plant({ strategy: 'one_for_all', children: [{ id: 'a' }, { id: 'b', trap: true, shutdown: 10, term: 'hang' }] })
  tree.exit('a', 'kill')
  expect(await tree.news()).toEqual(['s0#1: child_terminated a killed', 'terminate b#1 shutdown', 's0#1: shutdown_error b killed', 'init a#2', 'init b#2'])
})

test('a sweep over a nested supervisor stops and starts its whole subtree', async () => {
  await using tree = await plant({
    strategy: 'one_for_all',
    children: [{ id: 'a' }, { id: 's1', children: [{ id: 'b', trap: true }, { id: 's2', children: [{ id: 'c', trap: true }, { id: 's3', children: [{ id: 'd', trap: true }] }] }] }],
  })
  await tree.startChild('s3', { id: 'extra' })
  await tree.news()
  tree.exit('a', 'kill')
  expect(await tree.news()).toEqual([
    's0#1: child_terminated a killed', 'terminate d#1 shutdown', 'terminate c#1 shutdown', 'terminate b#1 shutdown',
    'init a#2', 'init s1#2', 'init b#2', 'init s2#2', 'init c#2', 'init s3#2', 'init d#2',
  ])
  // A child that was added is not part of the recipe.
  expect(await tree.shape()).toEqual([['s1#2', [['s2#2', [['s3#2', ['d#2']], 'c#2']], 'b#2']], 'a#2'])
})
