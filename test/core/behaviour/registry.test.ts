// Registries: processes by key, and names that a registry keeps (registry.ex).
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { GenServer, type Pid, Process, Registry, type RegistryOptions, type Started, Sys } from 'starfish'
import { assertNoLeaks, captureLog, type CapturedLog, down, receive, sync } from '@starfish/testing'
import { Member } from '../fixtures/member.js'

let log: CapturedLog
beforeEach(() => void (log = captureLog()))
afterEach(async () => {
  log[Symbol.dispose]()
  while (await Process.receive(undefined, { timeout: 0 }).catch(() => undefined));
})
afterAll(() => assertNoLeaks())

/** Started under an exit signal's reach of the test only: each test stops what it starts. */
class Members implements AsyncDisposable {
  private readonly pids: Pid[] = []

  async start(name: string, options: Parameters<typeof GenServer.start>[2] = {}): Promise<Pid> {
    const { pid } = (await GenServer.start(Member, name, options)) as Started
    this.pids.push(pid)
    return pid
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of this.pids) Process.exit(pid, 'kill')
    for (const pid of this.pids) await down(pid)
  }
}

const open = (keys: 'unique' | 'duplicate', options: Partial<RegistryOptions> = {}): Promise<Started> => Registry.startLink({ name: 'Rooms', keys, ...options })
const does = (pid: Pid, name: keyof typeof Registry, ...args: unknown[]): Promise<unknown> => GenServer.call(pid, ['do', [name, ...args]])
const ends = async (pid: Pid): Promise<void> => {
  const end = down(pid)
  Process.exit(pid, 'kill')
  await end
}

describe('unique keys', () => {
  test('a key has one process; it is free again when that has gone', async () => {
    await using _rooms = await open('unique')
    await using members = new Members()
    const [one, two] = [await members.start('one'), await members.start('two')]
    expect(await does(one, 'register', 'Rooms', 'lobby', 1)).toBeUndefined()
    expect(await does(two, 'register', 'Rooms', 'lobby', 2)).toBe('ERR_ALREADY_REGISTERED')
    expect(await does(one, 'register', 'Rooms', 'lobby', 3)).toBe('ERR_ALREADY_REGISTERED')
    await expect(Registry.register('Rooms', 'lobby')).rejects.toMatchObject({ message: `the key "lobby" of Rooms belongs to ${one}`, pid: one })
    expect(await Registry.lookup('Rooms', 'lobby')).toEqual([[one, 1]])
    expect(await Registry.keys('Rooms', two)).toEqual([])
    await ends(one)
    expect(await Registry.lookup('Rooms', 'lobby')).toEqual([])
    expect(await Registry.count('Rooms')).toBe(0)
    expect(await does(two, 'register', 'Rooms', 'lobby', 2)).toBeUndefined()
    expect(await Registry.lookup('Rooms', 'lobby')).toEqual([[two, 2]])
  })

  test('the entry of a dead process is replaced even before the registry has heard of its end', async () => {
    await using rooms = await open('unique')
    await using members = new Members()
    const one = await members.start('one', { name: Registry.via('Rooms', 'lobby') })
    await Sys.suspend(rooms)
    await ends(one)
    const two = await members.start('two', { name: Registry.via('Rooms', 'lobby', 'second') })
    await Sys.resume(rooms)
    expect(await Registry.lookup('Rooms', 'lobby')).toEqual([[two, 'second']])
    expect(await Registry.keys('Rooms', two)).toEqual(['lobby'])
  })

  test('keys are compared as they look, numbers not with their text', async () => {
    await using _rooms = await open('unique')
    for (const key of [1, '1', [1], { a: 1, b: [2] }, 1n]) await Registry.register('Rooms', key, typeof key)
    expect(await Registry.count('Rooms')).toBe(5)
    expect(await Registry.lookup('Rooms', 1)).toEqual([[Process.self(), 'number']])
    expect(await Registry.lookup('Rooms', { b: [2], a: 1 })).toEqual([[Process.self(), 'object']])
    await expect(Registry.register('Rooms', 1n)).rejects.toMatchObject({ code: 'ERR_ALREADY_REGISTERED' })
  })

  test('a process changes its own value; without an entry there is nothing to change', async () => {
    await using _rooms = await open('unique')
    await using members = new Members()
    const one = await members.start('one')
    await does(one, 'register', 'Rooms', 'lobby', 1)
    expect(await GenServer.call(one, ['rename', ['Rooms', 'lobby']])).toEqual([2, 1])
    expect(await Registry.values('Rooms', 'lobby', one)).toEqual([2])
    expect(await Registry.updateValue('Rooms', 'lobby', () => 9)).toBeUndefined()
    await Registry.register('Rooms', 'empty')
    expect(await Registry.updateValue<number | undefined>('Rooms', 'empty', () => 1)).toEqual([1, undefined])
  })
})

