// A supervisor with a back-off leaves a child that died down for a while: what it says and does meanwhile.
import { afterAll, expect, test } from '@jest/globals'
import { DynamicSupervisor, GenServer, Process, Supervisor, type BackoffOptions, type Pid } from 'starfish'
import { installClock } from 'starfish/internal'
import { assertNoLeaks, captureLog, down, virtualClock } from '@starfish/testing'
import { Member } from '../fixtures/member.js'
import { plant } from './scripted-tree.js'

const log = captureLog()
afterAll(async () => {
  log[Symbol.dispose]()
  await assertNoLeaks()
})

const backoff: BackoffOptions = { min: 1000, max: 4000, factor: 2, jitter: 0, resetAfter: 10_000 }

type Tree = Awaited<ReturnType<typeof plant>>

async function crash(tree: Tree, id: string): Promise<void> {
  const end = tree.end(id)
  tree.crash(id, 'boom')
  await end
}

const children = async (tree: Tree): Promise<unknown[]> => (await Supervisor.whichChildren(tree.pid)).map(({ id, pid }) => [id, tree.instanceOf(pid as never) ?? pid])

test('the wait doubles with each failure in a row, up to the longest, and begins anew after a good time', async () => {
  using clock = virtualClock()
  await using tree = await plant({ backoff, maxRestarts: 100, children: [{ id: 'a' }] })
  let starts = 1
  for (const wait of [1000, 2000, 4000, 4000]) {
    await crash(tree, 'a')
    expect(await children(tree)).toEqual([['a', 'restarting']])
    await clock.advance(wait - 1)
    expect(tree.starts('a')).toBe(starts)
    await clock.advance(1)
    expect(await tree.shape()).toEqual([`a#${++starts}`])
  }
  await clock.advance(10_000)
  await crash(tree, 'a')
  await clock.advance(1000)
  expect(await tree.shape()).toEqual([`a#${++starts}`])
})

test('a start that fails waits as well, and longer', async () => {
  using clock = virtualClock()
  await using tree = await plant({ backoff, maxRestarts: 100, children: [{ id: 'a', init: ['ok', 'stop:x', 'stop:x'] }] })
  await crash(tree, 'a')
  for (const [wait, line] of [[1000, 'init a#2 stop:x'], [2000, 'init a#3 stop:x'], [4000, 'init a#4']] as const) {
    const started = tree.toCome(line)
    await clock.advance(wait - 1)
    expect(tree.starts('a')).toBe(Number(/\d/.exec(line)![0]) - 1)
    await clock.advance(1)
    await started
    await children(tree) // the start has failed
    await children(tree) // and the next wait has begun
  }
  expect(await tree.shape()).toEqual(['a#4'])
})

test('every restart counts when the child has failed: too many end the supervisor, without another wait', async () => {
  using clock = virtualClock()
  await using tree = await plant({ backoff, maxRestarts: 1, maxSeconds: 5, children: [{ id: 'a' }] })
  await crash(tree, 'a')
  await clock.advance(1000)
  expect(await tree.shape()).toEqual(['a#2'])
  const end = tree.end('s0')
  await crash(tree, 'a')
  expect(await end).toBe('shutdown')
})

test('a wait longer than the window of the intensity goes on for ever', async () => {
  using clock = virtualClock()
  await using tree = await plant({ backoff: { min: 3000, jitter: 0, factor: 1 }, maxRestarts: 1, maxSeconds: 2, children: [{ id: 'a' }] })
  for (let n = 2; n < 12; n++) {
    await crash(tree, 'a')
    await clock.advance(3000)
    expect(await tree.shape()).toEqual([`a#${n}`])
  }
})

test('who goes down with a child is stopped at once, and comes back with it; what was added meanwhile too', async () => {
  using clock = virtualClock()
  await using tree = await plant({ strategy: 'rest_for_one', backoff, children: [{ id: 'a' }, { id: 'b' }, { id: 'c', trap: true }, { id: 't', restart: 'temporary' }] })
  await crash(tree, 'b')
  expect(await children(tree)).toEqual([['c', undefined], ['b', 'restarting'], ['a', 'a#1']])
  expect(await tree.startChild('s0', { id: 'd' })).toBe('d#1')
  await clock.advance(1000)
  expect(await tree.shape()).toEqual(['d#2', 'c#2', 'b#2', 'a#1'])
})

