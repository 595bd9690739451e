// A call by a via name waits for a supervised process that is being started again, as one by a plain name does: with
// keys of a registry and with partitions, from the main program and from a worker.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type ChildSpec, DynamicSupervisor, GenServer, PartitionSupervisor, type Pid, Process, Registry, type Started, Supervisor, type Via } from 'starfish'
import { assertNoLeaks, captureLog, down, gate, receive, restarted, startSupervised, type Gate } from '@starfish/testing'
import GatedStart from '../fixtures/gated-start.js'
import { Resident } from '../fixtures/member.js'
import ScriptedWorker from '../fixtures/scripted-worker.js'
import Steward from '../fixtures/steward.js'
import { plant } from './scripted-tree.js'

const log = captureLog()
let steward: Started
beforeAll(async () => {
  steward = await GenServer.startLink(Steward, undefined)
})
afterAll(async () => {
  await steward[Symbol.asyncDispose]()
  log[Symbol.dispose]()
  await assertNoLeaks()
})

const FOR_EVER = { maxRestarts: 1000, maxSeconds: 1 }
const noproc = { code: 'ERR_CALL_NOPROC', reason: 'noproc' }
const key = (name: string): Via => Registry.via('Rooms', name)
const rooms = (): Promise<Started> => Registry.startLink({ name: 'Rooms', keys: 'unique' })

/** A tree whose `a` starts again and stands at the gate; `b`, which went down with it (one_for_all), has its turn after it. */
async function between(closed: Gate): Promise<AsyncDisposable> {
  const tree = await plant({
    ...FOR_EVER,
    strategy: 'one_for_all',
    children: [{ id: 'a', host: 'thread', init: ['ok', 'gate'], gate: closed }, { id: 'b', name: key('b') }],
  })
  tree.exit('a', 'kill')
  await gate.arrival(closed)
  return tree
}

type Ask = (server: Via, message?: string, timeout?: number) => Promise<unknown>

/** What a call comes to: `{ value }`, or the code and the reason of its error. */
const fromMain: Ask = (server, message = 'instance', timeout = Infinity) =>
  GenServer.call(server, message, { timeout }).then((value) => ({ value }), ({ code, reason }: { code: string; reason: unknown }) => ({ code, reason }))
const fromWorker: Ask = (server, message = 'instance', timeout = Infinity) => GenServer.call(steward.pid, ['call', [server, message, timeout]], { timeout: Infinity })

const open = (): Gate => {
  const door = gate()
  gate.open(door)
  return door
}
const shut = ({ shared }: Gate): void => void shared.fill(0)

