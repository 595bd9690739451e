// A call by name that finds the server dead waits for its supervisor: to be answered by the next one, or to fail as
// soon as it is known that none will come.
import { afterAll, expect, jest, test } from '@jest/globals'
import { setImmediate } from 'node:timers/promises'
import { GenServer, Process, Registry, Supervisor, Sys } from 'starfish'
import { assertNoLeaks, down, gate, virtualClock } from '@starfish/testing'
import Steward from '../fixtures/steward.js'
import { plant } from './scripted-tree.js'

afterAll(() => assertNoLeaks())
jest.setTimeout(30_000)

const FOR_EVER = { maxRestarts: 1000, maxSeconds: 1 }
const noproc = { code: 'ERR_CALL_NOPROC', reason: 'noproc' }

test.each([['main', 100], ['thread', 8]] as const)('killed and called at once from the main program, host %s, %i times', async (host, times) => {
  await using tree = await plant({ ...FOR_EVER, children: [{ id: 'a', name: 'phoenix', host }] })
  for (let i = 1; i <= times; i++) {
    Process.exit(Process.whereis('phoenix'), 'kill')
    expect(await GenServer.call('phoenix', 'instance', { timeout: Infinity })).toBe(`a#${i + 1}`)
  }
  expect(tree.starts('a')).toBe(times + 1)
})

test.each([['main', 100], ['thread', 8]] as const)('killed and called at once from another worker, host %s, %i times', async (host, times) => {
  await using tree = await plant({ ...FOR_EVER, children: [{ id: 'a', name: 'phoenix', host }] })
  await using steward = await GenServer.startLink(Steward, undefined)
  for (let i = 1; i <= times; i++) {
    Process.exit(Process.whereis('phoenix'), 'kill')
    expect(await GenServer.call(steward, ['call', ['phoenix', 'instance', Infinity]])).toEqual({ value: `a#${i + 1}` })
  }
  expect(tree.starts('a')).toBe(times + 1)
})

test('many calls that wait are all answered', async () => {
  await using _tree = await plant({ ...FOR_EVER, children: [{ id: 'a', name: 'phoenix' }] })
  Process.exit(Process.whereis('phoenix'), 'kill')
  const answers = await Promise.all(Array.from({ length: 50 }, () => GenServer.call('phoenix', 'instance', { timeout: Infinity })))
  expect(new Set(answers)).toEqual(new Set(['a#2']))
})

test('a call that comes while the next one starts, and that start fails, waits for the one after', async () => {
  const closed = gate()
  await using tree = await plant({ ...FOR_EVER, children: [{ id: 'a', name: 'phoenix', host: 'thread', init: ['ok', 'gate_stop:no', 'stop:no'], gate: closed }] })
  Process.exit(Process.whereis('phoenix'), 'kill')
  await using steward = await GenServer.startLink(Steward, undefined)
  const early = GenServer.call('phoenix', 'instance', { timeout: Infinity })
  await gate.arrival(closed)
  const late = [GenServer.call('phoenix', 'instance', { timeout: Infinity }), GenServer.call(steward, ['call', ['phoenix', 'instance', Infinity]])]
  gate.open(closed)
  expect(await Promise.all([early, ...late])).toEqual(['a#4', 'a#4', { value: 'a#4' }])
  await tree.settled()
})

test('a call waits no longer than its timeout', async () => {
  using clock = virtualClock()
  const closed = gate()
  await using _tree = await plant({ ...FOR_EVER, children: [{ id: 'a', name: 'phoenix', host: 'thread', init: ['ok', 'gate'], gate: closed }] })
  Process.exit(Process.whereis('phoenix'), 'kill')
  const call = GenServer.call('phoenix', 'instance', { timeout: 300 })
  await gate.arrival(closed)
  await Promise.all([
    expect(call).rejects.toMatchObject({ code: 'ERR_CALL_TIMEOUT', exitReason: ['timeout', ['GenServer', 'call', ['phoenix', 'instance', 300]]] }),
    clock.advance(300),
  ])
  gate.open(closed)
})

test('a call can be given up by its signal while it waits', async () => {
  const closed = gate()
  await using _tree = await plant({ ...FOR_EVER, children: [{ id: 'a', name: 'phoenix', host: 'thread', init: ['ok', 'gate'], gate: closed }] })
  Process.exit(Process.whereis('phoenix'), 'kill')
  const given = new AbortController()
  const call = GenServer.call('phoenix', 'instance', { signal: given.signal })
  await gate.arrival(closed)
  given.abort()
  await expect(call).rejects.toMatchObject({ code: 'ERR_CALL_ABORTED' })
  gate.open(closed)
})

test('a child that cannot be started again: the call fails when the supervisor has given up', async () => {
  await using tree = await plant({ maxRestarts: 3, children: [{ id: 'a', name: 'lost', init: ['ok', 'stop:no', 'stop:no', 'stop:no', 'stop:no'] }] })
  Process.exit(Process.whereis('lost'), 'kill')
  await expect(GenServer.call('lost', 'get', { timeout: Infinity })).rejects.toMatchObject(noproc)
  expect(await down(tree.pid)).toBe('noproc')
  expect(tree.starts('a')).toBe(4)
})

