// A supervisor that ends with its significant children: those that end and are not restarted.
import { afterAll, expect, test } from '@jest/globals'
import { Supervisor } from 'starfish'
import { assertNoLeaks } from '@starfish/testing'
import { plant } from './scripted-tree.js'

afterAll(() => assertNoLeaks())

type Mode = 'any_significant' | 'all_significant'
const modes: Mode[] = ['any_significant', 'all_significant']

const two = (autoShutdown: Mode | 'never', restart: 'temporary' | 'transient', significant = true) =>
  plant({ autoShutdown, maxRestarts: 5, children: [{ id: 'c1', restart, significant }, { id: 'c2', restart, significant }, { id: 'c3', restart: 'transient', trap: true }] })

test.each(modes.flatMap((mode) => [
  ['temporary', 'normal', mode], ['temporary', 'boom', mode], ['temporary', 'kill', mode],
  ['transient', 'normal', mode], ['transient', 'shutdown', mode], ['transient', 'shutdown:x', mode],
] as const))('a significant %s child that ends with %s, %s', async (restart, reason, mode) => {
  await using tree = await two(mode, restart)
  const root = tree.end('s0')
  const end = (id: string): void => (reason === 'kill' ? tree.exit(id, 'kill') : tree.crash(id, reason))
  end('c1')
  if (mode === 'all_significant') {
    expect(await tree.settled()).not.toBeNull()
    end('c2')
  }
  expect(await root).toBe('shutdown')
  expect((await tree.news()).at(-1)).toBe('terminate c3#1 shutdown')
})

test.each(modes.flatMap((mode) => [[mode, 'boom'], [mode, 'kill']] as const))('%s: a significant transient child that ends with %s is restarted, and that is all', async (mode, reason) => {
  await using tree = await two(mode, 'transient')
  for (const id of ['c1', 'c2']) tree.exit(id, reason)
  expect(await tree.shape()).toEqual(['c3#1', 'c2#2', 'c1#2'])
})

test.each(modes.flatMap((mode) => (['temporary', 'transient'] as const).map((restart) => [mode, restart] as const)))('%s: the end of an insignificant %s child changes nothing', async (mode, restart) => {
  await using tree = await two(mode, restart, false)
  tree.crash('c1', 'normal')
  await tree.terminateChild('s0', 'c2')
  expect(await tree.settled()).not.toBeNull()
})

test.each(modes)('%s: terminateChild of significant children does not count', async (mode) => {
  await using tree = await two(mode, 'transient')
  await tree.terminateChild('s0', 'c1')
  await tree.terminateChild('s0', 'c2')
  expect(await tree.shape()).toEqual(['c3#1', 'c2:undefined', 'c1:undefined'])
})

test('all_significant: a stopped one counts as ended when the last one ends by itself', async () => {
  await using tree = await two('all_significant', 'transient')
  await tree.terminateChild('s0', 'c1')
  const root = tree.end('s0')
  tree.crash('c2', 'normal')
  expect(await root).toBe('shutdown')
})

test('all_significant: one that is being restarted still counts', async () => {
  await using tree = await plant({ autoShutdown: 'all_significant', maxRestarts: 5, children: [{ id: 'c1', restart: 'transient', significant: true, init: ['ok', 'stop:x'] }, { id: 'c2', restart: 'transient', significant: true }] })
  await tree.burst('s0', () => tree.exit('c1', 'kill'), () => tree.crash('c2', 'normal'))
  expect(await tree.shape()).toEqual(['c2:undefined', 'c1#3'])
})

test.each([
  ['one_for_one', ['c3#1', 'c2#2', 'c1#1']],
  ['one_for_all', ['c3#2', 'c2#2', 'c1#2']],
  ['rest_for_one', ['c3#2', 'c2#2', 'c1#1']],
] as const)('%s: significant children that a sibling takes along do not count', async (strategy, shape) => {
  await using tree = await plant({
    strategy, autoShutdown: 'any_significant',
    children: [{ id: 'c1', restart: 'transient', significant: true }, { id: 'c2', restart: 'transient' }, { id: 'c3', restart: 'transient', significant: true }],
  })
  tree.exit('c2', 'kill')
  expect(await tree.shape()).toEqual(shape)
})

test('it escalates through supervisors that are significant themselves', async () => {
  const inner = { id: 's1', restart: 'transient', autoShutdown: 'any_significant', children: [{ id: 'c1', restart: 'transient', significant: true }] } as const
  await using tree = await plant({ autoShutdown: 'any_significant', children: [{ ...inner, significant: true }] })
  const root = tree.end('s0')
  tree.crash('c1', 'normal')
  expect(await root).toBe('shutdown')

  await using other = await plant({ autoShutdown: 'any_significant', children: [inner] })
  other.crash('c1', 'normal')
  expect(await other.shape()).toEqual(['s1:undefined'])
})

test('a permanent supervisor that shut itself down is restarted', async () => {
  await using tree = await plant({ children: [{ id: 's1', autoShutdown: 'any_significant', children: [{ id: 'c1', restart: 'transient', significant: true }] }] })
  tree.crash('c1', 'normal')
  expect(await tree.news()).toEqual(['terminate c1#1 normal', 's0#1: child_terminated s1 shutdown', 'init s1#2', 'init c1#2'])
})

test('significant is refused where it could never mean anything', async () => {
  await using tree = await plant({ children: [{ id: 'a' }] })
  const never = 'ERR_CHILD bad_combination:auto_shutdown:never:significant:true'
  // As in OTP the spec is looked at first, then whether the id is taken.
  for (const id of ['a', 'b']) expect(await tree.startChild('s0', { id, restart: 'transient', significant: true })).toBe(never)
  const permanent = { id: 'x', start: () => 'ignore' as const, significant: true }
  await expect(Supervisor.startLink([permanent], { strategy: 'one_for_one', autoShutdown: 'any_significant' })).rejects.toMatchObject({ code: 'ERR_BAD_CHILD_SPEC' })
  await expect(Supervisor.startLink([{ ...permanent, restart: 'transient' as const }], { strategy: 'one_for_one' })).rejects.toMatchObject({ code: 'ERR_BAD_CHILD_SPEC' })
  expect(await tree.shape()).toEqual(['a#1'])
})