describe.each([['the main program', fromMain], ['a worker', fromWorker]])('keys of a registry, called from %s', (_, ask) => {
  test.each([['main', 20], ['thread', 4]] as const)('killed and called at once, host %s, %i times', async (host, times) => {
    await using _rooms = await rooms()
    await using _tree = await plant({ ...FOR_EVER, children: [{ id: 'a', name: key('phoenix'), host }] })
    for (let i = 1; i <= times; i++) {
      Process.exit(GenServer.whereis(key('phoenix'))!, 'kill')
      expect(await ask(key('phoenix'))).toEqual({ value: `a#${i + 1}` })
    }
  })

  test('one that dies while its neighbour is being started again', async () => {
    await using _rooms = await rooms()
    const door = open()
    await using _tree = await startSupervised([
      { id: 1, start: [GatedStart, door, { name: key('first') }] },
      { id: 2, start: [GatedStart, open(), { name: key('second') }] },
    ])
    const [first, second] = [GenServer.whereis(key('first'))!, GenServer.whereis(key('second'))!]
    shut(door)
    Process.exit(first, 'kill')
    await gate.arrival(door) // the supervisor is in the middle of starting the first again
    Process.exit(second, 'kill')
    await down(second)
    expect(GenServer.whereis(key('second'))).toBeUndefined()
    expect(await ask(key('second'), 'who', 5)).toEqual({ code: 'ERR_CALL_TIMEOUT', reason: 'timeout' })
    const answers = [ask(key('first'), 'who'), ask(key('second'), 'who')]
    gate.open(door)
    expect(await Promise.all(answers)).toEqual([key('first'), key('second')].map((room) => ({ value: GenServer.whereis(room) })))
    expect(GenServer.whereis(key('second'))).not.toBe(second)
  })

  test('one that goes down with another (one_for_all)', async () => {
    await using _rooms = await rooms()
    const closed = gate()
    await using _tree = await between(closed)
    const answer = ask(key('b'))
    gate.open(closed)
    expect(await answer).toEqual({ value: 'b#2' })
  })

  test('while the next one starts, and that start fails', async () => {
    await using _rooms = await rooms()
    const closed = gate()
    await using tree = await plant({ ...FOR_EVER, children: [{ id: 'a', name: key('a'), host: 'thread', init: ['ok', 'gate_stop:no', 'stop:no'], gate: closed }] })
    tree.exit('a', 'kill')
    await gate.arrival(closed)
    const answer = ask(key('a'))
    gate.open(closed)
    expect(await answer).toEqual({ value: 'a#4' })
  })

  test('through the restart of the supervisor, two levels up', async () => {
    await using _rooms = await rooms()
    const dies = ['ok', 'stop:no', 'stop:no', 'stop:no', 'stop:no']
    await using tree = await plant({ ...FOR_EVER, children: [{ id: 's1', maxRestarts: 0, children: [{ id: 's2', maxRestarts: 0, children: [{ id: 'a', name: key('deep'), init: dies }] }] }] })
    tree.exit('a', 'kill')
    expect(await ask(key('deep'))).toEqual({ value: 'a#6' })
  })

  test('a call fails as soon as the supervisor has given up', async () => {
    await using _rooms = await rooms()
    await using tree = await plant({ maxRestarts: 1, children: [{ id: 'a', name: key('lost'), init: ['ok', 'stop:no', 'stop:no'] }] })
    tree.exit('a', 'kill')
    expect(await ask(key('lost'))).toEqual(noproc)
  })

  test('a child that ended for good, or was terminated, or deleted, is nobody’s', async () => {
    await using _rooms = await rooms()
    await using tree = await plant({ children: [{ id: 'a', name: key('a'), restart: 'transient' }, { id: 'b', name: key('b') }] })
    tree.crash('a', 'normal')
    await tree.end('a')
    expect(await ask(key('a'))).toEqual(noproc)
    await tree.terminateChild('s0', 'b')
    expect(await ask(key('b'))).toEqual(noproc)
    await tree.deleteChild('s0', 'b')
    expect(await ask(key('b'))).toEqual(noproc)
  })

  test('under a DynamicSupervisor, until it is told to end the child', async () => {
    await using _rooms = await rooms()
    await using supervisor = await DynamicSupervisor.startLink(FOR_EVER)
    const attempts = new Int32Array(new SharedArrayBuffer(4))
    const { pid } = await DynamicSupervisor.startChild(supervisor, { id: 'a', start: [ScriptedWorker, { id: 'a', attempts }, { name: key('a'), host: 'main' }] })
    Process.exit(pid!, 'kill')
    expect(await ask(key('a'))).toEqual({ value: 'a#2' })
    await DynamicSupervisor.terminateChild(supervisor, GenServer.whereis(key('a'))!)
    expect(await ask(key('a'))).toEqual(noproc)
  })

  test('a process that enters itself as it starts', async () => {
    await using _rooms = await rooms()
    await using _tree = await startSupervised([{ id: 'a', start: [Resident, 'lobby', { host: 'main' }] }])
    const before = GenServer.whereis(key('lobby'))!
    Process.exit(before, 'kill')
    const { value } = (await ask(key('lobby'), 'who')) as { value: Pid }
    expect(value).toBe(GenServer.whereis(key('lobby')))
    expect(value).not.toBe(before)
  })

  test('a registry that is started again with the processes in it', async () => {
    const attempts = new Int32Array(new SharedArrayBuffer(4))
    await using _tree = await Supervisor.startLink([
      Registry.spec({ name: 'Rooms', keys: 'unique' }),
      { id: 'a', start: [ScriptedWorker, { id: 'a', attempts }, { name: key('a'), host: 'main' }] },
    ], { strategy: 'rest_for_one' })
    Process.exit(Process.whereis('Rooms'), 'kill')
    expect(await ask(key('a'))).toEqual({ value: 'a#2' })
  })
})

