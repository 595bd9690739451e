// The same child several times, and keys that lead to one of them.
import { afterAll, describe, expect, test } from '@jest/globals'
import { availableParallelism } from 'node:os'
import { DynamicSupervisor, GenServer, PartitionSupervisor, Process, Supervisor, Sys, type PartitionSupervisorOptions, type Pid } from 'starfish'
import { assertNoLeaks, captureLog, down, restarted } from '@starfish/testing'
import { partitionOf } from '#core/rule/partition'
import Mannered from '../fixtures/mannered.js'
import Partition from '../fixtures/partition.js'

afterAll(() => assertNoLeaks())

const numbered = (options: Partial<PartitionSupervisorOptions> = {}): PartitionSupervisorOptions =>
  ({ name: 'Parts', child: [Mannered, 'argument'], partitions: 3, withArguments: (argument: unknown, partition: number) => [argument, partition], ...options })

/** The number of the partition that a key leads to. */
const at = async (key: unknown): Promise<unknown> => ((await GenServer.call(PartitionSupervisor.via('Parts', key), 'get')) as unknown[])[1]

describe('keys', () => {
  test.each([[0, 0], [1, 1], [2, 2], [3, 0], [-1, 1], [-3, 0], [7, 1]])('the whole number %d leads to partition %d of 3', async (key, partition) => {
    expect(partitionOf(key, 3)).toBe(partition)
  })

  test('anything else leads by its text, always to the same partition, and all partitions are used', () => {
    const keys = Array.from({ length: 100 }, (_, i) => `user ${i}`)
    const partitions = keys.map((key) => partitionOf(key, 4))
    expect(new Set(partitions)).toEqual(new Set([0, 1, 2, 3]))
    expect(keys.map((key) => partitionOf(key, 4))).toEqual(partitions)
    // Written down: a key may be kept from one run of a program to the next.
    expect(['', 'user', 'Zoë', 1.5, null, ['a', 1]].map((key) => partitionOf(key, 1000))).toEqual([5, 488, 879, 433, 820, 363])
    expect(partitionOf({ a: 1, b: 2 }, 1000)).toBe(partitionOf({ b: 2, a: 1 }, 1000))
  })

  test('a call by key reaches the partition, from here', async () => {
    await using _parts = await PartitionSupervisor.startLink(numbered())
    expect(await Promise.all([0, 1, 2, 3, -1].map(at))).toEqual([0, 1, 2, 0, 1])
    expect(await at('user')).toBe(partitionOf('user', 3))
  })

  test('and from one thread to another', async () => {
    await using _parts = await PartitionSupervisor.startLink(numbered({ child: [Partition, 'in'], partitions: 2 }))
    expect(await GenServer.call(PartitionSupervisor.via('Parts', 0), ['via', ['Parts', 1]])).toEqual(['in', 1])
    expect(await GenServer.call(PartitionSupervisor.via('Parts', 0), ['via', ['Parts', -3]])).toEqual(['in', 1])
  })

  test('a name that nobody has leads to nobody', async () => {
    await expect(GenServer.call(PartitionSupervisor.via('Parts', 1), 'get')).rejects.toMatchObject({ code: 'ERR_CALL_NOPROC' })
    await expect(PartitionSupervisor.partitions('Parts')).rejects.toMatchObject({ code: 'ERR_CALL_NOPROC' })
    await expect(PartitionSupervisor.countChildren('Parts')).rejects.toMatchObject({ code: 'ERR_CALL_NOPROC' })
  })
})

