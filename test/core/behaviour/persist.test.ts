// What a server keeps of its state: when it is written, what init gets back, and when that is put aside.
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { GenServer, Process, Sys, Table, type Key, type Pid } from 'starfish'
import { assertNoLeaks, captureLog, down, gate, restarted, startSupervised, virtualClock, type CapturedLog } from '@starfish/testing'
import Kept, { AtEnd, Elsewhere, Every, Nowhere, Rooms, Seldom, Slow } from '../fixtures/persistent.js'

let log: CapturedLog
beforeEach(async () => {
  log = captureLog()
  await Table.new('kept', { access: 'public' })
})
afterEach(async () => {
  log[Symbol.dispose]()
  await Table.deleteTable('kept')
})
afterAll(() => assertNoLeaks())

const row = (key: Key): unknown => Table.lookup('kept', key)
const rows = (): Record<string, unknown> => Object.fromEntries([...Table.entries<Key, unknown>('kept')].map(([key, value]) => [String(key), value]))
const messages = (): string[] => log.events.flatMap((event) => (event.kind === 'text' ? [event.message] : []))

describe.each([['a table', Kept, 'Kept'], ['a store that takes its time', Slow, 'Slow']] as const)('in %s', (_, Definition, name) => {
  test('the first state is there when the start is, and each change when its reply is', async () => {
    await using server = await GenServer.startLink(Definition, 5, { host: 'main' })
    expect(row(name)).toBe(5)
    expect(await GenServer.call(server, ['bump', 2])).toBe(7)
    expect(row(name)).toBe(7)
  })

  test('a server that is killed gets back what it had, and not what it had not finished', async () => {
    await using tree = await startSupervised([[Definition, 0]])
    GenServer.cast(Definition, 'inc')
    await GenServer.call(Definition, ['bump', 10])
    const before = Process.whereis(name)!
    const held = gate()
    const waiting = GenServer.call(Definition, ['wait', held])
    await gate.arrival(held)
    Process.exit(before, 'kill')
    await expect(waiting).rejects.toMatchObject({ reason: 'killed' })
    await restarted(tree, name, before)
    expect(await GenServer.call(Definition, 'get')).toBe(11)
  })

  test('a clean end writes the last state, before the last answer', async () => {
    const server = await GenServer.startLink(Definition, 0, { host: 'main' })
    expect(await GenServer.call(server, ['stop', 'normal'])).toBe(100)
    expect(rows()).toEqual({ [name]: 100 })
  })

  test('what the store refuses ends the server, and nobody is told that it was written', async () => {
    await using server = await GenServer.startLink(Definition, 0, { host: 'main' })
    if (name === 'Slow') Table.insert('kept', 'refuses', 'the disk is full')
    else await Table.deleteTable('kept')
    const failed = await GenServer.call(server, ['bump', 1]).catch((error: { reason: unknown }) => error.reason)
    expect(failed).toMatchObject(['error', name === 'Slow' ? { message: 'the disk is full' } : { code: 'ERR_NO_TABLE' }])
    if (name === 'Slow') expect(rows()).toEqual({ Slow: 0, refuses: 'the disk is full' })
    else await Table.new('kept', { access: 'public' })
  })

  test('so it is with the last answer of all', async () => {
    const server = await GenServer.start(Definition, 0, { host: 'main' })
    if (name === 'Slow') Table.insert('kept', 'refuses', 'the disk is full')
    else await Table.deleteTable('kept')
    await expect(GenServer.call((server as { pid: Pid }).pid, ['stop', 'normal'])).rejects.toMatchObject({ code: 'ERR_CALL_EXIT', reason: ['error', expect.anything()] })
    if (name === 'Kept') await Table.new('kept', { access: 'public' })
  })
})

test('without its table a server does not start', async () => {
  await Table.deleteTable('kept')
  await expect(GenServer.start(Kept, 0)).rejects.toMatchObject({ code: 'ERR_START', cause: { code: 'ERR_NO_TABLE' } })
  await Table.new('kept', { access: 'public' })
})

test('a part of the state, under a key of its own, also when it is changed in place', async () => {
  {
    await using one = await GenServer.startLink(Rooms, 1, { host: 'main' })
    await using _two = await GenServer.startLink(Rooms, 2, { host: 'main' })
    expect(await GenServer.call(one, ['enter', 'anna'])).toBe('room 1 greets anna')
  }
  expect(rows()).toEqual({ 'room,1': { guests: new Set(['anna']), open: false }, 'room,2': { guests: new Set(), open: false } })
  await using again = await GenServer.startLink(Rooms, 1, { host: 'main' })
  expect(await GenServer.call(again, 'guests')).toEqual(['anna'])
})

