// How long a tree lives: as long as the block, the signal, the process that started it; and what is left of a
// supervisor that was killed.
import { afterAll, expect, jest, test } from '@jest/globals'
import { GenServer, Process, Supervisor } from 'starfish'
import { assertNoLeaks, captureLog, down, gate } from '@starfish/testing'
import Counter from '../fixtures/counter.js'
import Scripted from '../fixtures/scripted-worker.js'
import Steward from '../fixtures/steward.js'
import { plant } from './scripted-tree.js'

afterAll(() => assertNoLeaks())
jest.setTimeout(30_000)

const one = { strategy: 'one_for_one' } as const
const script = (id: string, more: object = {}): { id: string; attempts: Int32Array } => ({ id, attempts: new Int32Array(new SharedArrayBuffer(4)), ...more })

// ---- the block

test('await using stops the tree at the end of the block, the last child first', async () => {
  using log = captureLog()
  {
    await using supervisor = await Supervisor.startLink([[Scripted, script('a', { trap: true })], { id: 'b', start: [Scripted, script('b', { trap: true })] }], one)
    expect(Process.isAlive(supervisor.pid)).toBe(true)
  }
  expect(log.events.flatMap((event) => (event.kind === 'text' ? [event.message] : []))).toEqual(['init a#1', 'init b#1', 'terminate b#1 shutdown', 'terminate a#1 shutdown'])
})

test('await using is content when the tree has ended before, for whatever reason', async () => {
  using _log = captureLog()
  for (const reason of ['normal', 'boom']) {
    await using supervisor = await Supervisor.startLink([], one)
    await Supervisor.stop(supervisor, reason)
  }
})

// ---- the signal

test('an AbortSignal shuts the tree down', async () => {
  const given = new AbortController()
  const supervisor = await Supervisor.startLink([Counter], { ...one, signal: given.signal })
  const end = down(supervisor)
  given.abort()
  expect(await end).toBe('normal')
  expect(Process.whereis(Counter)).toBeUndefined()
})

test('a signal that has fired already: nothing starts', async () => {
  const reason = new Error('too late')
  await expect(Supervisor.startLink([Counter], { ...one, signal: AbortSignal.abort(reason) })).rejects.toMatchObject({ code: 'ERR_START', reason: 'aborted', cause: reason })
  expect(Process.whereis(Counter)).toBeUndefined()
})

test('a signal that fires while the tree starts shuts it down as soon as it is up', async () => {
  using _log = captureLog()
  const given = new AbortController()
  const closed = gate()
  const starting = Supervisor.startLink([[Scripted, script('a', { init: ['gate'], gate: closed })]], { ...one, signal: given.signal })
  await gate.arrival(closed)
  given.abort()
  gate.open(closed)
  expect(await down(await starting)).toMatch(/^(normal|noproc)$/)
})

test('a signal that fires when the tree is gone does nothing', async () => {
  const given = new AbortController()
  await Supervisor.stop(await Supervisor.startLink([], { ...one, signal: given.signal }))
  given.abort()
})

// ---- the process that started it

test('a tree started by a worker ends with the worker', async () => {
  using log = captureLog()
  const steward = await GenServer.start(Steward, undefined)
  const answer = await GenServer.call<{ value: string }>(steward.pid, ['startTree', [[{ id: 'a', script: script('a', { trap: true }), options: { name: 'of-a-worker' } }], { ...one, name: 'worker-tree' }]])
  expect(answer).toEqual({ value: Process.whereis('worker-tree') })
  expect(Process.info('worker-tree')).toMatchObject({ parent: steward.pid, thread: 0 })
  Process.exit(Process.whereis('of-a-worker'), 'kill')
  expect(await GenServer.call('of-a-worker', 'instance')).toBe('a#2')
  const ends = down(Process.whereis('worker-tree')!)
  Process.exit(steward, 'kill')
  expect(await ends).toBe('killed')
  expect(Process.whereis('of-a-worker')).toBeUndefined()
  expect(log.events.flatMap((event) => (event.kind === 'text' ? [event.message] : []))).toEqual(['init a#1', 'init a#2', 'terminate a#2 shutdown'])
})

test('a worker that starts a tree is hit by its end, unless it traps exits', async () => {
  using _log = captureLog()
  const steward = await GenServer.start(Steward, undefined)
  await GenServer.call(steward.pid, ['startTree', [[], { ...one, name: 'worker-tree' }]])
  const end = down(steward)
  Process.exit(Process.whereis('worker-tree'), 'kill')
  expect(await end).toBe('killed')
})

test('a tree that does not start leaves nothing, and tells the worker that asked', async () => {
  using _log = captureLog()
  await using steward = await GenServer.startLink(Steward, undefined)
  GenServer.cast(steward, 'trap')
  const answer = await GenServer.call(steward, ['startTree', [[{ id: 'a', script: script('a', { init: ['raise:oops'] }) }], one]])
  expect(answer).toMatchObject({ code: 'ERR_START', reason: ['shutdown', ['failed_to_start_child', 'a', ['error', { name: 'Error', message: 'oops' }]]] })
})

// ---- the API from inside a worker

