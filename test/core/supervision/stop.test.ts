// Stopping a tree or a child: the last started first, each as its spec says, each waited for.
import { afterAll, expect, test } from '@jest/globals'
import { GenServer, Process } from 'starfish'
import { assertNoLeaks, virtualClock } from '@starfish/testing'
import { plant } from './scripted-tree.js'

afterAll(() => assertNoLeaks())

test('children stop one at a time, the last started first', async () => {
  await using tree = await plant({ children: ['c', 'a', 'e', 'b', 'd'].map((id) => ({ id, trap: true, term: 'sleep:1' })) })
  expect(await tree.stop('s0', 'normal')).toBe('ok')
  expect(await tree.news()).toEqual(['d', 'b', 'e', 'a', 'c'].flatMap((id) => [`terminate ${id}#1 shutdown`, `terminated ${id}#1`]))
})

test('a subtree stops as a whole before the child ahead of it', async () => {
  await using tree = await plant({
    children: [{ id: 'x', trap: true }, { id: 's1', children: [{ id: 'a', trap: true }, { id: 's2', children: [{ id: 'b', trap: true }] }, { id: 'c', trap: true }] }, { id: 'y', trap: true }],
  })
  await tree.stop('s0', 'shutdown')
  expect(await tree.news()).toEqual(['y', 'c', 'b', 'a', 'x'].map((id) => `terminate ${id}#1 shutdown`))
})

test('a worker that does not trap exits dies at once, without terminate and without a report', async () => {
  await using tree = await plant({ children: [{ id: 'a', host: 'thread' }] })
  const end = tree.end('a')
  expect(await tree.terminateChild('s0', 'a')).toBe('ok')
  expect(await end).toBe('shutdown')
  expect(await tree.news()).toEqual([])
})

test('a worker in the middle of an endless loop that does not trap exits is stopped too', async () => {
  await using tree = await plant({ children: [{ id: 'a', host: 'thread', shutdown: 'infinity' }] })
  GenServer.cast(tree.pidOf('a'), 'spin')
  expect(await tree.terminateChild('s0', 'a')).toBe('ok')
})

test('infinity waits as long as it takes', async () => {
  using clock = virtualClock()
  await using tree = await plant({ children: [{ id: 'a', trap: true, shutdown: 'infinity', term: 'held' }] })
  const begun = tree.toCome('terminate a#1 shutdown')
  const stopping = tree.terminateChild('s0', 'a')
  await begun
  await clock.advance(3_600_000)
  expect(Process.isAlive(tree.pidOf('a'))).toBe(true)
  Process.send(tree.pidOf('a'), 'go on')
  expect(await stopping).toBe('ok')
  expect(await tree.news()).toEqual(['terminate a#1 shutdown'])
})

test.each(['main', 'thread'] as const)('a child that does not stop in time is killed, host %s', async (host) => {
  using clock = virtualClock()
  await using tree = await plant({ children: [{ id: 'a', trap: true }, { id: 'b', host, trap: true, shutdown: 1000, term: 'hang' }] })
  const end = tree.end('b')
  const begun = tree.toCome('terminate b#1 shutdown')
  const stopping = tree.terminateChild('s0', 'b')
  await begun
  await clock.advance(999)
  expect(Process.isAlive(tree.pidOf('b'))).toBe(true)
  await clock.advance(1)
  expect(await end).toBe('killed')
  expect(await stopping).toBe('ok')
  expect(await tree.news()).toEqual(['terminate b#1 shutdown', 's0#1: shutdown_error b killed'])
  expect(await tree.shape()).toEqual(['b:undefined', 'a#1'])
})