describe('duplicate keys', () => {
  test('a key has any number of processes, and a process may have it several times', async () => {
    await using _rooms = await open('duplicate')
    await using members = new Members()
    const one = await members.start('one')
    await does(one, 'register', 'Rooms', 'lobby', 1)
    await does(one, 'register', 'Rooms', 'lobby', 2)
    await Registry.register('Rooms', 'lobby', 3)
    expect(await Registry.values('Rooms', 'lobby', one)).toEqual([1, 2])
    expect(await Registry.keys('Rooms', one)).toEqual(['lobby', 'lobby'])
    expect(await Registry.count('Rooms')).toBe(3)
    await does(one, 'unregister', 'Rooms', 'lobby')
    expect(await Registry.lookup('Rooms', 'lobby')).toEqual([[Process.self(), 3]])
    await Registry.unregister('Rooms', 'nothing')
  })

  test('has neither updateValue nor via', async () => {
    await using _rooms = await open('duplicate')
    await Registry.register('Rooms', 'lobby', 1)
    await expect(Registry.updateValue('Rooms', 'lobby', () => 2)).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
    await expect(GenServer.start(Member, 'one', { name: Registry.via('Rooms', 'lobby') })).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT', message: expect.stringContaining('unique') })
    await expect(GenServer.call(Registry.via('Rooms', 'lobby'), 'name')).rejects.toMatchObject({ reason: 'noproc' })
  })

  test('broadcast reaches all of a key, dispatch hands them over', async () => {
    await using _rooms = await open('duplicate')
    await using members = new Members()
    const [one, two] = [await members.start('one'), await members.start('two')]
    for (const pid of [one, two]) await does(pid, 'register', 'Rooms', 'lobby', 1)
    expect(await Registry.broadcast('Rooms', 'lobby', ['news', 7])).toBe(2)
    expect(await Registry.broadcast('Rooms', 'cellar', 'news')).toBe(0)
    for (const pid of [one, two]) expect(await GenServer.call(pid, 'heard')).toEqual([['news', 7]])
    const seen: unknown[] = []
    await Registry.dispatch('Rooms', 'lobby', (entries) => seen.push(entries))
    await Registry.dispatch('Rooms', 'cellar', (entries) => seen.push(entries))
    expect(seen).toEqual([[[one, 1], [two, 1]]])
  })
})

test('a key that reads like a pattern is a key like any other', async () => {
  await using _rooms = await open('duplicate')
  for (const key of ['_', { room: '_' }, ['_'], 'lobby']) await Registry.register('Rooms', key, key)
  expect(await Registry.lookup('Rooms', '_')).toEqual([[Process.self(), '_']])
  expect(await Registry.lookup('Rooms', { room: 7 })).toEqual([])
  await Registry.unregister('Rooms', '_')
  expect(await Registry.count('Rooms')).toBe(3)
})

test('match, countMatch, unregisterMatch and select go by the value', async () => {
  await using _rooms = await open('duplicate')
  const self = Process.self()
  for (const value of [{ floor: 1, open: true }, { floor: 2, open: true }, { floor: 2, open: false }]) await Registry.register('Rooms', 'room', value)
  expect(await Registry.match('Rooms', 'room', { floor: 1 })).toEqual([[self, { floor: 1, open: true }]])
  expect(await Registry.countMatch('Rooms', 'room', { open: true })).toBe(2)
  expect(await Registry.countMatch('Rooms', 'room', '_')).toBe(3)
  await Registry.unregisterMatch('Rooms', 'room', { floor: 2, open: '_' })
  expect(await Registry.values('Rooms', 'room', self)).toEqual([{ floor: 1, open: true }])
  for (const pattern of [new Date(0), new Map([[1, 2]]), new Set([1]), /x/, new Uint8Array(2), Object(1)]) {
    expect(await Registry.countMatch('Rooms', 'room', pattern)).toBe(0)
    await Registry.register('Rooms', 'kept', pattern)
    expect(await Registry.countMatch('Rooms', 'kept', pattern)).toBe(1)
    await Registry.unregisterMatch('Rooms', 'kept', pattern)
    expect(await Registry.countMatch('Rooms', 'kept', '_')).toBe(0)
  }
  await Registry.register('Rooms', 'hall', 5)
  expect(await Registry.select('Rooms', (key) => key === 'hall')).toEqual([['hall', self, 5]])
  expect(await Registry.select('Rooms')).toHaveLength(2)
})