test('a call waits through the restart of the supervisor, two levels up', async () => {
  const dies = ['ok', 'stop:no', 'stop:no', 'stop:no', 'stop:no']
  await using tree = await plant({ ...FOR_EVER, children: [{ id: 's1', maxRestarts: 0, children: [{ id: 's2', maxRestarts: 0, children: [{ id: 'a', name: 'deep', init: dies }] }] }] })
  await using steward = await GenServer.startLink(Steward, undefined)
  Process.exit(Process.whereis('deep'), 'kill')
  const [here, there] = await Promise.all([GenServer.call('deep', 'instance'), GenServer.call(steward, ['call', ['deep', 'instance', Infinity]])])
  expect([here, there]).toEqual(['a#6', { value: 'a#6' }])
  expect(await tree.shape()).toEqual([['s1#6', [['s2#6', ['a#6']]]]])
})

test('when all levels give up, the call fails', async () => {
  await using tree = await plant({ maxRestarts: 0, children: [{ id: 's1', maxRestarts: 0, children: [{ id: 's2', maxRestarts: 0, children: [{ id: 'a', name: 'deep' }] }] }] })
  Process.exit(Process.whereis('deep'), 'kill')
  await expect(GenServer.call('deep', 'get', { timeout: Infinity })).rejects.toMatchObject(noproc)
  expect(await tree.settled()).toBeNull()
})

test.each(['temporary', 'transient'] as const)('the name of a %s child that ended for good is nobody’s at once', async (restart) => {
  await using tree = await plant({ children: [{ id: 'a', name: 'gone', restart }, { id: 'b', name: 'other' }] })
  tree.crash('a', 'normal')
  await tree.end('a')
  await expect(GenServer.call('gone', 'get', { timeout: Infinity })).rejects.toMatchObject(noproc)
  expect(await GenServer.call('other', 'instance')).toBe('b#1')
})

test('the name of a child stopped through the API is nobody’s', async () => {
  await using tree = await plant({ children: [{ id: 'a', name: 'gone' }] })
  await tree.terminateChild('s0', 'a')
  await expect(GenServer.call('gone', 'get', { timeout: Infinity })).rejects.toMatchObject(noproc)
})

test('the name of a child whose first start fails is nobody’s', async () => {
  await using tree = await plant({ children: [] })
  expect(await tree.startChild('s0', { id: 'a', name: 'unborn', init: ['stop:no'] })).toBe('ERR_START no')
  await expect(GenServer.call('unborn', 'get', { timeout: Infinity })).rejects.toMatchObject(noproc)
})

test('the name of a child that said ignore is nobody’s', async () => {
  await using _tree = await plant({ children: [{ id: 'a', name: 'idle', restart: 'temporary', init: ['ignore'] }, { id: 'b', name: 'idle-too', init: ['ignore'] }] })
  for (const name of ['idle', 'idle-too']) await expect(GenServer.call(name, 'get', { timeout: Infinity })).rejects.toMatchObject(noproc)
})

test('a request that is served before the supervisor hears of the death does not give the name up', async () => {
  await using tree = await plant({ children: [{ id: 'a', name: 'phoenix' }, { id: 'b', restart: 'temporary' }] })
  await Sys.suspend(tree.pid)
  // The supervisor will first be told to start c, then hear that b and that a died.
  const started = tree.startChild('s0', { id: 'c' })
  tree.exit('b', 'kill')
  await tree.end('b')
  tree.exit('a', 'kill')
  const call = GenServer.call('phoenix', 'instance', { timeout: Infinity })
  await Sys.resume(tree.pid)
  expect(await call).toBe('a#2')
  expect(await started).toBe('c#1')
})

test('the name of a child that is ending can be taken by a new child of the same supervisor', async () => {
  await using tree = await plant({ children: [{ id: 'a', name: 'heir', restart: 'temporary', host: 'thread' }] })
  tree.exit('a', 'kill')
  expect(await tree.startChild('s0', { id: 'b', name: 'heir' })).toBe('b#1')
  expect(await GenServer.call('heir', 'instance')).toBe('b#1')
})

test('a call by pid to a child that died fails at once, restarted or not', async () => {
  await using tree = await plant({ children: [{ id: 'a', name: 'phoenix' }] })
  const pid = tree.pidOf('a')
  Process.exit(pid, 'kill')
  await expect(GenServer.call(pid, 'get')).rejects.toMatchObject(noproc)
  expect(await GenServer.call('phoenix', 'instance', { timeout: Infinity })).toBe('a#2')
})