test('a stop that waits for one child leaves the others running until their turn', async () => {
  await using tree = await plant({ children: [{ id: 'a', trap: true }, { id: 'b', trap: true, term: 'held' }] })
  const begun = tree.toCome('terminate b#1 shutdown')
  const stopping = tree.stop('s0', 'normal')
  await begun
  expect(await GenServer.call(tree.pidOf('a'), 'get')).toBe(0)
  Process.send(tree.pidOf('b'), 'go on')
  expect(await stopping).toBe('ok')
  expect(await tree.news()).toEqual(['terminate b#1 shutdown', 'terminate a#1 shutdown'])
})

test('with a time of 0 a child that traps exits is killed at once', async () => {
  await using tree = await plant({ children: [{ id: 'a', host: 'thread', trap: true, shutdown: 0, term: 'hang' }] })
  const end = tree.end('a')
  expect(await tree.terminateChild('s0', 'a')).toBe('ok')
  expect(await end).toBe('killed')
  expect((await tree.news()).at(-1)).toBe('s0#1: shutdown_error a killed')
})

test('brutal_kill does not ask, and killed is what it expects', async () => {
  await using tree = await plant({ children: [{ id: 'a', host: 'thread', trap: true, shutdown: 'brutal_kill', term: 'hang' }] })
  const end = tree.end('a')
  expect(await tree.terminateChild('s0', 'a')).toBe('ok')
  expect(await end).toBe('killed')
  expect(await tree.news()).toEqual([])
})

// What a child ends with when it is told to stop, and what each restart type reports of it.
const ends: [term: string, error: string, permanent: string, others: string][] = [
  ['ok', '', '', ''],
  ['throw:tt', '', '', ''],
  ['exit:normal', 'normal', 'normal', ''],
  ['exit:shutdown:y', 'shutdown:y', 'shutdown:y', ''],
  ['exit:oops', 'oops', 'oops', 'oops'],
  ['raise:term', 'raise:term', 'raise:term', 'raise:term'],
]

test.each(ends.flatMap(([term, error, permanent, others]) => [
  ['permanent', term, error, permanent] as const,
  ['transient', term, error, others] as const,
  ['temporary', term, error, others] as const,
]))('a %s child whose terminate is %s', async (restart, term, error, report) => {
  await using tree = await plant({ children: [{ id: 'a', trap: true, restart, term }] })
  expect(await tree.terminateChild('s0', 'a')).toBe('ok')
  expect(await tree.news()).toEqual([
    'terminate a#1 shutdown',
    ...(error === '' ? [] : [`error a#1 ${error}`]),
    ...(report === '' ? [] : [`s0#1: shutdown_error a ${report}`]),
  ])
  expect(await tree.shape()).toEqual(restart === 'temporary' ? [] : ['a:undefined'])
})

test('what children end with is not what the supervisor ends with', async () => {
  await using tree = await plant({
    children: ['permanent', 'transient', 'temporary'].flatMap((restart) =>
      ['normal', 'shutdown', 'shutdown:test', 'other'].map((reason) => ({ id: `${restart} ${reason}`.replace(/\W/g, '_'), restart: restart as 'permanent', trap: true, term: `exit:${reason}` }))),
  })
  const end = tree.end('s0')
  tree.exit('s0', 'shutdown')
  expect(await end).toBe('shutdown')
  expect((await tree.news()).filter((line) => line.startsWith('s0'))).toEqual([
    's0#1: shutdown_error temporary_other other', 's0#1: shutdown_error transient_other other',
    's0#1: shutdown_error permanent_other other', 's0#1: shutdown_error permanent_shutdown_test shutdown:test', 's0#1: shutdown_error permanent_normal normal',
  ])
})

