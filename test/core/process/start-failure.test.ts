// A process that does not start: the reason with the original error, the process gone, its name free, nobody waiting.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { GenServer, Process, type StartError, type StartOptions } from 'starfish'
import { assertNoLeaks, captureLog, type CapturedLog, down, gate, receive, virtualClock } from '@starfish/testing'
import InitAs, { type Init } from '../fixtures/init.js'
import { startPuppet } from '../fixtures/puppet.js'
import * as misplaced from '../fixtures/misplaced.js'

let log: CapturedLog
beforeAll(() => {
  log = captureLog()
})
afterEach(() => assertNoLeaks())
afterAll(() => log[Symbol.dispose]())

const like = (fields: object): unknown => expect.objectContaining({ stack: expect.any(String) as unknown, ...fields })
const says = (text: string): unknown => expect.stringContaining(text)
const boom = like({ name: 'RangeError', message: 'no init', code: 'E_INIT', cause: 'why', stack: says('init') })
const failure = (start: Promise<unknown>): Promise<StartError> => start.then((value) => { throw new Error(`started ${String(value)}`) }, (error: StartError) => error)

async function startServer(init: Init, options: StartOptions) {
  const server = await GenServer.start(InitAs, init, options)
  if (server === 'ignore') throw new Error('it ignored the start')
  return server
}

test.each([
  ['NoSuchModule', { code: 'MODULE_NOT_FOUND', message: says('no-such-module') }],
  ['Throws', { name: 'Error', message: 'no database', code: 'E_CONFIG', cause: like({ name: 'TypeError', message: 'no host' }) }],
  ['NotExported', { name: 'UsageError', code: 'ERR_BAD_DEFINITION', message: says('write `export const Elsewhere') }],
  ['NoDefault', { name: 'UsageError', code: 'ERR_BAD_DEFINITION', message: says('as its default export, got no such export') }],
  ['Number', { name: 'UsageError', code: 'ERR_BAD_DEFINITION', message: says('as an export named aNumber, got a number') }],
  ['Twice', { name: 'UsageError', code: 'ERR_BAD_DEFINITION', message: says("Twice, got 2; write define(import.meta.url + '#Name'") }],
] as const)('a module that is not as it should be: %s', async (name, error) => {
  const seen = log.events.length
  const failed = await failure(GenServer.start({ ...misplaced, ...misplaced.unexported() }[name], undefined, { name: 'misplaced' }))
  expect(failed).toMatchObject({ name: 'StartError', code: 'ERR_START', reason: ['undef', like(error)], cause: like(error) })
  expect(Process.whereis('misplaced')).toBeUndefined()
  expect(log.events.slice(seen)).toEqual([expect.objectContaining({ kind: 'crash', phase: 'init' })])
})

test('a definition exported under another name, as bundlers do, is found', async () => {
  await GenServer.start(misplaced.Renamed, undefined, { name: 'misplaced' })
  await GenServer.stop('misplaced')
})

test('a bare process has its pid before its module is looked for: the monitor tells', async () => {
  const [pid, ref] = await Process.spawnMonitor(misplaced.Bare, undefined)
  expect(await receive('DOWN')).toEqual(['DOWN', ref, pid, ['undef', like({ code: 'MODULE_NOT_FOUND' })]])
})

