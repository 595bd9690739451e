// Every way a process can end, with the reason others see: the original error with all it had, and nobody left waiting.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type CallError, GenServer, Process, type Reason } from 'starfish'
import { assertNoLeaks, captureLog, type CapturedLog, down, gate } from '@starfish/testing'
import type { Arbiter } from '#core/process/arbiter'
import { here } from '#core/process/here'
import type { Thread } from '#core/process/thread'
import { parsePid } from '#core/term/pid'
import Crashing, { type Way } from '../fixtures/crashing.js'
import { startPuppet, type Strings } from '../fixtures/puppet.js'

let log: CapturedLog
/** Another thread that sees what the main thread sees. */
let worker: Strings
beforeAll(async () => {
  log = captureLog()
  worker = await startPuppet()
})
afterAll(async () => {
  await worker[Symbol.asyncDispose]()
  log[Symbol.dispose]()
  await assertNoLeaks()
})

const boom = expect.objectContaining({
  name: 'BoomError', message: 'boom', code: 'E_BOOM', detail: { tries: 3, paths: ['/a'] },
  stack: expect.stringMatching(/^BoomError: boom\n[^]*crashing/) as unknown,
  cause: expect.objectContaining({ name: 'TypeError', message: 'deeper', code: 'E_DEEP' }) as unknown,
})
const like = (name: string, message: RegExp, code?: string): unknown =>
  expect.objectContaining({ name, message: expect.stringMatching(message) as unknown, ...(code === undefined ? {} : { code }), stack: expect.any(String) as unknown })

const table: readonly [way: Way, reason: unknown, logged: 'terminate' | 'crash' | 'nothing'][] = [
  ['throw', ['error', boom], 'terminate'],
  ['reject', ['error', boom], 'terminate'],
  ['throw after an await', ['error', boom], 'terminate'],
  ['throw in a timer', ['uncaught_exception', boom], 'crash'],
  ['throw in nextTick', ['uncaught_exception', boom], 'crash'],
  ['throw a string in a timer', ['uncaught_exception', 'text'], 'crash'],
  ['unhandled rejection', ['unhandled_rejection', boom], 'crash'],
  ['unhandled rejection of a string', ['unhandled_rejection', like('UnhandledPromiseRejection', /text/, 'ERR_UNHANDLED_REJECTION')], 'crash'],
  ['process.exit(0)', ['process_exit', 0], 'crash'],
  ['process.exit(3)', ['process_exit', 3], 'crash'],
  ['process.exit(0) in a timer', ['process_exit', 0], 'crash'],
  ['process.exitCode and exit', ['process_exit', 7], 'crash'],
  ['memory', ['out_of_memory', like('Error', /memory limit/, 'ERR_WORKER_OUT_OF_MEMORY')], 'crash'],
  ['stack overflow', ['error', like('RangeError', /Maximum call stack size exceeded/)], 'terminate'],
  ['throw a string', ['bad_return_value', 'text'], 'terminate'],
  ['throw undefined', ['bad_return_value', undefined], 'terminate'],
  ['answer nonsense', ['bad_return_value', 42], 'terminate'],
  ['exit(reason)', ['shutdown', 'enough'], 'nothing'],
  ['exit(normal)', 'normal', 'nothing'],
  ['stop(reason)', ['my', 'reason'], 'terminate'],
  ['call a process that is not there', ['noproc', ['GenServer', 'call', ['#PID<0.60000.1>', 'x', 5000]]], 'terminate'],
  ['kill itself', 'killed', 'nothing'],
]

/** What became of a call, as its caller sees it. */
const fate = (call: Promise<unknown>): Promise<CallError> => call.then((value) => { throw new Error(`answered ${String(value)}`) }, (error: CallError) => error)

const resourceLimits = { maxOldGenerationSizeMb: 32 }