describe('keys of a registry', () => {
  test('a registry that nobody starts again leaves nobody to wait for', async () => {
    const registry = await rooms()
    await using tree = await plant({ children: [{ id: 'a', name: key('a'), restart: 'temporary' }] })
    Process.exit(registry.pid, 'kill')
    await down(registry.pid)
    await tree.end('a')
    expect(await fromMain(key('a'))).toEqual(noproc)
  })

  test('a monitor by a name that is held says noproc', async () => {
    await using _rooms = await rooms()
    const closed = gate()
    await using _tree = await between(closed)
    const ref = Process.monitor(key('b'))
    expect(await receive('DOWN')).toEqual(['DOWN', ref, 'Rooms[b]', 'noproc'])
    expect(() => Process.send(key('b'), 'hello')).toThrow('Rooms[b]')
    expect(GenServer.cast(key('b'), 'inc')).toBe(true)
    gate.open(closed)
    expect(await fromMain(key('b'), 'get')).toEqual({ value: 0 })
  })

  test('a key of a process that is ending is given when that is gone', async () => {
    await using _rooms = await rooms()
    await using tree = await plant({ children: [{ id: 'a', name: key('heir'), restart: 'temporary', host: 'thread' }] })
    tree.exit('a', 'kill')
    expect(await tree.startChild('s0', { id: 'b', name: key('heir') })).toBe('b#1')
    expect(await tree.end('a')).toBe('noproc')
    expect(await fromMain(key('heir'))).toEqual({ value: 'b#1' })
  })
})

describe.each([['the main program', fromMain], ['a worker', fromWorker]])('partitions, called from %s', (_, ask) => {
  const at = (partition: number): Via => PartitionSupervisor.via('Parts', partition)
  const start = (doors: readonly Gate[], options: Partial<Parameters<typeof PartitionSupervisor.startLink>[0]> = {}): Promise<Started> =>
    PartitionSupervisor.startLink({ name: 'Parts', child: [GatedStart, undefined], partitions: doors.length, withArguments: (_none, partition) => doors[partition], ...FOR_EVER, ...options })
  const nextOf = async (partition: number, before: Pid, answer: Promise<unknown>): Promise<void> => {
    const { value } = (await answer) as { value: Pid }
    expect(value).toBe(GenServer.whereis(at(partition)))
    expect(value).not.toBe(before)
  }

  test('killed and called at once, by any of its keys', async () => {
    await using _parts = await start([open(), open()])
    for (let i = 0; i < 3; i++) {
      const before = GenServer.whereis(at(1))!
      Process.exit(before, 'kill')
      await nextOf(1, before, ask(at(5), 'who'))
    }
  })

  test('one that goes down with another', async () => {
    const doors = [open(), open()]
    await using _parts = await start(doors, { strategy: 'one_for_all' })
    const [zero, one] = [GenServer.whereis(at(0))!, GenServer.whereis(at(1))!]
    shut(doors[0]!)
    Process.exit(zero, 'kill')
    await gate.arrival(doors[0]!)
    expect(GenServer.whereis(at(1))).toBeUndefined()
    const answer = ask(at(1), 'who')
    gate.open(doors[0]!)
    await nextOf(1, one, answer)
  })

  test('when all are started again with their supervisor', async () => {
    const child: ChildSpec = { id: 'a', start: [ScriptedWorker, { id: 'a', attempts: new Int32Array(new SharedArrayBuffer(4)) }, { host: 'main' }] }
    await using top = await Supervisor.startLink([PartitionSupervisor.spec({ name: 'Parts', child, partitions: 2 })], { strategy: 'one_for_one' })
    const before = Process.whereis('Parts')!
    Process.exit(before, 'kill')
    expect(await Promise.all([ask(at(0)), ask(at(1))])).toEqual([{ value: 'a#3' }, { value: 'a#4' }])
    await restarted(top.pid, 'Parts', before)
  })

  test('a call fails when the supervisor gives up, or has terminated the partition', async () => {
    await using parts = await start([open(), open()], { maxRestarts: 0 })
    await Supervisor.terminateChild(parts.pid, 1)
    expect(await ask(at(1), 'who')).toEqual(noproc)
    Process.exit(GenServer.whereis(at(0)), 'kill')
    expect(await ask(at(0), 'who')).toEqual(noproc)
    await down(parts)
  })
})

test('the name of a partition is not for others to take', async () => {
  await using _parts = await PartitionSupervisor.startLink({ name: 'Parts', child: [GatedStart, open()], partitions: 1 })
  await expect(GenServer.start(GatedStart, open(), { name: PartitionSupervisor.via('Parts', 0) })).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
})