test('a worker asks a supervisor on the main thread for everything, its own supervisor too', async () => {
  using _log = captureLog()
  await using supervisor = await Supervisor.startLink([{ id: 'steward', start: [Steward, undefined, { name: 'steward' }] }], { ...one, name: 'asked' })
  const ask = (...message: readonly [string, ...unknown[]]): Promise<unknown> => GenServer.call('steward', message as never)
  const child = (id: string, init: string[] = []): unknown => ({ id, script: script(id, { init }), options: { host: 'main' } })
  const { value: started } = (await ask('startChild', ['asked', child('a')])) as { value: { pid: string } }
  expect(Process.isAlive(started.pid as never)).toBe(true)
  expect(await ask('whichChildren', 'asked')).toEqual({ value: await Supervisor.whichChildren(supervisor) })
  expect(await ask('countChildren', supervisor.pid)).toEqual({ value: { specs: 2, active: 2, supervisors: 0, workers: 2 } })
  expect(await ask('startChild', ['asked', child('a')])).toMatchObject({ code: 'ERR_CHILD', reason: ['already_started', started.pid] })
  expect(await ask('deleteChild', ['asked', 'a'])).toEqual({ code: 'ERR_CHILD', reason: 'running' })
  expect(await ask('terminateChild', ['asked', 'a'])).toEqual({ value: undefined })
  expect(await ask('restartChild', ['asked', 'a'])).toMatchObject({ value: { pid: expect.any(String) } })
  expect(await ask('terminateChild', ['asked', 'nobody'])).toEqual({ code: 'ERR_CHILD', reason: 'not_found' })
  expect(await ask('startChild', ['asked', child('b', ['raise:oops'])])).toMatchObject({ code: 'ERR_START', reason: ['error', { message: 'oops' }] })
})

test('what a worker’s start request failed with keeps the code of its error', async () => {
  using _log = captureLog()
  await using _supervisor = await Supervisor.startLink([], { ...one, name: 'asked' })
  await using steward = await GenServer.startLink(Steward, undefined)
  const small = { id: 'm', script: script('m'), options: { thread: { resourceLimits: { maxOldGenerationSizeMb: 1 } } } }
  expect(await GenServer.call(steward, ['startChild', ['asked', small]])).toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
  const failing = { id: 'f', script: script('f', { init: ['code:E_CUSTOM'] }) }
  expect(await GenServer.call(steward, ['startChild', ['asked', failing]])).toMatchObject({ code: 'ERR_START', causeCode: 'E_CUSTOM' })
})

// ---- a supervisor that was killed

test('killed, a supervisor takes its children along: each sees its parent’s end, and a fresh tree grows beside', async () => {
  await using tree = await plant({ children: [{ id: 's1', children: [{ id: 'a', host: 'thread', trap: true }, { id: 'b', host: 'thread' }, { id: 's2', children: [{ id: 'c', trap: true }] }] }] })
  const ends = ['a', 'b', 's2', 'c'].map((id) => [id, tree.pidOf(id)] as const)
  tree.exit('s1', 'kill')
  const seen: Record<string, string> = {}
  for (const [id, pid] of ends) seen[id] = String(await down(pid))
  expect(await tree.shape()).toEqual([['s1#2', [['s2#2', ['c#2']], 'b#2', 'a#2']]])
  const news = await tree.news()
  // Their ends and the new tree's beginnings happen at once; of each, the order is certain.
  expect(news.filter((line) => line.startsWith('s0'))).toEqual(['s0#1: child_terminated s1 killed'])
  expect(news.filter((line) => / (a|c|s2)#1/.test(line)).sort()).toEqual(['error a#1 killed', 'error s2#1 killed', 'terminate a#1 killed', 'terminate c#1 shutdown'])
  expect(news.filter((line) => line.startsWith('init'))).toEqual(['init s1#2', 'init a#2', 'init b#2', 'init s2#2', 'init c#2'])
  expect(Object.keys(seen)).toEqual(['a', 'b', 's2', 'c'])
})

test('a child that hangs in terminate outlives its killed supervisor', async () => {
  await using tree = await plant({ children: [{ id: 's1', children: [{ id: 'a', trap: true, term: 'hang', shutdown: 'brutal_kill' }] }] })
  const orphan = tree.pidOf('a')
  tree.exit('s1', 'kill')
  expect(await tree.shape()).toEqual([['s1#2', ['a#2']]])
  expect(Process.isAlive(orphan)).toBe(true)
  const end = down(orphan)
  Process.exit(orphan, 'kill')
  expect(await end).toBe('killed')
})

test('brutal_kill of a nested supervisor: its children end on their own', async () => {
  await using tree = await plant({ children: [{ id: 's1', shutdown: 'brutal_kill', children: [{ id: 'a', trap: true }, { id: 'b' }] }] })
  const [a, b] = ['a', 'b'].map((id) => tree.pidOf(id))
  expect(await tree.terminateChild('s0', 's1')).toBe('ok')
  for (const pid of [a!, b!]) expect(await down(pid)).toMatch(/killed|noproc/)
  expect(await tree.news()).toEqual(['terminate a#1 killed', 'error a#1 killed'])
})

test('names of children come back with a killed supervisor’s successor', async () => {
  await using tree = await plant({ children: [{ id: 's1', name: 'inner', children: [{ id: 'a', name: 'inner-a', host: 'thread' }, { id: 'b', name: 'inner-b' }] }] })
  for (let life = 2; life <= 4; life++) {
    tree.exit('s1', 'kill')
    expect(await Promise.all([GenServer.call('inner-a', 'instance'), GenServer.call('inner-b', 'instance')])).toEqual([`a#${life}`, `b#${life}`])
  }
})

test('the root killed: nothing is left', async () => {
  await using tree = await plant({ children: [{ id: 'a', host: 'thread' }, { id: 's1', children: [{ id: 'b' }, { id: 's2', children: [{ id: 'c', host: 'thread' }] }] }] })
  const pids = ['a', 's1', 'b', 's2', 'c'].map((id) => tree.pidOf(id))
  tree.exit('s0', 'kill')
  for (const pid of pids) await down(pid)
  expect(pids.some((pid) => Process.isAlive(pid))).toBe(false)
})
