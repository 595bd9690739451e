// A mailbox with a limit: who is refused, when, and when no longer; who is never refused; that memory stays bounded.
import { afterAll, expect, test } from '@jest/globals'
import { Agent, GenServer, type MaxMailbox, type Pid, Process, Supervisor, Sys } from 'starfish'
import { assertNoLeaks, captureLog, gate, restarted } from '@starfish/testing'
import { isFull, marksOf } from '#core/rule/marks'
import Crowded, { Words } from '../fixtures/crowded.js'
import { startPuppet } from '../fixtures/puppet.js'

afterAll(() => assertNoLeaks())

const add = (pid: Pid): boolean => GenServer.cast(pid, ['add', 1])
const overload = expect.objectContaining({ code: 'ERR_CALL_OVERLOAD', reason: 'overload', message: expect.stringContaining('maxMailbox') as unknown }) as unknown

/** Casts until the server refuses; gives how many it took. */
function fill(pid: Pid): number {
  for (let taken = 0; ; taken++) if (!add(pid)) return taken
}

/** Settles when so many messages wait. */
async function waiting(pid: Pid, count: number): Promise<void> {
  while (Process.info(pid)!.mailboxLength !== count) await new Promise((resolve) => setImmediate(resolve))
}

test.each<[limit: MaxMailbox, high: number, low: number]>([[10, 10, 5], [5, 5, 3], [1, 1, 1], [{ high: 8, low: 2 }, 8, 2]])('with a limit of %j, %i messages may wait, and again when fewer than %i do', (limit, high, low) => {
  const marks = marksOf(limit)
  expect([isFull(high - 1, false, marks), isFull(high, false, marks)]).toEqual([false, true])
  expect([isFull(low, true, marks), isFull(low - 1, true, marks)]).toEqual([true, false])
})

test('a server that stands still is sent as much as its limit allows, in the same turn too; then a cast is refused and a call fails at once', async () => {
  await using server = await GenServer.start(Crowded, undefined, { maxMailbox: 100 })
  await Sys.suspend(server)
  expect(fill(server.pid)).toBe(100)
  await expect(GenServer.call(server, 'count', { timeout: Infinity })).rejects.toEqual(overload)
  expect([Process.send(server, 'add'), GenServer.client(Crowded, server).add(1)]).toEqual([false, false])
  expect(Process.info(server)).toMatchObject({ mailboxLength: 100, messagesRefused: 4 })
  await Sys.resume(server)
  await Sys.sync(server)
  expect(await GenServer.call(server, 'count')).toBe(100)
})

test('a full mailbox takes messages again when it has sunk below the low mark', async () => {
  await using server = await GenServer.start(Crowded, undefined)
  const [first, second] = [gate(), gate()]
  GenServer.cast(server, ['hold', first])
  await gate.arrival(first)
  for (let i = 0; i < 6; i++) add(server.pid)
  GenServer.cast(server, ['hold', second])
  expect(fill(server.pid)).toBe(3)
  gate.open(first)
  await gate.arrival(second)
  expect(fill(server.pid)).toBe(7)
  gate.open(second)
  expect(await Sys.getState(server)).toBe(6 + 3 + 7)
})

test('a caller that awaits each reply is never refused', async () => {
  await using server = await GenServer.start(Crowded, undefined, { maxMailbox: 1 })
  for (let i = 0; i < 200; i++) expect(await GenServer.call(server, 'count')).toBe(0)
})

test('the limit holds between workers, and for a server in an endless loop', async () => {
  await using server = await GenServer.start(Crowded, undefined)
  await using puppet = await startPuppet()
  const spot = gate()
  GenServer.cast(server, ['spin', spot])
  await gate.arrival(spot)
  for (let i = 1; i <= 10; i++) expect(await puppet.act('send', server.pid, 'add')).toBe(true)
  expect(await puppet.act('send', server.pid, 'add')).toBe(false)
  expect(await puppet.ask(server.pid, 'count')).toEqual(overload)
  expect(Process.info(server)).toMatchObject({ mailboxLength: 10, messagesRefused: 2 })
  gate.open(spot)
  await waiting(server.pid, 0)
  expect(await puppet.ask(server.pid, 'count')).toBe(10)
})

