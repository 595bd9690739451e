// A process that uses too much memory is ended before V8 ends the whole program; one that uses much is reported.
import { afterAll, expect, test } from '@jest/globals'
import { GenServer, Logger, Process, Supervisor, type CallError, type LogEvent, type ThreadOptions } from 'starfish'
import { assertNoLeaks, restarted } from '@starfish/testing'
import { decodeReason } from '#core/wire/codec'
import { formatPretty } from '#core/rule/report'
import { TELLS_MEMORY } from '#core/process/thread'
import Filling from '../fixtures/filling.js'

const events: LogEvent[] = []
let heard = (_: LogEvent): void => undefined
const before = Logger.configure({ level: 'silent', onEvent: (event) => (events.push(event), heard(event)) })
afterAll(async () => {
  Logger.configure(before)
  await assertNoLeaks()
})

const alarm = (): Promise<LogEvent> => new Promise((resolve) => (heard = (event) => event.kind === 'alarm' && resolve(event)))

const reasonOf = (call: Promise<unknown>): Promise<unknown> => call.then((value) => ({ value }), (error: CallError) => error.reason)

const full = (message: string, limit: number): unknown => ['heap_limit', { message, mb: expect.any(Number), limit }]

// On Node 20 a thread says itself what it uses, and cannot in the middle of a loop.
const ways = TELLS_MEMORY ? ['spin', 'walk', 'buffers'] : ['walk', 'buffers']

test.each(ways)('%s: the caller is told, those behind it too, and the child comes back', async (how) => {
  const thread = { heap: { hard: 64 }, resourceLimits: { maxOldGenerationSizeMb: 1024 } }
  await using tree = await Supervisor.startLink([{ id: 1, start: [Filling], thread }], { strategy: 'one_for_one' })
  const pid = (await Supervisor.whichChildren(tree))[0]!.pid as never
  const [first, second] = [GenServer.call(pid, how, { timeout: 60_000 }), GenServer.call(pid, 'ping', { timeout: 60_000 })]
  expect(await reasonOf(first)).toEqual(full(`call ${how}`, 64))
  expect(await reasonOf(second)).toEqual(full(`call ${how}`, 64))
  const [crash] = events.splice(0).filter(({ kind }) => kind === 'crash') as { reason: unknown }[]
  const [, { mb }] = decodeReason(crash!.reason) as [string, { mb: number }]
  expect(mb).toBeGreaterThan(64)
  expect(mb).toBeLessThan(1024)
  expect(await GenServer.call(await restarted(tree, 1, pid), 'ping')).toBe('pong')
})

test('above the soft limit there is one alarm, and the process goes on', async () => {
  await using server = await GenServer.startLink(Filling, undefined, { thread: { heap: { soft: 48 } } })
  const raised = alarm()
  await GenServer.call(server, ['keep', 64])
  expect(formatPretty(await raised, { reason: undefined, mapStack: String })).toMatch(/\[warn\] Process filling \(#PID<.*>\) uses more memory than its soft limit\nmessage: call keep, mb: \d+, limit: 48$/)
  expect(await raised).toMatchObject({ kind: 'alarm', level: 'warn', alarm: 'heap_soft', pid: server.pid, name: 'filling', details: { message: 'call keep', limit: 48 } })
  expect(Process.isAlive(server.pid)).toBe(true)
  const other = await GenServer.start(Filling, undefined, { thread: { heap: { hard: 48 } } })
  await reasonOf(GenServer.call(other, 'buffers', { timeout: 60_000 })) // both were looked at meanwhile
  expect(events.splice(0).filter(({ kind }) => kind === 'alarm')).toHaveLength(1)
})

test.each<[unknown]>([
  [{ heap: {} }], [{ heap: { hard: 8 } }], [{ heap: { hard: 128 << 20 } }], [{ heap: { soft: 128, hard: 64 } }], [{ heap: { hard: '64' } }], [{ heap: { most: 64 } }],
  [{ heap: { hard: 64 }, resourceLimits: { maxOldGenerationSizeMb: 64 } }], [{ heap: 64 }], [{ resourceLimits: { maxOldGenerationSizeMb: 64 << 20 } }],
])('%j is refused', async (thread) => {
  await expect(GenServer.start(Filling, undefined, { thread: thread as ThreadOptions })).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT', message: expect.stringMatching(/^expected .*, got .*; write /) })
})