test('children that end by themselves while a sibling is being stopped keep their reasons, and none comes back', async () => {
  const cases = (['permanent', 'transient', 'temporary'] as const).flatMap((restart) => ['normal', 'shutdown', 'shutdown:test', 'boom'].map((reason) => ({ id: `${restart}-${reason}`, restart, reason })))
  await using tree = await plant({ children: [...cases.map(({ id, restart }) => ({ id, restart })), { id: 'slow', trap: true, term: 'held' }] })
  const begun = tree.toCome('terminate slow#1 shutdown')
  const stopping = tree.stop('s0', 'shutdown')
  await begun
  for (const { id, reason } of cases) {
    const end = tree.end(id)
    tree.crash(id, reason)
    expect(await end).toBe(reason)
  }
  Process.send(tree.pidOf('slow'), 'go on')
  expect(await stopping).toBe('ok')
  expect(cases.map(({ id }) => tree.starts(id))).toEqual(cases.map(() => 1))
  expect((await tree.news()).filter((line) => line.startsWith('s0'))).toEqual([
    's0#1: shutdown_error temporary-boom boom', 's0#1: shutdown_error transient-boom boom',
    's0#1: shutdown_error permanent-boom boom', 's0#1: shutdown_error permanent-shutdown:test shutdown:test', 's0#1: shutdown_error permanent-normal normal',
  ])
})

test('a child that has unlinked itself and hangs does not hang its supervisor', async () => {
  await using tree = await plant({ children: [{ id: 'a', host: 'thread', trap: true, shutdown: 20, term: 'hang' }, { id: 'b', host: 'thread' }] })
  for (const id of ['a', 'b']) GenServer.cast(tree.pidOf(id), ['unlink', tree.pidOf('s0')])
  await tree.settled()
  const ended = [await tree.terminateChild('s0', 'b'), await tree.terminateChild('s0', 'a')]
  expect(ended).toEqual(['ok', 'ok'])
  expect((await tree.news()).at(-1)).toBe('s0#1: shutdown_error a killed')
})

test('the end of a child that has unlinked itself is not noticed, and stopping it later finds it gone', async () => {
  await using tree = await plant({ children: [{ id: 'a' }] })
  GenServer.cast(tree.pidOf('a'), ['unlink', tree.pidOf('s0')])
  const end = tree.end('a')
  tree.crash('a', 'boom')
  expect(await end).toBe('boom')
  expect(tree.starts('a')).toBe(1)
  expect(await tree.counts()).toMatchObject({ specs: 1, active: 0 })
  expect(await tree.terminateChild('s0', 'a')).toBe('ok')
  expect((await tree.news()).at(-1)).toBe('s0#1: shutdown_error a noproc')
})

test.each(['normal', 'shutdown', 'shutdown:x', 'boom'])('the parent’s exit with %s stops the tree in order, with that reason', async (reason) => {
  await using tree = await plant({ children: [{ id: 'a', trap: true }, { id: 's1', children: [{ id: 'b', trap: true }] }] })
  const end = tree.end('s0')
  tree.exit('s0', reason)
  expect(await end).toBe(reason)
  expect(await tree.news()).toEqual(['terminate b#1 shutdown', 'terminate a#1 shutdown', ...(reason === 'boom' ? ['error s0#1 boom'] : [])])
})

test.each([
  ['normal', []],
  ['shutdown', []],
  ['boom', ['error s0#1 boom']],
])('Supervisor.stop with %s', async (reason, report) => {
  await using tree = await plant({ children: [{ id: 'a', trap: true }] })
  expect(await tree.stop('s0', reason)).toBe('ok')
  expect(await tree.news()).toEqual(['terminate a#1 shutdown', ...report])
})

test('a supervisor as a child is given the time it needs', async () => {
  using clock = virtualClock()
  await using tree = await plant({ children: [{ id: 's1', children: [{ id: 'a', trap: true, shutdown: 'infinity', term: 'held' }] }] })
  const begun = tree.toCome('terminate a#1 shutdown')
  const stopping = tree.terminateChild('s0', 's1')
  await begun
  await clock.advance(60_000)
  expect(Process.isAlive(tree.pidOf('s1'))).toBe(true)
  Process.send(tree.pidOf('a'), 'go on')
  expect(await stopping).toBe('ok')
  expect(await tree.news()).toEqual(['terminate a#1 shutdown'])
})