test('meta belongs to the registry', async () => {
  await using _rooms = await open('unique', { meta: { house: 'old' } })
  expect(await Registry.meta('Rooms', 'house')).toBe('old')
  await Registry.putMeta('Rooms', 'house', 'new')
  expect(await Registry.meta('Rooms', 'house')).toBe('new')
  await Registry.deleteMeta('Rooms', 'house')
  expect(await Registry.meta('Rooms', 'house')).toBeUndefined()
})

test('listeners are told of every entry, and of its end', async () => {
  await using rooms = await open('unique', { listeners: ['Listener', 'Nobody'] })
  await using members = new Members()
  const listener = await members.start('listener', { name: 'Listener' })
  const one = await members.start('one', { name: Registry.via('Rooms', 'attic', 'high') })
  await does(one, 'register', 'Rooms', 'lobby', 1)
  await does(one, 'register', 'Rooms', 'lobby', 1)
  await does(one, 'unregister', 'Rooms', 'lobby')
  await does(one, 'unregister', 'Rooms', 'lobby')
  await ends(one)
  await sync(rooms)
  expect(await GenServer.call(listener, 'heard')).toEqual([
    ['register', 'Rooms', 'attic', one, 'high'],
    ['register', 'Rooms', 'lobby', one, 1],
    ['unregister', 'Rooms', 'lobby', one],
    ['unregister', 'Rooms', 'attic', one],
  ])
})

describe('links', () => {
  test('the end of a registry is that of the processes in it; those that have left it live', async () => {
    const rooms = await open('unique')
    await using members = new Members()
    const [inside, left] = [await members.start('inside'), await members.start('left')]
    for (const pid of [inside, left]) await does(pid, 'register', 'Rooms', pid)
    await does(left, 'register', 'Rooms', 'other')
    await does(left, 'unregister', 'Rooms', 'other')
    await does(left, 'unregister', 'Rooms', left)
    const end = down(inside)
    await ends(rooms.pid)
    expect(await end).toBe('killed')
    expect(Process.isAlive(left)).toBe(true)
    await expect(Registry.lookup('Rooms', 'lobby')).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT', message: expect.stringContaining('a registry that runs') })
  })

  test('who was refused a key is none of the registry’s', async () => {
    const rooms = await open('unique')
    await using members = new Members()
    const [one, two] = [await members.start('one'), await members.start('two')]
    await does(one, 'register', 'Rooms', 'lobby')
    for (let i = 0; i < 3; i++) expect(await does(two, 'register', 'Rooms', 'lobby', i)).toBe('ERR_ALREADY_REGISTERED')
    expect([await Registry.keys('Rooms', two), await Registry.count('Rooms')]).toEqual([[], 1])
    const end = down(one)
    await ends(rooms.pid)
    expect(await end).toBe('killed')
    expect(Process.isAlive(two)).toBe(true)
  })

  test('a link that is not of the registry outlives its entries', async () => {
    const rooms = await open('unique')
    await Registry.register('Rooms', 'lobby')
    await Registry.unregister('Rooms', 'lobby')
    Process.exit(rooms.pid, 'kill')
    expect(await receive('EXIT')).toEqual(['EXIT', rooms.pid, 'killed'])
  })
})