test('what did not change is not written', async () => {
  await using room = await GenServer.startLink(Rooms, 1, { host: 'main' })
  Table.insert('kept', ['room', 1], 'not looked at')
  await GenServer.call(room, 'guests')
  expect(row(['room', 1])).toBe('not looked at')
  await GenServer.call(room, ['enter', 'ben'])
  expect(row(['room', 1])).toMatchObject({ guests: new Set(['ben']) })
})

test('what cannot be kept is refused with its path', async () => {
  await using room = await GenServer.startLink(Rooms, 1, { host: 'main' })
  await expect(GenServer.call(room, 'poison')).rejects.toMatchObject({ reason: ['error', { code: 'ERR_NOT_CLONEABLE', message: expect.stringContaining('guests') }] })
})

describe('every so often', () => {
  test('a change is written when its time has come, and what is new at a clean end', async () => {
    using clock = virtualClock()
    const server = await GenServer.startLink(Every, 0)
    await GenServer.call(server, ['bump', 1])
    await clock.advance(999)
    expect(row('Every')).toBeUndefined()
    await clock.advance(1)
    await GenServer.call(server, 'get')
    expect(row('Every')).toBe(1)
    await GenServer.call(server, ['bump', 1])
    await GenServer.stop(server)
    expect(rows()).toEqual({ Every: 2 })
  })

  test('what was not written yet is lost in a crash, and no more', async () => {
    using clock = virtualClock()
    const server = await GenServer.start(Every, 0)
    await GenServer.call(server, ['bump', 1])
    await clock.advance(1000)
    await GenServer.call(server, ['bump', 1])
    await expect(GenServer.call(server, 'fail')).rejects.toMatchObject({ reason: ['error', { message: 'told to' }] })
    expect(row('Every')).toBe(1)
  })
})

test('at the end: also when the supervisor stops it, not when it fails', async () => {
  const tree = await startSupervised([[AtEnd, 0]])
  await GenServer.call(AtEnd, ['bump', 1])
  await tree.stop()
  expect(rows()).toEqual({ AtEnd: 1 })
  const server = await GenServer.start(AtEnd, 0, { host: 'main' })
  await GenServer.call(server, ['bump', 1])
  await expect(GenServer.call(server, ['stop', 'bad'])).resolves.toBe(101 + 1)
  expect(rows()).toEqual({ AtEnd: 1 })
})

test('it traps exits so as to write, and ends all the same with whom it is linked to', async () => {
  const other = (await GenServer.start(Rooms, 9, { host: 'main' })) as { pid: Pid }
  const server = (await GenServer.start(Kept, 0)) as { pid: Pid }
  expect(await GenServer.call(server.pid, ['link', other.pid])).toBe(true)
  Process.exit(other.pid, 'kill')
  expect(await down(server)).toBe('killed')
})

describe('a recovered state that is its end', () => {
  const asides = (): [Key, unknown][] => [...Table.entries<Key, unknown>('kept')].filter(([key]) => Array.isArray(key) && key[0] === 'set aside')

  test.each([['Kept', Kept], ['Slow', Slow]] as const)('%s: after two inits that failed with it, it is put aside and reported, and init starts afresh', async (name, Definition) => {
    Table.insert('kept', name, -1)
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(GenServer.start(Definition, 5, { host: 'main' })).rejects.toMatchObject({ reason: ['error', { message: 'cannot begin at -1' }] })
    }
    await using server = await GenServer.startLink(Definition, 5, { host: 'main' })
    expect(await GenServer.call(server, 'get')).toBe(5)
    expect(asides()).toEqual([[['set aside', name, expect.any(Number)], -1]])
    expect(rows()).toEqual({ [name]: 5, [String(asides()[0]![0])]: -1 })
    expect(messages()).toEqual([expect.stringMatching(new RegExp(`^${name} starts without the state it recovered, which was its end 2 times in a row: it is put aside in kept, under \\[ 'set aside', '${name}', \\d+ \\]$`))])
  })

  test('under a supervisor with the usual limits, a state that fails in a handler is gone before the supervisor is', async () => {
    await using tree = await startSupervised([[Kept, 0]])
    await GenServer.call(Kept, ['bump', 7])
    const values: unknown[] = []
    for (let crash = 0; crash < 3; crash++) {
      const before = Process.whereis('Kept')!
      await GenServer.call(Kept, 'fail').catch(() => undefined)
      await restarted(tree, 'Kept', before)
      values.push(await GenServer.call(Kept, 'get'))
    }
    expect(values).toEqual([7, 7, 0])
    expect(asides()).toEqual([[expect.anything(), 7]])
  })

  test('kills do not count, nor does what the store refuses', async () => {
    Table.insert('kept', 'Slow', 7)
    await using tree = await startSupervised([[Slow, 0]], { maxRestarts: 10 })
    for (let kill = 0; kill < 3; kill++) {
      const before = Process.whereis('Slow')!
      Process.exit(before, 'kill')
      await restarted(tree, 'Slow', before)
    }
    const before = Process.whereis('Slow')!
    Table.insert('kept', 'refuses', 'not now')
    await GenServer.call(Slow, ['bump', 1]).catch(() => undefined)
    Table.delete('kept', 'refuses')
    await restarted(tree, 'Slow', before).catch(() => undefined)
    expect(await GenServer.call(Slow, 'get')).toBe(7)
    expect(asides()).toEqual([])
  })

  test('nor what was counted of a state that is no more', async () => {
    Table.insert('kept', ['recovery', 'Kept'], { deaths: [Date.now(), Date.now()], starting: false })
    await using server = await GenServer.startLink(Kept, 5, { host: 'main' })
    await GenServer.call(server, ['bump', 2])
    expect(rows()).toEqual({ Kept: 7 })
  })

  test('nor does the end of another that it is linked to', async () => {
    Table.insert('kept', 'Kept', 7)
    for (let end = 0; end < 2; end++) {
      const other = (await GenServer.start(Rooms, 9, { host: 'main' })) as { pid: Pid }
      const server = (await GenServer.start(Kept, 0, { host: 'main' })) as { pid: Pid }
      await GenServer.call(server.pid, ['link', other.pid])
      const ended = down(server)
      await GenServer.call(other.pid, 'poison').catch(() => undefined)
      expect(await ended).toMatchObject(['error', { code: 'ERR_NOT_CLONEABLE' }])
    }
    await using server = await GenServer.startLink(Kept, 0, { host: 'main' })
    expect(await GenServer.call(server, 'get')).toBe(7)
    expect(asides()).toEqual([])
  })

  test('a clean end forgets earlier ones', async () => {
    Table.insert('kept', 'Kept', 7)
    for (const end of ['fail', ['stop', 'normal'], 'fail'] as const) {
      const server = (await GenServer.start(Kept, 0, { host: 'main' })) as { pid: Pid }
      await GenServer.call(server.pid, end).catch(() => undefined)
    }
    await using server = await GenServer.startLink(Kept, 0, { host: 'main' })
    expect(await GenServer.call(server, 'get')).toBe(107)
  })
})

