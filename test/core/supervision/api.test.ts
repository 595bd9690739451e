// The requests a supervisor answers: what they do, what they refuse, and to whom they make no difference.
import { afterAll, expect, test } from '@jest/globals'
import { DynamicSupervisor, GenServer, Process, Supervisor } from 'starfish'
import { assertNoLeaks } from '@starfish/testing'
import Mutator from '../fixtures/mutator.js'
import { plant } from './scripted-tree.js'

afterAll(() => assertNoLeaks())

test('the life cycle of a child', async () => {
  await using tree = await plant({ children: [{ id: 'a' }] })
  const counts = async (): Promise<number[]> => {
    const { specs, active, supervisors, workers } = await tree.counts()
    return [specs, active, supervisors, workers]
  }
  expect(await counts()).toEqual([1, 1, 0, 1])
  expect(await Supervisor.whichChildren(tree.pid)).toEqual([{ id: 'a', pid: tree.pidOf('a'), type: 'worker' }])
  expect(await tree.deleteChild('s0', 'a')).toBe('ERR_CHILD running')
  expect(await tree.terminateChild('s0', 'a')).toBe('ok')
  expect(await counts()).toEqual([1, 0, 0, 1])
  expect(await Supervisor.whichChildren(tree.pid)).toEqual([{ id: 'a', pid: undefined, type: 'worker' }])
  expect(await tree.restartChild('s0', 'a')).toBe('a#2')
  expect(await counts()).toEqual([1, 1, 0, 1])
  await tree.terminateChild('s0', 'a')
  expect(await tree.deleteChild('s0', 'a')).toBe('ok')
  expect(await counts()).toEqual([0, 0, 0, 0])
  expect(await tree.news()).toEqual(['init a#2'])
})

test('every request to a child that runs, that is stopped, and that is unknown', async () => {
  await using tree = await plant({ children: [{ id: 'c', init: ['fn_extra', 'fn_extra', 'fn_extra', 'fn_extra'] }] })
  expect([await tree.terminateChild('s0', 'hej'), await tree.deleteChild('s0', 'hej'), await tree.restartChild('s0', 'hej')]).toEqual(Array.from({ length: 3 }, () => 'ERR_CHILD not_found'))
  expect([await tree.startChild('s0', { id: 'c' }), await tree.restartChild('s0', 'c'), await tree.deleteChild('s0', 'c')]).toEqual(['ERR_CHILD already_started:c#1', 'ERR_CHILD running', 'ERR_CHILD running'])
  expect([await tree.terminateChild('s0', 'c'), await tree.terminateChild('s0', 'c'), await tree.startChild('s0', { id: 'c' })]).toEqual(['ok', 'ok', 'ERR_CHILD already_present'])
  expect([await tree.restartChild('s0', 'c'), await tree.restartChild('s0', 'c')]).toEqual(['c#2 extra', 'ERR_CHILD running'])
  await tree.terminateChild('s0', 'c')
  expect([await tree.deleteChild('s0', 'c'), await tree.deleteChild('s0', 'c'), await tree.restartChild('s0', 'c'), await tree.terminateChild('s0', 'c')]).toEqual(['ok', ...Array.from({ length: 3 }, () => 'ERR_CHILD not_found')])
  expect(await tree.startChild('s0', { id: 'c', init: ['fn_extra', 'fn_extra', 'fn_extra', 'fn_extra'] })).toBe('c#3 extra')
  tree.crash('c', 'boom')
  expect(await tree.shape()).toEqual(['c#4'])
})

test('a child is asked for by its id, not by its pid', async () => {
  await using tree = await plant({ children: [{ id: 'a' }] })
  expect(await tree.terminateChild('s0', tree.pidOf('a'))).toBe('ERR_CHILD not_found')
})

test('a number and its digits are two ids', async () => {
  await using tree = await plant({ children: [] })
  const a = await Supervisor.startChild(tree.pid, { id: 1, start: () => 'ignore' as const })
  const b = await Supervisor.startChild(tree.pid, { id: '1', start: () => 'ignore' as const })
  expect([a, b]).toEqual([{ pid: undefined }, { pid: undefined }])
  await Supervisor.deleteChild(tree.pid, 1)
  expect((await Supervisor.whichChildren(tree.pid)).map(({ id }) => id)).toEqual(['1'])
})