describe('via names', () => {
  const lobby = Registry.via('Rooms', 'lobby')

  test.each(['main', 'thread'] as const)('start, call, cast, send, stop, and start again (%s)', async (host) => {
    await using _rooms = await open('unique')
    await using members = new Members()
    const one = await members.start('one', { name: lobby })
    const client = await members.start('client', { host })
    expect(await GenServer.call(client, ['ask', [lobby, 'name']])).toBe('one')
    await GenServer.call(client, ['tell', [lobby, ['note', 1]]])
    expect(await GenServer.call(client, ['ask', [lobby, 'heard']])).toEqual([['cast', 1], ['note', 1]])
    expect(await does(client, 'lookup', 'Rooms', 'lobby')).toEqual([[one, undefined]])
    expect(await GenServer.call(client, ['start', ['two', lobby]])).toEqual(['already_started', one])
    await GenServer.stop(lobby)
    expect(await GenServer.call(client, ['ask', [lobby, 'name']])).toBe('ERR_CALL_NOPROC')
    const two = await GenServer.call<Pid>(client, ['start', ['two', lobby]])
    expect(await GenServer.call(lobby, 'name')).toBe('two')
    await ends(two)
  })

  test('from the test: call, cast, send, monitor, info', async () => {
    await using _rooms = await open('unique')
    await using members = new Members()
    await expect(GenServer.call(lobby, 'name')).rejects.toMatchObject({ reason: 'noproc', call: ['GenServer', 'call', ['Rooms[lobby]', 'name', 5000]] })
    expect(() => Process.send(lobby, 'hello')).toThrow('Rooms[lobby]')
    GenServer.cast(lobby, ['note', 'nobody hears it'])
    const one = await members.start('one', { name: lobby })
    GenServer.cast(lobby, ['note', 'first'])
    Process.send(lobby, 'second')
    expect(await GenServer.call(lobby, 'heard')).toEqual([['cast', 'first'], 'second'])
    expect(Process.info(lobby)?.pid).toBe(one)
    const ref = Process.monitor(lobby)
    Process.exit(one, 'kill')
    expect(await receive('DOWN')).toEqual(['DOWN', ref, one, 'killed'])
  })

  test('what a worker cannot know without asking is refused there, not answered wrongly', async () => {
    await using _rooms = await open('unique')
    await using members = new Members()
    await members.start('one', { name: lobby })
    const worker = await members.start('worker', { host: 'thread' })
    expect(await GenServer.call(worker, ['look', lobby])).toBe('ERR_BAD_ARGUMENT')
  })

  test.each(['thread', 'main'] as const)('from %s: a monitor by such a name, with somebody there and with nobody', async (host) => {
    await using _rooms = await open('unique')
    await using members = new Members()
    const watcher = await members.start('watcher', { host })
    const nobody = await GenServer.call(watcher, ['watch', lobby])
    await sync(watcher)
    const one = await members.start('one', { name: lobby })
    const ref = await GenServer.call(watcher, ['watch', lobby])
    await does(watcher, 'count', 'Rooms') // the main thread knows of the monitor
    Process.exit(one, 'kill')
    await down(one)
    await does(watcher, 'count', 'Rooms')
    expect(await GenServer.call(watcher, 'heard')).toEqual([['DOWN', nobody, 'Rooms[lobby]', 'noproc'], ['DOWN', ref, one, 'killed']])
  })

  test.each(['thread', 'main'] as const)('from %s: what is cast or sent is moved', async (host) => {
    await using _rooms = await open('unique')
    await using members = new Members()
    const one = await members.start('one', { name: lobby, host: 'thread' })
    const sender = await members.start('sender', { host })
    expect(await GenServer.call(sender, ['move', lobby])).toEqual([0, 0])
    await does(sender, 'count', 'Rooms') // the main thread has passed them on
    expect(await GenServer.call(one, 'heard')).toEqual([['cast', new ArrayBuffer(1)], ['sent', new ArrayBuffer(2)]])
  })

  test('a start under a registry that is not there is refused', async () => {
    await expect(GenServer.start(Member, 'one', { name: lobby })).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT', message: expect.stringContaining('Registry.startLink') })
  })
})

test('a registry keeps copies, and gives copies', async () => {
  await using _registry = await Registry.startLink({ name: 'Rooms', keys: 'unique', meta: { limits: [1] } })
  const value = { guests: ['Ada'] }
  await Registry.register('Rooms', 'lobby', value)
  value.guests.push('Bob')
  const [[, found]] = (await Registry.lookup<typeof value>('Rooms', 'lobby')) as [[Pid, typeof value]]
  expect(found).toEqual({ guests: ['Ada'] })
  found.guests.push('Eve')
  expect(await Registry.values('Rooms', 'lobby', Process.self())).toEqual([{ guests: ['Ada'] }])
})
