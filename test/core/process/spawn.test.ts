// Bare processes: spawn, spawnLink, spawnMonitor, receive, and the reason each end has (otp-semantics R87).
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Pid, Process, type Reason } from 'starfish'
import { assertNoLeaks, captureLog, type CapturedLog, down, receive } from '@starfish/testing'
import { Echo, type Ending, Ends, FailsToSpawn, Selective, Spawns, Waits } from '../fixtures/bare.js'

let log: CapturedLog
beforeAll(() => {
  log = captureLog()
})
afterAll(async () => {
  log[Symbol.dispose]()
  await assertNoLeaks()
})

const hosts = ['thread', 'main'] as const

test.each(hosts)('on %s: receives what it is sent, in order, and ends normally when its function returns', async (host) => {
  const pid = await Process.spawn(Echo, Process.self(), { host })
  for (const message of ['a', ['b', 1], ['c', { deep: [1, 2] }]] as const) Process.send(pid, message)
  const end = down(pid)
  for (const [i, message] of ['a', ['b', 1], ['c', { deep: [1, 2] }]].entries()) expect(await receive('echo')).toEqual(['echo', i + 1, message])
  Process.send(pid, 'stop')
  expect(await end).toBe('normal')
})

test.each(hosts)('on %s: receives selectively, and leaves the rest where it is', async (host) => {
  const pid = await Process.spawn(Selective, Process.self(), { host })
  await receive('ready')
  for (const message of ['x', ['urgent', 1], 'y', ['urgent', 2], 'go']) Process.send(pid, message as string)
  expect(await receive('taken')).toEqual(['taken', ['urgent', 1], ['urgent', 2], 'x', 'y', 'ERR_RECEIVE_TIMEOUT'])
})

const failure = (name: string, message: string): unknown => expect.objectContaining({ name, message, stack: expect.stringContaining('bare') as unknown })

test.each<[Ending, unknown]>([
  ['return', 'normal'],
  ['throw', ['error', expect.objectContaining({ name: 'TypeError', message: 'from the body', code: 'E_BODY', stack: expect.stringContaining('bare') as unknown })]],
  ['reject', ['error', failure('Error', 'from the promise')]],
  ['exit', ['shutdown', 'enough']],
  ['throw a string', ['nocatch', 'text']],
  ['call nobody', ['noproc', ['Process', 'link', ['#PID<0.60000.1>']]]],
])('a body that does this: %s', async (how, expected) => {
  for (const host of hosts) {
    const [pid, ref] = await Process.spawnMonitor(Ends, how, { host })
    expect(await Process.receive((message) => message[0] === 'DOWN')).toEqual(['DOWN', ref, pid, expected])
  }
})

test('spawnLink: the caller hears of the end', async () => {
  const pid = await Process.spawnLink(Ends, 'throw')
  expect(await receive('EXIT')).toEqual(['EXIT', pid, ['error', failure('TypeError', 'from the body')]])
})

test.each(hosts.flatMap((a) => hosts.map((b) => [a, b] as const)))('from %s, a process on %s: whoever spawns it hears of its end however soon it comes', async (host, of) => {
  const spawned = async (how: 'spawn' | 'spawnLink' | 'spawnMonitor'): Promise<any> => {
    const end = down(await Process.spawn(Spawns, { owner: Process.self(), how, ending: 'exit', host: of }, { host }))
    const said = await receive('spawned')
    expect(await end).toBe('normal')
    return said
  }
  const reason: Reason = ['shutdown', 'enough']
  const [, traps, pid, nothing] = await spawned('spawn')
  expect([traps, pid, nothing]).toEqual([false, expect.stringMatching(/^#PID/), 'nothing'])
  const [, , linked, exit] = await spawned('spawnLink')
  expect(exit).toEqual(['EXIT', linked, reason])
  const [, , [monitored, ref], message] = await spawned('spawnMonitor')
  expect(message).toEqual(['DOWN', ref, monitored, reason])
})

test.each(hosts)('on %s: has its pid, its name, and a signal that fires when it is told to stop', async (host) => {
  const pid = await Process.spawnLink(Waits, Process.self(), { host })
  expect(await receive('waits')).toEqual(['waits', pid, pid])
  expect(Process.whereis('waits')).toBe(pid)
  expect(Process.whereis(Waits)).toBe(pid)
  expect(Process.info(pid)).toMatchObject({ parent: Process.self(), trapExit: true, status: 'running' })
  Process.exit(pid, 'shutdown')
  expect(await receive('aborted')).toEqual(['aborted', pid])
  expect(await receive('got')).toEqual(['got', ['EXIT', Process.self(), 'shutdown']])
  expect(await receive('EXIT')).toEqual(['EXIT', pid, 'normal'])
})

test('a bare process is not called: a call to it ends with it', async () => {
  const pid = await Process.spawn(Echo, Process.self())
  Process.send(pid, 'stop')
  expect(await down(pid)).toBe('normal')
  expect(Process.isAlive(pid)).toBe(false)
})

test('what has been received is no longer in the mailbox', async () => {
  const pid = await Process.spawn(Echo, Process.self())
  for (let n = 1; n <= 5; n++) {
    Process.send(pid, 'x')
    expect(await receive('echo')).toEqual(['echo', n, 'x'])
  }
  Process.send(pid, 'y')
  await receive('echo')
  expect(Process.info(pid)).toMatchObject({ mailboxLength: 0, messagesHandled: 6 })
  Process.exit(pid, 'kill')
  await down(pid)
})

test('receive: by default it waits for ever, with 0 it only looks, and what it is given is checked', async () => {
  await expect(Process.receive((message) => message === 'never', { timeout: 0 })).rejects.toMatchObject({ code: 'ERR_RECEIVE_TIMEOUT' })
  await expect(Process.receive((message) => message === 'never', { timeout: 1 })).rejects.toMatchObject({ code: 'ERR_RECEIVE_TIMEOUT' })
  await expect(Process.receive(undefined, { timeout: -1 })).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
  const [one, other] = [Process.receive((message) => message === 'one'), Process.receive((message) => message === 'other')]
  Process.send(Process.self(), 'other')
  Process.send(Process.self(), 'one')
  expect(await Promise.all([one, other])).toEqual(['one', 'other'])
})

test.each([undefined, {}, 'Echo', () => {}])('spawn refuses %j, which is no definition', async (definition) => {
  await expect(Process.spawn(definition as never, 1)).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
})

test('an argument that cannot be copied is refused, and nothing is started', async () => {
  await expect(Process.spawn(Ends, { deep: () => {} } as never)).rejects.toMatchObject({ code: 'ERR_NOT_CLONEABLE', message: expect.stringContaining('deep is a function') as unknown })
  await assertNoLeaks()
})

test('an argument may be moved instead of copied', async () => {
  const buffer = new ArrayBuffer(8)
  const pid = await Process.spawn(Waits, buffer as unknown as Pid, { name: null, transfer: [buffer] })
  expect(buffer.byteLength).toBe(0)
  await down(pid)
})

test.each(hosts)('on %s: a spawn that fails leaves no monitor behind', async (host) => {
  const taken = await Process.spawn(Echo, Process.self(), { name: 'taken' })
  const end = down(await Process.spawn(FailsToSpawn, Process.self(), { host }))
  expect(await receive('left')).toEqual(['left', ['ERR_NOT_CLONEABLE', 'ERR_START'], 0])
  await end
  Process.exit(taken, 'kill')
  await down(taken)
})