test('requests to a supervisor that is gone fail with noproc', async () => {
  const tree = await plant({ children: [] })
  await tree[Symbol.asyncDispose]()
  const gone = { code: 'ERR_CALL_NOPROC' }
  for (const address of [tree.pid, 'never-registered']) {
    await expect(Supervisor.whichChildren(address)).rejects.toMatchObject(gone)
    await expect(Supervisor.countChildren(address)).rejects.toMatchObject(gone)
    await expect(Supervisor.terminateChild(address, 'a')).rejects.toMatchObject(gone)
    await expect(Supervisor.startChild(address, { id: 'a', start: () => 'ignore' as const })).rejects.toMatchObject(gone)
    await expect(Supervisor.stop(address)).rejects.toMatchObject(gone)
  }
})

test.each([
  ['stop:reason', 'ERR_START reason'],
  ['raise:x', 'ERR_START raise:x'],
  ['bad', 'ERR_START bad_return_value:junk'],
  ['fn_bad', 'ERR_START junk'],
  ['fn_raise:x', 'ERR_START EXIT:raise:x'],
  ['fn_exit:y', 'ERR_START EXIT:y'],
  ['fn_throw:z', 'ERR_START z'],
])('startChild of a child whose start is %s: %s, nothing is kept, nothing reported', async (outcome, answer) => {
  await using tree = await plant({ maxRestarts: 0, children: [{ id: 'a' }] })
  expect(await tree.startChild('s0', { id: 'b', init: [outcome] })).toBe(answer)
  expect((await tree.news()).filter((line) => line.startsWith('s0'))).toEqual([])
  expect(await tree.shape()).toEqual(['a#1'])
  expect(await tree.startChild('s0', { id: 'b' })).toBe('b#2')
})

test('startChild adds behind all others; ignore keeps the spec, but not a temporary one’s', async () => {
  await using tree = await plant({ children: [{ id: 'a' }] })
  expect(await tree.startChild('s0', { id: 'b', init: ['ignore'] })).toBe('undefined')
  expect(await tree.startChild('s0', { id: 'c', restart: 'temporary', init: ['ignore'] })).toBe('undefined')
  expect(await tree.startChild('s0', { id: 'd' })).toBe('d#1')
  expect(await tree.shape()).toEqual(['d#1', 'b:undefined', 'a#1'])
  expect(await tree.counts()).toEqual({ specs: 3, active: 2, supervisors: 0, workers: 3 })
  expect(await tree.restartChild('s0', 'b')).toBe('b#2')
})

test('restartChild whose start fails leaves the child stopped and can be asked again', async () => {
  await using tree = await plant({ children: [{ id: 'a', init: ['ok', 'stop:bad', 'raise:worse'] }] })
  await tree.terminateChild('s0', 'a')
  expect([await tree.restartChild('s0', 'a'), await tree.restartChild('s0', 'a')]).toEqual(['ERR_START bad', 'ERR_START raise:worse'])
  expect(await tree.shape()).toEqual(['a:undefined'])
  expect(await tree.restartChild('s0', 'a')).toBe('a#4')
  expect((await tree.news()).filter((line) => line.startsWith('s0'))).toEqual([])
})

test.each(['permanent', 'transient', 'temporary'] as const)('after terminateChild the spec of a %s child is as its type says', async (restart) => {
  await using tree = await plant({ children: [{ id: 'a', restart }] })
  await tree.terminateChild('s0', 'a')
  expect(await tree.startChild('s0', { id: 'a', restart })).toBe(restart === 'temporary' ? 'a#2' : 'ERR_CHILD already_present')
  expect(await tree.startChild('s0', { id: 'a', restart })).toBe(restart === 'temporary' ? 'ERR_CHILD already_started:a#2' : 'ERR_CHILD already_present')
})

test('a child deleted while its death is not yet heard of still counts as running', async () => {
  await using tree = await plant({ children: [{ id: 'a' }] })
  expect(await tree.burst('s0', () => tree.deleteChild('s0', 'a'), () => tree.exit('a', 'kill'))).toEqual(['ERR_CHILD running'])
  expect(await tree.shape()).toEqual(['a#2'])
})

test('supervisors and workers are counted apart', async () => {
  await using tree = await plant({ children: [{ id: 's1', children: [{ id: 'a' }] }, { id: 's2', children: [] }, { id: 'b' }, { id: 'c', type: 'supervisor' }] })
  expect(await tree.counts()).toEqual({ specs: 4, active: 4, supervisors: 3, workers: 1 })
  expect(await tree.counts('s1')).toEqual({ specs: 1, active: 1, supervisors: 0, workers: 1 })
})

test('getChildSpec tells the defaults', async () => {
  await using tree = await plant({ children: [{ id: 'a' }, { id: 'b', restart: 'transient', shutdown: 'brutal_kill' }, { id: 's1', children: [] }] })
  expect(await Supervisor.getChildSpec(tree.pid, 'a')).toEqual({ id: 'a', restart: 'permanent', shutdown: 5000, type: 'worker', significant: false })
  expect(await Supervisor.getChildSpec(tree.pid, 'b')).toMatchObject({ restart: 'transient', shutdown: 'brutal_kill' })
  expect(await Supervisor.getChildSpec(tree.pid, 's1')).toMatchObject({ type: 'supervisor', shutdown: 'infinity' })
  await expect(Supervisor.getChildSpec(tree.pid, 'nobody')).rejects.toMatchObject({ code: 'ERR_CHILD', reason: 'not_found' })
})