test.each(table)('%s', async (way, reason, logged) => {
  const server = await GenServer.start(Crashing, undefined, { thread: { resourceLimits } })
  const seen = log.events.length
  const end = down(server.pid)
  const ref = await worker.act('monitor', server.pid)
  const inFlight = fate(GenServer.call(server, ['crash', way], { timeout: Infinity }))
  const queued = fate(GenServer.call(server, 'hang', { timeout: Infinity }))
  expect(await end).toEqual(reason)
  expect(await worker.got()).toEqual(['DOWN', ref, server.pid, reason])
  for (const error of [await inFlight, await queued]) expect(error).toMatchObject({ name: 'CallError', code: 'ERR_CALL_EXIT', reason })
  expect(await fate(GenServer.call(server, 'hang'))).toMatchObject({ code: 'ERR_CALL_NOPROC', reason: 'noproc' })
  const events = log.events.slice(seen).filter(({ pid }) => pid === server.pid)
  expect(events.map(({ kind }) => kind)).toEqual(logged === 'nothing' ? [] : [logged])
}, 20_000)

test.each<[string, Reason, unknown]>([
  ['a kill', 'kill', 'killed'],
  ['an exit signal', ['my', 'signal'], ['my', 'signal']],
  ['a shutdown', 'shutdown', 'shutdown'],
])('%s in the middle of while (true)', async (_, signal, reason) => {
  const server = await GenServer.start(Crashing, undefined)
  const spot = gate()
  GenServer.cast(server, ['spin', spot])
  await gate.arrival(spot)
  const queued = fate(GenServer.call(server, 'hang', { timeout: Infinity }))
  const end = down(server.pid)
  Process.exit(server.pid, signal)
  expect(await end).toEqual(reason)
  expect(await queued).toMatchObject({ code: 'ERR_CALL_EXIT', reason })
  expect(await fate(GenServer.call(server, 'hang'))).toMatchObject({ code: 'ERR_CALL_NOPROC' })
})

test('a thread that somebody else terminates', async () => {
  const server = await GenServer.start(Crashing, undefined)
  const { thread } = (here.role as Arbiter)['entries'].get(parsePid(server.pid)!)!
  const [end, waiting] = [down(server.pid), fate(GenServer.call(server, 'hang', { timeout: Infinity }))]
  await (thread as Thread)['worker'].terminate()
  expect(await end).toEqual(['terminated', 1])
  expect(await waiting).toMatchObject({ code: 'ERR_CALL_EXIT', reason: ['terminated', 1] })
})

test.each(['throw', 'reject', 'throw a string', 'exit(reason)', 'stop(reason)', 'kill itself'] as const)('on the main thread: %s', async (way) => {
  const server = await GenServer.start(Crashing, undefined, { host: 'main' })
  const reason = table.find(([name]) => name === way)![1]
  const end = down(server.pid)
  const ref = await worker.act('monitor', server.pid)
  const inFlight = fate(GenServer.call(server, ['crash', way], { timeout: Infinity }))
  const queued = fate(GenServer.call(server, 'hang', { timeout: Infinity }))
  expect(await end).toEqual(reason)
  expect(await worker.got()).toEqual(['DOWN', ref, server.pid, reason])
  for (const error of [await inFlight, await queued]) expect(error).toMatchObject({ code: 'ERR_CALL_EXIT', reason })
  expect(await fate(GenServer.call(server, 'hang'))).toMatchObject({ code: 'ERR_CALL_NOPROC' })
})

test('callers in other threads settle too: those who wait, the one in flight, and those who come too late', async () => {
  const server = await GenServer.start(Crashing, undefined)
  const callers = await Promise.all([startPuppet(), startPuppet(), startPuppet({ host: 'main' })])
  const waiting = callers.slice(1).map((caller) => caller.ask(server.pid, 'hang'))
  while (Process.info(server.pid)!.messagesHandled < 2) await new Promise((resolve) => setImmediate(resolve))
  const last = callers[0]!.ask(server.pid, ['crash', 'throw in a timer'])
  for (const error of await Promise.all([...waiting, last])) expect(error).toMatchObject({ code: 'ERR_CALL_EXIT', reason: ['uncaught_exception', boom] })
  for (const caller of callers) {
    expect(await caller.ask(server.pid, 'hang')).toMatchObject({ code: 'ERR_CALL_NOPROC' })
    await caller[Symbol.asyncDispose]()
  }
})
