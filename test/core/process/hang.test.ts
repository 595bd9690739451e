// A process that is busy with one message for too long is ended, whatever it does, and its supervisor hears why.
import { afterAll, beforeEach, expect, test } from '@jest/globals'
import { GenServer, Process, Supervisor, type CallError, type StartOptions } from 'starfish'
import { assertNoLeaks, captureLog, down, restarted } from '@starfish/testing'
import { decodeReason } from '#core/wire/codec'
import { Echo } from '../fixtures/bare.js'
import Hanging from '../fixtures/hanging.js'

const log = captureLog()
beforeEach(() => void (log.events as unknown[]).splice(0))
afterAll(async () => {
  log[Symbol.dispose]()
  await assertNoLeaks()
})

const crashes = (): unknown[] => log.events.filter(({ kind }) => kind === 'crash').map((event) => decodeReason((event as { reason: unknown }).reason))

const hung = (message: string, limit = 50): unknown => ['hung', { message, ms: expect.any(Number), limit }]

const reasonOf = (call: Promise<unknown>): Promise<unknown> => call.then((value) => ({ value }), (error: CallError) => error.reason)

test.each(['spin', 'regex', 'wasm', 'never'])('%s: the caller is told, those behind it too, and the child comes back', async (how) => {
  await using tree = await Supervisor.startLink([{ id: 1, start: [Hanging], maxHandlerTime: 50 }], { strategy: 'one_for_one' })
  const pid = (await Supervisor.whichChildren(tree))[0]!.pid as never
  const [first, second] = [GenServer.call(pid, how), GenServer.call(pid, 'ping')]
  expect(await reasonOf(first)).toEqual(hung(`call ${how}`))
  expect(await reasonOf(second)).toEqual(hung(`call ${how}`))
  expect(crashes()).toEqual([hung(`call ${how}`)])
  const { ms } = (crashes()[0] as [string, { ms: number }])[1]
  expect(ms).toBeGreaterThanOrEqual(50)
  expect(await GenServer.call(await restarted(tree, 1, pid), 'ping')).toBe('pong')
})

test('a continue has a time of its own', async () => {
  const server = await GenServer.start(Hanging, undefined, { maxHandlerTime: 50 })
  const end = down(server)
  expect(await GenServer.call(server, 'answerAndSpin')).toBe('answered')
  expect(await end).toEqual(hung('continue spin'))
})

test('terminate has a time of its own', async () => {
  const server = await GenServer.start(Hanging, 'spin', { maxHandlerTime: 50 })
  expect(await reasonOf(GenServer.call(server, 'fail'))).toEqual(hung('terminate'))
})

test('exits that are trapped do not help', async () => {
  const server = await GenServer.start(Hanging, 'never', { maxHandlerTime: 50 })
  expect(await reasonOf(GenServer.call(server, 'never'))).toEqual(hung('call never'))
})

test('on the main thread it ends what awaits for too long', async () => {
  const server = await GenServer.start(Hanging, undefined, { host: 'main', maxHandlerTime: 50 })
  expect(await reasonOf(GenServer.call(server, 'never'))).toEqual(hung('call never'))
})

test('each message has a time of its own, however quick they are and however many', async () => {
  await using server = await GenServer.startLink(Hanging, undefined, { maxHandlerTime: 60_000 })
  for (let i = 0; i < 200; i++) await GenServer.call(server, 'ping') // known to be quick
  const since = await Promise.all(Array.from({ length: 12 }, () => GenServer.call(server, 'since')))
  expect(new Set(since).size).toBe(12)
  expect(since).toEqual([...since].sort((a, b) => a - b))
})

test('one that is idle stays for as long as it is', async () => {
  await using idle = await GenServer.startLink(Hanging, undefined, { maxHandlerTime: 50 })
  const other = await GenServer.start(Hanging, undefined, { maxHandlerTime: 100 })
  expect(await reasonOf(GenServer.call(other, 'never'))).toEqual(hung('call never', 100))
  expect(Process.isAlive(idle.pid)).toBe(true)
})

test('Process.info says what it is busy with', async () => {
  const server = await GenServer.start(Hanging, undefined)
  expect(Process.info(server.pid)).toMatchObject({ busyWith: 'init', busyMs: 0 })
  await GenServer.call(server, 'ping')
  expect(Process.info(server.pid)).toMatchObject({ busyWith: 'call ping' })
  const call = reasonOf(GenServer.call(server, 'spin'))
  while (Process.info(server.pid)!.busyWith !== 'call spin') await new Promise((resolve) => setImmediate(resolve))
  Process.exit(server.pid, 'kill')
  expect(await call).toBe('killed')
})

test.each([0, -1, NaN, Infinity, '50'])('maxHandlerTime: %p is refused', async (wrong) => {
  await expect(GenServer.start(Hanging, undefined, { maxHandlerTime: wrong as number })).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
  await expect(Supervisor.startLink([{ id: 1, start: [Hanging], maxHandlerTime: wrong as number }], { strategy: 'one_for_one' })).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
})

test('what has no handlers takes no maxHandlerTime', async () => {
  await expect(Process.spawn(Echo, Process.self(), { maxHandlerTime: 50 } as StartOptions)).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
})