test('while a start function runs, the supervisor serves nothing', async () => {
  await using tree = await plant({ children: [] })
  let starting: Promise<unknown> | undefined
  const release = await new Promise<(result: 'ignore') => void>((begun) => {
    starting = Supervisor.startChild(tree.pid, { id: 'slow', start: () => new Promise<'ignore'>(begun) })
  })
  const order: string[] = []
  const counting = tree.counts().then(() => order.push('counted'))
  const other = await GenServer.start(Mutator, { list: [] }, { host: 'main' })
  await GenServer.stop(other)
  order.push('released')
  release('ignore')
  await Promise.all([starting, counting])
  expect(order).toEqual(['released', 'counted'])
})

test('a start function runs as the supervisor, and what it starts there is linked to it', async () => {
  await using tree = await plant({ children: [] })
  let self: unknown
  await Supervisor.startChild(tree.pid, {
    id: 'f',
    start: async () => {
      await Promise.resolve()
      self = Process.self()
      return 'ignore' as const
    },
  })
  expect(self).toBe(tree.pid)
})

test('a message that a supervisor does not expect is logged and changes nothing', async () => {
  await using tree = await plant({ children: [{ id: 'a' }] })
  Process.send(tree.pid, ['what', 'is this'])
  Process.send(tree.pid, 'this')
  expect(await tree.news()).toHaveLength(2)
  expect(await tree.shape()).toEqual(['a#1'])
})

// What supervisor.erl's handle_call does with what does not come from its own functions. An unknown request ends it there as well.
test.each([
  ['a Supervisor', () => Supervisor.startLink([], { strategy: 'one_for_one' })],
  ['a DynamicSupervisor', () => DynamicSupervisor.startLink()],
])('%s is not ended by garbage for a child: a raw call is refused, or does what startChild does', async (_, start) => {
  await using supervisor = await start()
  const ask = (message: unknown): Promise<unknown> => GenServer.call(supervisor.pid, message as never)
  const invalid = (words: string): object => ({ kind: 'refused', reason: ['invalid_child_spec', expect.stringContaining(words)] })
  const full = { id: 'a', restart: 'permanent', shutdown: 5000, type: 'worker', significant: false }
  const ref = { kind: 'gen_server', url: 'file:///nowhere.js', exportName: 'default', name: 'N', registered: false, host: 'main', child: {} }
  for (const [child, words] of [
    [5, 'a child, got 5'],
    [null, 'a child, got null'],
    [{ ...full, start: 5 }, 'a start, got 5'],
    [{ ...full, start: [{ name: 'N' }, 0] }, 'a start'],
    [{ ...full, start: [ref], id: {} }, 'an id'],
    [{ ...full, start: [ref], restart: 'always' }, 'a restart type, got \'always\''],
    [{ ...full, start: [ref], wings: 2 }, "a key of a child spec, got 'wings'"],
    [{ ...full, start: [ref, 0, { host: 'moon' }] }, 'a host'],
  ] as const) expect(await ask(['startChild', child])).toEqual(invalid(words))
  expect(await ask('startChild')).toEqual(invalid('a child, got undefined'))
  expect(await ask(['terminateChild', { id: 'a' }])).toEqual({ kind: 'refused', reason: 'not_found' })
  expect(await ask(['startChild', { id: 'raw', start: () => 'ignore' }])).toEqual({ kind: 'ok', pid: undefined })
  expect(await ask(['startChild', { ...full, start: [ref] }])).toMatchObject({ kind: 'failed' })
})

test('an exit without a pid is no child’s end', async () => {
  await using tree = await plant({ children: [{ id: 'a' }] })
  await tree.terminateChild('s0', 'a')
  Process.send(tree.pid, ['EXIT'])
  expect(await tree.news()).toHaveLength(1)
  expect(await tree.shape()).toEqual(['a:undefined'])
})

test('an exit signal of a stranger is ignored', async () => {
  await using tree = await plant({ children: [{ id: 's1', children: [{ id: 'a' }] }, { id: 'x' }] })
  for (const reason of ['boom', 'normal', 'shutdown']) tree.signal('x', 's1', reason)
  expect(await tree.news()).toEqual([])
  expect(await tree.shape()).toEqual(['x#1', ['s1#1', ['a#1']]])
})