test.each(['thread', 'main'] as const)('what comes by an alias counts, and is refused, as any other message (%s)', async (host) => {
  await using owner = await startPuppet({ host, maxMailbox: 3 })
  await using sender = await startPuppet()
  const [alias, ended] = [await owner.act('alias'), await owner.act('alias')]
  await owner.act('unalias', ended)
  const spot = gate()
  if (host === 'main') {
    await Sys.suspend(owner.pid)
  } else {
    GenServer.cast(owner.pid, ['stand', spot]) // it takes in nothing
    await gate.arrival(spot)
  }
  expect([Process.send(alias, 'one'), await sender.act('send', alias, 'two'), Process.send(alias, 'three')]).toEqual([true, true, true])
  expect([Process.send(alias, 'four'), await sender.act('send', alias, 'four'), Process.send(owner.pid, 'four')]).toEqual([false, false, false])
  expect(Process.info(owner.pid)).toMatchObject({ mailboxLength: 3, messagesRefused: 3 })
  if (host === 'main') await Sys.resume(owner.pid)
  else gate.open(spot)
  expect(new Set([await owner.got(), await owner.got(), await owner.got()])).toEqual(new Set(['one', 'two', 'three']))
  for (let i = 0; i < 2; i++) await sender.act('send', ended, 'nobody takes it')
  await waiting(owner.pid, 0) // what is dropped does not wait
})

test('a process in a full mailbox is looked at, stopped and told of deaths, and sends to itself', async () => {
  const server = await GenServer.start(Crowded, undefined, { maxMailbox: 1 })
  expect(await GenServer.call(server, ['sendItself', 5])).toBe(5)
  await waiting(server.pid, 0)
  await Sys.suspend(server)
  expect(fill(server.pid)).toBe(1)
  expect(await Sys.getState(server)).toBe(10)
  Process.sendAfter(server, 'add', 0)
  await waiting(server.pid, 2)
  await GenServer.stop(server)
  expect(Process.isAlive(server.pid)).toBe(false)
})

test('what waits for a server that takes nothing is bounded, whatever is sent to it', async () => {
  await using server = await GenServer.start(Crowded, undefined, { maxMailbox: 1000, host: 'main' })
  await using far = await GenServer.start(Crowded, undefined, { maxMailbox: 1000 })
  for (const { pid } of [server, far]) {
    await Sys.suspend(pid)
    const text = 'x'.repeat(1024)
    let taken = 0
    for (let i = 0; i < 20_000; i++) if (GenServer.cast(pid, ['add', text])) taken++
    expect(taken).toBe(1000)
    expect(Process.info(pid)).toMatchObject({ mailboxLength: 1000, messagesRefused: 19_000 })
  }
})

test('the limit stands in a definition, a child spec or the start options, and holds again after a restart', async () => {
  using _log = captureLog()
  await using tree = await Supervisor.startLink([
    { id: 'own', start: [Crowded, undefined] },
    { id: 'spec', start: [Crowded, undefined], maxMailbox: 3 },
    { id: 'start', start: [Crowded, undefined, { maxMailbox: 2 }] },
  ], { strategy: 'one_for_one' })
  for (const [id, limit] of [['own', 10], ['spec', 3], ['start', 2]] as const) {
    const before = (await Supervisor.whichChildren(tree)).find((child) => child.id === id)!.pid as Pid
    await Sys.suspend(before)
    expect(fill(before)).toBe(limit)
    Process.exit(before, 'kill')
    const after = await restarted(tree, id, before)
    await Sys.suspend(after)
    expect(fill(after)).toBe(limit)
  }
})

test('an agent has a limit too', async () => {
  await using agent = await Agent.startLink(Words, undefined)
  await Sys.suspend(agent)
  expect([1, 2, 3].map(() => Agent.cast(agent, 'more'))).toEqual([true, true, false])
})

test.each([0, -1, 1.5, NaN, Infinity, '10', null, { high: 10 }, { high: 4, low: 5 }, { high: 4, low: 2, middle: 3 }])('a limit of %p is refused', async (maxMailbox) => {
  await expect((async () => GenServer.start(Crowded, undefined, { maxMailbox: maxMailbox as never }))()).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
})