describe.each(['thread', 'main'] as const)('init on %s', (host) => {
  test.each<[Init & string, unknown]>([
    ['throw', ['error', boom]],
    ['reject', ['error', boom]],
    ['throw a string', ['bad_return_value', 'text']],
    ['stop', ['no', 'reason']],
    ['stop normal', 'normal'],
    ['nonsense', ['bad_return_value', 42]],
    ['exit', ['shutdown', 'not now']],
  ])('%s', async (how, reason) => {
    const failed = await failure(GenServer.start(InitAs, how, { host, name: 'initial' }))
    expect(failed).toMatchObject({ name: 'StartError', code: 'ERR_START', reason })
    expect(Process.whereis('initial')).toBeUndefined()
    await using next = await startServer('ok', { host, name: 'initial' }) // the name is free when start returns
    expect(Process.whereis('initial')).toBe(next.pid)
  })

  test('a linked starter gets the exit signal too', async () => {
    await failure(GenServer.startLink(InitAs, 'stop', { host }))
    expect(await receive('EXIT')).toEqual(['EXIT', expect.stringMatching(/^#PID/), ['no', 'reason']])
  })

  test('ignore is no failure', async () => {
    const seen = log.events.length
    expect(await GenServer.startLink(InitAs, 'ignore', { host, name: 'initial' })).toBe('ignore')
    expect(Process.whereis('initial')).toBeUndefined()
    expect(await receive('EXIT')).toEqual(['EXIT', expect.stringMatching(/^#PID/), 'normal'])
    expect(log.events.slice(seen)).toEqual([])
  })

  test('that never returns: killed when the start timeout has passed', async () => {
    using clock = virtualClock()
    const start = failure(GenServer.start(InitAs, 'never', { host, name: 'initial', timeout: 1_000 }))
    await started('initial')
    const end = down(Process.whereis('initial')!, { timeout: Infinity })
    await clock.advance(999)
    expect(Process.whereis('initial')).toBeDefined()
    await clock.advance(1)
    expect(await start).toMatchObject({ code: 'ERR_START', reason: 'timeout' })
    expect(await end).toBe('killed')
    expect(Process.whereis('initial')).toBeUndefined()
  })
})

/** Settles when a process of that name has its name. */
async function started(name: string): Promise<void> {
  while (Process.whereis(name) === undefined) await new Promise((resolve) => setImmediate(resolve))
}

test('a thread that ends in the middle of init', async () => {
  expect(await failure(GenServer.start(InitAs, 'process.exit'))).toMatchObject({ code: 'ERR_START', reason: ['process_exit', 3] })
  expect(await failure(GenServer.start(InitAs, 'timer'))).toMatchObject({ code: 'ERR_START', reason: ['uncaught_exception', boom] })
})

test('an init that spins is killed as well', async () => {
  using clock = virtualClock()
  const spot = gate()
  const start = failure(GenServer.start(InitAs, { spinsAt: spot }, { timeout: 10 }))
  await gate.arrival(spot)
  await clock.advance(10)
  expect(await start).toMatchObject({ code: 'ERR_START', reason: 'timeout' })
})

test('callers who found the name before init was done: served when it is, told why when it is not', async () => {
  const spot = gate()
  const start = startServer({ passes: spot }, { name: 'initial' })
  await gate.arrival(spot)
  await using worker = await startPuppet()
  const calls = [GenServer.call('initial', 'get'), worker.ask(Process.whereis('initial')!, 'get')]
  gate.open(spot)
  expect(await Promise.all(calls)).toEqual(['here', 'here'])
  await GenServer.stop(await start)

  const failing = failure(GenServer.start(InitAs, 'never', { name: 'initial' }))
  await started('initial')
  const waiting = [GenServer.call('initial', 'get').catch((error: unknown) => error), worker.ask(Process.whereis('initial')!, 'get')]
  while (Process.info('initial')!.mailboxLength < 2) await new Promise((resolve) => setImmediate(resolve)) // the worker's may be on its way
  Process.exit(Process.whereis('initial')!, ['give', 'up'])
  for (const error of await Promise.all(waiting)) expect(error).toMatchObject({ code: 'ERR_CALL_EXIT', reason: ['give', 'up'] })
  expect(await failing).toMatchObject({ code: 'ERR_START', reason: ['give', 'up'] })
})

test('from a worker a failed start is the same error', async () => {
  await using worker = await startPuppet()
  const error = await worker.start('init', 'throw')
  expect(error).toMatchObject({ name: 'StartError', code: 'ERR_START', reason: ['error', boom] })
  expect(await worker.start('misplaced#NoSuchModule', undefined)).toMatchObject({ code: 'ERR_START', reason: ['undef', like({ code: 'MODULE_NOT_FOUND' })] })
})

test.each([
  [{ timeout: -1 }], [{ timeout: '5' }], [{ host: 'moon' }], [{ name: '' }], [{ nmae: 'x' }], [{ transfer: 'x' }],
  [{ thread: { resourceLimits: { maxOldGenerationSizeMb: 8 } } }], [{ thread: { resourceLimits: { heap: 64 } } }], [{ thread: { cwd: '/' } }], [undefined],
])('start options %j are refused before anything is started', async (options) => {
  await expect(GenServer.start(InitAs, 'ok', options === undefined ? (null as never) : (options as never))).rejects.toMatchObject({ name: 'UsageError', code: 'ERR_BAD_ARGUMENT' })
})