test('a neighbour whose restart takes the waiting child along ends its wait', async () => {
  using clock = virtualClock()
  await using tree = await plant({ strategy: 'rest_for_one', backoff, maxRestarts: 100, children: [{ id: 'a' }, { id: 'b' }] })
  await crash(tree, 'b')
  await clock.advance(500)
  await crash(tree, 'a')
  await clock.advance(500) // b would have been started now
  expect([tree.starts('a'), tree.starts('b')]).toEqual([1, 1])
  await clock.advance(500)
  expect(await tree.shape()).toEqual(['b#2', 'a#2'])
})

test('terminateChild ends the wait; restartChild and deleteChild are refused during it', async () => {
  using clock = virtualClock()
  await using tree = await plant({ backoff, children: [{ id: 'a' }] })
  await crash(tree, 'a')
  expect([await tree.restartChild('s0', 'a'), await tree.deleteChild('s0', 'a')]).toEqual(['ERR_CHILD restarting', 'ERR_CHILD restarting'])
  expect(await tree.terminateChild('s0', 'a')).toBe('ok')
  await clock.advance(10_000)
  expect(await tree.shape()).toEqual(['a:undefined'])
  expect(await tree.restartChild('s0', 'a')).toBe('a#2')
})

test.each(['shutdown', 'kill'])('the end of the supervisor by %s ends the wait: no timer keeps the program up', async (reason) => {
  const waits = new Set<unknown>()
  const uninstall = installClock({
    now: () => performance.now(),
    setTimeout: (callback, ms) => {
      const timer = setTimeout(callback, ms)
      if (ms === 60_000) waits.add(timer)
      return timer
    },
    clearTimeout: (timer) => {
      clearTimeout(timer as NodeJS.Timeout | undefined)
      waits.delete(timer)
    },
  })
  try {
    await using tree = await plant({ backoff: { min: 60_000, max: 60_000, jitter: 0 }, children: [{ id: 'a' }] })
    await crash(tree, 'a')
    await children(tree)
    expect(waits.size).toBe(1)
    const end = tree.end('s0')
    tree.exit('s0', reason)
    await end
    expect(waits.size).toBe(0)
  } finally {
    uninstall()
  }
})

test('a call by name waits as long as its timeout allows; the names of those who ended for good are free at once', async () => {
  using clock = virtualClock()
  await using tree = await plant({ backoff, children: [{ id: 'a', name: 'Waiting' }, { id: 't', name: 'Gone', restart: 'temporary' }] })
  await crash(tree, 'a')
  await children(tree)
  const short = GenServer.call('Waiting', 'get', { timeout: 500 })
  const long = GenServer.call('Waiting', 'get', { timeout: 5000 })
  await crash(tree, 't')
  await expect(GenServer.call('Gone', 'get')).rejects.toMatchObject({ reason: 'noproc' })
  await clock.advance(500)
  await expect(short).rejects.toMatchObject({ reason: 'timeout' })
  await clock.advance(500)
  expect(await long).toBe(0)
})

test('a DynamicSupervisor waits too, with each child for itself', async () => {
  using clock = virtualClock()
  await using tree = await DynamicSupervisor.startLink({ backoff })
  const start = async (name: string): Promise<Pid> => (await DynamicSupervisor.startChild(tree, { id: 1, start: [Member, name, { host: 'main' }], name })).pid!
  const [first, second] = [await start('First'), await start('Second')]
  Process.exit(first, 'kill')
  await down(first)
  expect((await DynamicSupervisor.whichChildren(tree)).map(({ pid }) => pid)).toEqual(['restarting', second])
  await clock.advance(999)
  expect(Process.whereis('First')).toBeUndefined()
  const answer = GenServer.call('First', 'name')
  await clock.advance(1)
  expect(await answer).toBe('First')
  Process.exit(second, 'kill')
  await down(second)
  await DynamicSupervisor.whichChildren(tree)
  await DynamicSupervisor.terminateChild(tree, second)
  await clock.advance(10_000)
  expect(await DynamicSupervisor.countChildren(tree)).toMatchObject({ specs: 1, active: 1 })
})

test.each<[string, unknown]>([
  ['a number', 100], ['an unknown key', { minimum: 1 }], ['no wait', { min: 0 }], ['a longest wait under the first', { min: 100, max: 50 }],
  ['a factor under 1', { factor: 0.5 }], ['a part above 1', { jitter: 2 }], ['a word', { resetAfter: 'soon' }], ['NaN', { min: NaN }],
])('%s is refused', async (_, wrong) => {
  await expect(Supervisor.startLink([], { strategy: 'one_for_one', backoff: wrong as BackoffOptions })).rejects.toMatchObject({ code: 'ERR_BAD_CHILD_SPEC' })
})