test('a request to a supervisor by name waits while it is restarted itself', async () => {
  await using tree = await plant({ children: [{ id: 's1', name: 'inner', children: [{ id: 'a' }] }] })
  tree.exit('s1', 'kill')
  expect(await Supervisor.countChildren('inner')).toMatchObject({ active: 1 })
  expect(await tree.shape()).toEqual([['s1#2', ['a#2']]])
})

test('the old process of a name is gone before the new one begins', async () => {
  await using tree = await plant({ ...FOR_EVER, children: [{ id: 'a', name: 'phoenix', trap: true }] })
  for (let i = 1; i <= 50; i++) {
    tree.crash('a', 'normal')
    await tree.end('a')
    expect(await GenServer.call('phoenix', 'instance', { timeout: Infinity })).toBe(`a#${i + 1}`)
  }
})

test('a call that went to a process that is still starting dies with it when that is killed', async () => {
  const closed = gate()
  await using tree = await plant({ ...FOR_EVER, children: [{ id: 'a', name: 'phoenix', host: 'thread', init: ['ok', 'gate', 'ok'], gate: closed }] })
  Process.exit(Process.whereis('phoenix'), 'kill')
  await gate.arrival(closed)
  const call = GenServer.call('phoenix', 'instance', { timeout: Infinity })
  Process.exit(Process.whereis('phoenix'), 'kill')
  await expect(call).rejects.toMatchObject({ code: 'ERR_CALL_EXIT', reason: 'killed' })
  gate.open(closed)
  expect(await tree.shape()).toEqual(['a#3'])
})

test.each([['a name', 'phoenix'], ['a via name', Registry.via('Rooms', 'phoenix')]] as const)('calls that wait for %s are in the mailbox of who starts under it, and wait on when that is killed in its init', async (_, name) => {
  await using _rooms = await Registry.startLink({ keys: 'unique', name: 'Rooms' })
  const closed = gate()
  await using tree = await plant({ ...FOR_EVER, children: [{ id: 'a', name, host: 'thread', init: ['ok', 'gate_stop:no', 'never'], gate: closed }] })
  await using steward = await GenServer.startLink(Steward, undefined)
  Process.exit(GenServer.whereis(name), 'kill')
  const calls = [GenServer.call(name, 'instance', { timeout: Infinity }), GenServer.call(steward, ['call', [name, 'instance', Infinity]], { timeout: Infinity })]
  await until(() => tree.starts('a') === 2 && Process.info(name)?.mailboxLength === 2)
  gate.open(closed) // that start fails, and they wait for the next
  await until(() => tree.starts('a') === 3 && Process.info(name)?.mailboxLength === 2)
  Process.exit(GenServer.whereis(name), 'kill')
  expect(await Promise.all(calls)).toEqual(['a#4', { value: 'a#4' }])
  await tree.settled()
})

test.each([['moves something', { transfer: true }], ['goes to a mailbox with a limit', { maxMailbox: 1 }]])('a call that %s waits until it is served', async (_, { transfer = false, maxMailbox = 0 }: { transfer?: boolean; maxMailbox?: number }) => {
  const closed = gate()
  await using tree = await plant({ ...FOR_EVER, children: [{ id: 'a', name: 'phoenix', host: 'thread', init: ['ok', 'gate_stop:no', 'gate'], gate: closed, maxMailbox }] })
  Process.exit(Process.whereis('phoenix'), 'kill')
  const buffers = [new ArrayBuffer(8), new ArrayBuffer(8)]
  const call = (buffer: ArrayBuffer): Promise<unknown> => GenServer.call('phoenix', ['instance', buffer], { timeout: Infinity, ...(transfer && { transfer: [buffer] }) })
  const before = call(buffers[0]!)
  await gate.arrival(closed)
  expect(Process.info('phoenix')).toMatchObject({ status: 'starting', mailboxLength: 0 })
  const during = transfer ? call(buffers[1]!) : undefined
  expect(Process.info('phoenix')).toMatchObject({ status: 'starting', mailboxLength: 0 })
  gate.open(closed)
  expect([await before, await during]).toEqual(['a#3', during && 'a#3'])
  expect(buffers.map(({ byteLength }) => byteLength)).toEqual(transfer ? [0, 0] : [8, 8])
  await tree.settled()
})

test('calls and casts to a process that is still starting are taken in their order', async () => {
  const closed = gate()
  await using tree = await plant({ ...FOR_EVER, children: [{ id: 'a', name: 'phoenix', host: 'thread', init: ['ok', 'gate'], gate: closed }] })
  Process.exit(Process.whereis('phoenix'), 'kill')
  await gate.arrival(closed)
  const before = GenServer.call('phoenix', 'get', { timeout: Infinity })
  GenServer.cast('phoenix', 'inc')
  const after = GenServer.call('phoenix', 'get', { timeout: Infinity })
  gate.open(closed)
  expect(await Promise.all([before, after])).toEqual([0, 1])
  await tree.settled()
})

// What shared memory says costs no message that could be in the way of others.
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await setImmediate()
}