describe('partitions', () => {
  test('as many as there are cores, each with the argument of the child, unless told otherwise', async () => {
    await using _parts = await PartitionSupervisor.startLink({ name: 'Parts', child: [Mannered, 'argument'] })
    expect(await PartitionSupervisor.partitions('Parts')).toBe(availableParallelism())
    expect(await GenServer.call(PartitionSupervisor.via('Parts', 0), 'get')).toBe('argument')
  })

  test('have their numbers for ids', async () => {
    await using _parts = await PartitionSupervisor.startLink(numbered())
    const children = await PartitionSupervisor.whichChildren('Parts')
    expect(children.map(({ id, type }) => [id, type])).toEqual([[2, 'worker'], [1, 'worker'], [0, 'worker']])
    for (const { id, pid } of children) expect(await GenServer.call(pid as Pid, 'get')).toEqual(['argument', id])
    expect(await PartitionSupervisor.countChildren('Parts')).toEqual({ specs: 3, active: 3, supervisors: 0, workers: 3 })
  })

  test('one that dies comes back under its number, the others stay', async () => {
    using _log = captureLog()
    await using parts = await PartitionSupervisor.startLink(numbered())
    const [two, one, zero] = (await PartitionSupervisor.whichChildren('Parts')).map(({ pid }) => pid as Pid)
    Process.exit(one!, 'kill')
    const again = await restarted(parts.pid, 1, one!)
    expect((await PartitionSupervisor.whichChildren('Parts')).map(({ pid }) => pid)).toEqual([two, again, zero])
    expect(await at(1)).toBe(1)
  })

  test('one that is dead and not yet restarted does not count as active', async () => {
    using _log = captureLog()
    await using parts = await PartitionSupervisor.startLink(numbered())
    const pid = (await PartitionSupervisor.whichChildren('Parts'))[0]!.pid as Pid
    await Sys.suspend(parts)
    const counting = PartitionSupervisor.countChildren('Parts') // lies ahead of the news of the death
    Process.exit(pid, 'kill')
    await down(pid)
    await Sys.resume(parts)
    expect((await counting).active).toBe(2)
  })

  test('may be supervisors: children are spread over them, and all are found', async () => {
    await using _parts = await PartitionSupervisor.startLink({ name: 'Parts', child: DynamicSupervisor.spec(), partitions: 2 })
    const keys = Array.from({ length: 20 }, (_, i) => `user ${i}`)
    for (const key of keys) await DynamicSupervisor.startChild(PartitionSupervisor.via('Parts', key), [Mannered, key])
    expect(await PartitionSupervisor.countChildren('Parts')).toEqual({ specs: 2, active: 2, supervisors: 2, workers: 0 })
    const found: unknown[] = []
    for (const partition of [0, 1]) {
      const children = await DynamicSupervisor.whichChildren(PartitionSupervisor.via('Parts', partition))
      const there = await Promise.all(children.map(({ pid }) => GenServer.call(pid as Pid, 'get')))
      expect(there).toEqual(keys.filter((key) => partitionOf(key, 2) === partition))
      found.push(...there)
    }
    expect(found.length).toBe(20)
  })
})

test('as a child: its id is its name; restarted as a whole, its keys lead to the new children', async () => {
  using _log = captureLog()
  const spec = PartitionSupervisor.spec(numbered())
  expect(spec).toMatchObject({ id: 'Parts', type: 'supervisor' })
  await using top = await Supervisor.startLink([spec], { strategy: 'one_for_one' })
  expect(await at(2)).toBe(2)
  const before = Process.whereis('Parts')!
  Process.exit(before, 'kill')
  await restarted(top.pid, 'Parts', before)
  expect(await at(2)).toBe(2)
})

test('more failures than it grants end it', async () => {
  using _log = captureLog()
  const parts = await PartitionSupervisor.startLink(numbered({ maxRestarts: 0 }))
  const ended = down(parts)
  Process.exit((await PartitionSupervisor.whichChildren('Parts'))[0]!.pid as Pid, 'kill')
  expect(await ended).toBe('shutdown')
})

test('stop waits for the children, and the name is free', async () => {
  await PartitionSupervisor.startLink(numbered())
  const pids = (await PartitionSupervisor.whichChildren('Parts')).map(({ pid }) => pid as Pid)
  await PartitionSupervisor.stop('Parts')
  expect([Process.whereis('Parts'), ...pids.map(Process.isAlive)]).toEqual([undefined, false, false, false])
  await using _again = await PartitionSupervisor.startLink(numbered())
})

test.each([
  ['no options', undefined, 'ERR_BAD_CHILD_SPEC'],
  ['no name', { child: [Mannered, 0] }, 'ERR_BAD_ARGUMENT'],
  ['no child', { name: 'Parts' }, 'ERR_BAD_CHILD_SPEC'],
  ['a child that a function starts', { name: 'Parts', child: { id: 1, start: () => 'ignore' } }, 'ERR_BAD_CHILD_SPEC'],
  ['no partitions', numbered({ partitions: 0 }), 'ERR_BAD_CHILD_SPEC'],
  ['withArguments that is no function', numbered({ withArguments: 1 as never }), 'ERR_BAD_CHILD_SPEC'],
  ['autoShutdown', { ...numbered(), autoShutdown: 'never' }, 'ERR_BAD_CHILD_SPEC'],
  ['a strategy that is none', numbered({ strategy: 'one_for_two' as never }), 'ERR_BAD_CHILD_SPEC'],
  ['maxRestarts below 0', numbered({ maxRestarts: -1 }), 'ERR_BAD_CHILD_SPEC'],
])('%s is refused', async (_, options, code) => {
  await expect(PartitionSupervisor.startLink(options as never)).rejects.toMatchObject({ code })
  expect(() => PartitionSupervisor.spec(options as never)).toThrow(expect.objectContaining({ code }))
})