describe('other code', () => {
  test('says when the state is kept from then on, and which part', async () => {
    const server = await GenServer.startLink(Kept, 5, { host: 'main' })
    await Sys.suspend(server)
    await Sys.changeCode(server, Seldom, 1)
    await Sys.resume(server)
    await GenServer.call(server, ['bump', 1])
    expect(row('Kept')).toBe(5)
    await GenServer.stop(server)
    expect(row('Kept')).toBe(12)
  })

  test.each([
    [Elsewhere, "where it is, in kept under 'Kept', got in other under 'Kept'"],
    [Nowhere, "where it is, in kept under 'Kept', got nowhere"],
  ])('that would leave behind what is kept is refused: %#', async (code, words) => {
    await using server = await GenServer.startLink(Kept, 5, { host: 'main' })
    await Sys.suspend(server)
    await expect(Sys.changeCode(server, code, 1)).rejects.toMatchObject({ code: 'ERR_BAD_DEFINITION', message: expect.stringContaining(words) })
    await Sys.resume(server)
    await GenServer.call(server, ['bump', 1])
    expect(row('Kept')).toBe(6)
  })
})

test.each([
  [5, 'where to keep the state'],
  [{ store: Table, tabel: 'kept' }, "'tabel'"],
  [{ store: { lookup: () => 1 }, table: 'kept' }, 'a store with a function insert'],
  [{ store: Table }, 'the name of a table'],
  [{ store: Table, table: 'kept', part: 'count' }, 'the part of the state'],
  [{ store: Table, table: 'kept', when: 'always' }, 'when to write'],
  [{ store: Table, table: 'kept', when: { every: 0 } }, 'when to write'],
  [{ store: Table, table: 'kept', giveUp: { deaths: 0 } }, 'when to put a recovered state aside'],
  [{ store: Table, table: 'kept', giveUp: { times: 2 } }, "'times'"],
])('misuse %# is told where it is written', (persist, words) => {
  expect(() => GenServer.define(__filename, { persist: persist as never, init: () => ({}) as never })).toThrow(expect.objectContaining({ code: 'ERR_BAD_DEFINITION', message: expect.stringContaining(words) }))
})

test('a bag, which keeps every state there ever was, is refused at the start', async () => {
  await Table.deleteTable('kept')
  await Table.new('kept', { access: 'public', type: 'bag' })
  await expect(GenServer.start(Kept, 0, { host: 'main' })).rejects.toMatchObject({
    reason: ['error', { code: 'ERR_BAD_ARGUMENT', message: "expected the table kept, in which a state is kept, to be of type 'set' or 'ordered_set', got 'bag'; write Table.spec('kept'), or Table.new, without type: 'bag'" }],
  })
})
