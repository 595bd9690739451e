// What the log says of crashes and supervisors, and where it says it.
import { afterAll, afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { GenServer, Logger, Process, Supervisor, Sys, Task, type LogEvent, type LoggerOptions, type Pid } from 'starfish'
import { assertNoLeaks, captureLog, receive, restarted, startSupervised } from '@starfish/testing'
import Account, { Confused, Discreet, Heavy } from '../fixtures/accounts.js'
import Scripted from '../fixtures/scripted.js'
import Starting from '../fixtures/starting.js'
import { Obeys } from '../fixtures/tasks.js'

let lines: string[]
let before: LoggerOptions
const log = (options: LoggerOptions = {}): void => void Logger.configure({ level: 'info', format: 'pretty', write: (line) => void lines.push(line), ...options })
beforeEach(() => {
  lines = []
  before = Logger.configure({})
  log()
})
afterEach(() => void Logger.configure(before))
afterAll(() => assertNoLeaks())

const source = resolve(__dirname, '../../../core/fixtures/accounts.ts')
const lineOf = (text: string): number => readFileSync(source, 'utf8').split('\n').findIndex((line) => line.includes(text)) + 1
const account = { owner: 'Eve', password: 'secret' }

/** Lets a server crash, and waits until it is gone. */
async function crash(definition: typeof Account, provoke: (pid: Pid) => void, host: 'thread' | 'main' = 'main', argument = account): Promise<Pid> {
  const { pid } = await GenServer.start(definition, argument, { host })
  const ref = Process.monitor(pid)
  provoke(pid)
  await receive((message) => message[1] === ref)
  return pid
}

describe('pretty', () => {
  test.each(['thread', 'main'] as const)('a crash in a call, on %s: who, what, where, the message, the state, the client', async (host) => {
    const pid = await crash(Account, (server) => void GenServer.call(server, ['withdraw', 5]).catch(() => undefined), host)
    expect(lines).toHaveLength(1)
    const report = lines[0]!.split('\n')
    expect(report[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} \[error\] GenServer Account \(#PID<0\.\d+\.\d+>\) terminating$/)
    expect(report[0]).toContain(pid)
    expect(report[1]).toBe('** (InsufficientFunds) not enough [E_FUNDS]')
    expect(report[2]).toMatch(new RegExp(`^ +at fail \\(${source.replace(/[.]/g, '\\.')}:${lineOf('the line the report has to name')}:\\d+\\)$`))
    expect(report[3]).toMatch(new RegExp(`^ +at .*accounts\\.ts:${lineOf('withdraw:')}:`))
    expect(report.slice(-4)).toEqual([
      '  caused by TypeError: no money',
      "Last message: [ 'withdraw', 5 ]",
      "State: { owner: 'Eve', password: 'secret' }",
      `Client: ${Process.self()}`,
    ])
  })

  test.each([
    ['a cast', (pid: Pid) => GenServer.cast(pid, 'fail'), "'fail'"],
    ['an info', (pid: Pid) => Process.send(pid, ['fail', 1, 2]), "[ 'fail', 1, 2 ]"],
  ])('%s has no client, not even that of an earlier call', async (_what, provoke, message) => {
    await crash(Account, (pid) => {
      void GenServer.call(pid, 'get')
      provoke(pid)
    })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(`Last message: ${message}`)
    expect(lines[0]).not.toContain('Client')
  })

  test('a stop', async () => {
    await crash(Account, (pid) => GenServer.cast(pid, ['stop', 'tired']))
    expect(lines[0]).toMatch(/terminating\n\*\* \(stop\) tired\nLast message: \[ 'stop', 'tired' \]\nState: /)
    await crash(Account, (pid) => GenServer.cast(pid, ['stop', 'shutdown']))
    expect(lines).toHaveLength(1)
  })

  test('an init that fails', async () => {
    await GenServer.start(Starting, { how: ['raise', 'no'] }, { name: 'failing' }).catch(() => undefined)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/\[error\] Process failing \(#PID<[\d.]+>\) failed to start\n\*\* \(RangeError\) no\n +at .*starting\.ts:/)
  })

  test.each(['thread', 'main'] as const)('a task that fails, on %s: who started it, what it ran, with what', async (host) => {
    const pid = await Task.start(Obeys, ['throw', 'no'], { host })
    const ref = Process.monitor(pid)
    await receive((message) => message[1] === ref)
    expect(lines).toHaveLength(1)
    const report = lines[0]!.slice(13).split('\n')
    expect(report[0]).toBe(`[error] Task Obeys (${pid}) started from ${Process.self()} terminating`)
    expect(report[1]).toBe('** (RangeError) no')
    expect(report[2]).toMatch(/tasks\.ts:/)
    expect(report.at(-2)).toMatch(/^Function: file:.*tasks\.js#Obeys$/)
    expect(report.at(-1)).toBe("Argument: [ 'throw', 'no' ]")
  })

  test('a task that ends as it should, or is told to, says nothing', async () => {
    for (const order of [['give', 1], ['exit', 'shutdown'], ['exit', ['shutdown', 'over']]] as const) {
      const ref = Process.monitor(await Task.start(Obeys, order))
      await receive((message) => message[1] === ref)
    }
    expect(lines).toEqual([])
  })

  test('text, with data and without, from a thread in order', async () => {
    Logger.warn('here')
    await using server = await GenServer.startLink(Account, account)
    GenServer.cast(server, ['log', ['there', { a: [1], big: 10n }]])
    GenServer.cast(server, ['log', ['there again', undefined]])
    await Sys.sync(server)
    expect(lines.map((line) => line.slice(13))).toEqual(['[warn] here', '[info] there { a: [ 1 ], big: 10n }', '[info] there again'])
  })

  test('an error as data is written as reports write errors, from a thread too', async () => {
    await using server = await GenServer.startLink(Account, account)
    GenServer.cast(server, ['log', ['could not', Object.assign(new RangeError('no', { cause: new Error('deep') }), { code: 'E_NO' })]])
    await Sys.sync(server)
    const report = lines[0]!.slice(13).split('\n')
    expect(report.slice(0, 2)).toEqual(['[info] could not', '** (RangeError) no [E_NO]'])
    expect(report[2]).toMatch(/^ +at .*logger\.test\.ts/)
    expect(report.at(-1)).toBe('  caused by Error: deep')
    Logger.error('with more', { error: new RangeError('no'), n: 1 })
    expect(lines[1]!.slice(13)).toBe('[error] with more { error: [RangeError: no], n: 1 }')
  })

  test('a message nobody handles is a warning', async () => {
    await using server = await GenServer.startLink(Account, account)
    Process.send(server, 'what')
    await Sys.sync(server)
    expect(lines[0]).toContain("[warn] Account got a message it has no handleInfo for: 'what'")
  })
})

describe('json', () => {
  test('one line for each event', async () => {
    log({ format: 'json' })
    const pid = await crash(Account, (server) => void GenServer.call(server, ['withdraw', 5]).catch(() => undefined))
    Logger.info('text', { n: 1n })
    expect(lines.every((line) => !line.includes('\n'))).toBe(true)
    const [report, text] = lines.map((line) => JSON.parse(line) as Record<string, never>)
    expect(report).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/), level: 'error', kind: 'terminate', pid, name: 'Account',
      reason: '[error, InsufficientFunds: not enough]', lastMessage: "[ 'withdraw', 5 ]", state: "{ owner: 'Eve', password: 'secret' }", client: Process.self(),
      error: { name: 'InsufficientFunds', message: 'not enough', code: 'E_FUNDS', stack: expect.stringContaining('accounts.ts:') },
    })
    expect(text).toEqual({ time: expect.anything(), level: 'info', kind: 'text', pid: Process.self(), message: 'text', data: { n: '1' } })
  })

  test('data keeps what JSON would lose: errors, maps, sets, big numbers', () => {
    log({ format: 'json' })
    const error = Object.assign(new RangeError('no', { cause: new Error('deep') }), { code: 'E_NO' })
    Logger.info('text', { error, map: new Map<unknown, unknown>([['a', new Set([1n])], [2, new Date(0)]]), bytes: new Uint8Array([1]), fn: () => 1 })
    expect(JSON.parse(lines[0]!)).toMatchObject({
      data: {
        error: { name: 'RangeError', message: 'no', code: 'E_NO', stack: expect.stringContaining('logger.test'), cause: { message: 'deep' } },
        map: { a: ['1'], 2: '1970-01-01T00:00:00.000Z' }, bytes: 'Uint8Array(1) [ 1 ]', fn: '() => 1',
      },
    })
  })

  test('onEvent gets the error itself', async () => {
    const seen: LogEvent[] = []
    log({ level: 'silent', onEvent: (event) => void seen.push(event) })
    await crash(Account, (server) => GenServer.cast(server, 'fail'), 'thread')
    expect((seen[0] as { reason: unknown }).reason).toEqual(['error', expect.objectContaining({ message: 'not enough', code: 'E_FUNDS', cause: expect.objectContaining({ message: 'no money' }) })])
  })

  test('a pino-like logger gets the fields and a headline', async () => {
    const calls: [string, Record<string, unknown>, string][] = []
    const level = (name: string) => (object: object, message: string) => void calls.push([name, object as Record<string, unknown>, message])
    log({ logger: { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') } })
    const pid = await crash(Account, (server) => GenServer.cast(server, 'fail'))
    Logger.info('hello', { a: 1 })
    Logger.debug('below the level')
    expect(calls.map(([name, { kind }, message]) => [name, kind, message])).toEqual([
      ['error', 'terminate', `GenServer Account (${pid}) terminating`],
      ['info', 'text', expect.stringMatching(/^hello/)],
    ])
    expect(lines).toEqual([])
  })
})

describe('supervisor reports', () => {
  const offender = (event: LogEvent | undefined): unknown => (event as { offender?: unknown }).offender
  const contexts = (events: readonly LogEvent[]): unknown[] => events.filter(({ kind, level }) => kind === 'supervisor' && level === 'error').map((event) => (event as { context?: unknown }).context)

  test('child_terminated and shutdown, with offender and reason', async () => {
    using captured = captureLog()
    const tree = await startSupervised([[Account, account]], { maxRestarts: 0, name: 'Bank' })
    const pid = Process.whereis('Account')!
    const ref = Process.monitor(tree.pid)
    GenServer.cast(Account, 'fail')
    await receive((message) => message[1] === ref)
    expect(contexts(captured.events)).toEqual(['child_terminated', 'shutdown'])
    const terminated = captured.events.find((event) => event.kind === 'supervisor' && event.context === 'child_terminated')
    expect(offender(terminated)).toEqual({ id: 'Account', pid, name: 'Account', restart: 'permanent', shutdown: '5000', type: 'worker', significant: false })
    expect(terminated).toMatchObject({ supervisor: 'Bank', pid: tree.pid })
  })

  test('start_error', async () => {
    using captured = captureLog()
    await expect(startSupervised([{ id: 'one', start: [Starting, { how: ['stop', 'no'] }] }])).rejects.toMatchObject({ code: 'ERR_START' })
    expect(contexts(captured.events)).toEqual(['start_error'])
  })

  test('shutdown_error, for a child that does not end as told', async () => {
    using captured = captureLog()
    const child = { witness: Process.self(), trapExit: true, last: ['exit', 'stubborn'] } as const
    const tree = await startSupervised([{ id: 'one', start: [Scripted, child] }])
    await tree.stop()
    expect(contexts(captured.events)).toEqual(['shutdown_error'])
    expect(captured.events.at(-1)).toMatchObject({ context: 'shutdown_error', reason: 'stubborn', offender: { id: 'one', name: 'scripted' } })
  })

  test('in the terminal: the child, its supervisor, the reason, how it is started', async () => {
    await using tree = await startSupervised([[Account, account]], { name: 'Bank' })
    const pid = Process.whereis('Account')!
    GenServer.cast(Account, 'fail')
    await restarted(tree.pid, 'Account', pid)
    expect(lines[1]!.slice(13).split('\n')).toEqual([
      `[error] Child Account of Supervisor Bank (${tree.pid}) terminated`,
      '** (exit) [error, InsufficientFunds: not enough]',
      `Pid: ${pid}`,
      'Start: Account, restart: permanent, shutdown: 5000, type: worker',
    ])
    expect(lines).toHaveLength(2)
  })
})

describe('bounded', () => {
  test('a state of 100 MB is printed short', async () => {
    const started = await GenServer.start(Heavy, 100)
    const ref = Process.monitor(started.pid)
    GenServer.cast(started, 'fail')
    await receive((message) => message[1] === ref)
    expect(lines).toHaveLength(1)
    expect(lines[0]!.length).toBeLessThan(4000)
    expect(lines[0]).toContain("State: { list: [ { i: 0, text: 'xxx")
  })

  test('so is a state that was returned by mistake', async () => {
    const started = await GenServer.start(Heavy, 10, { host: 'main' })
    const ref = Process.monitor(started.pid)
    GenServer.cast(started, 'returnState')
    await receive((message) => message[1] === ref)
    expect(lines[0]!.length).toBeLessThan(4000)
    expect(lines[0]).toContain('** (stop) [bad_return_value, { list: [ { i: 0')
  })

  test('and a long message', async () => {
    const pid = await crash(Account, (server) => Process.send(server, ['fail', 'm'.repeat(1e6)]))
    expect(lines[0]!.length).toBeLessThan(4000)
    expect(lines[0]).toContain(pid)
  })
})

describe('formatStatus', () => {
  test('leaves out what is not to be seen, in reports and in getStatus', async () => {
    const definition = Discreet as unknown as typeof Account
    await using server = await GenServer.startLink(definition, account)
    expect((await Sys.getStatus(server)).state).toBe("{ owner: 'Eve', password: '***' }")
    await crash(definition, (pid) => Process.send(pid, ['fail', 'secret']))
    expect(lines[0]).not.toContain('secret')
    expect(lines[0]).toContain("Last message: 'fail'\nState: { owner: 'Eve', password: '***' }")
  })

  test.each([
    ['Eve', "State: 'formatStatus failed: RangeError: confused'"],
    ['nothing', "State: 'formatStatus failed: it gave undefined'"],
  ])('that fails shows nothing of the state of %s', async (owner, shown) => {
    const definition = Confused as unknown as typeof Account
    await crash(definition, (pid) => Process.send(pid, ['fail', 'secret']), 'main', { owner, password: 'secret' })
    expect(lines[0]).toContain(shown)
    expect(lines[0]).not.toContain('secret')
    await using server = await GenServer.startLink(definition, { owner, password: 'secret' })
    expect((await Sys.getStatus(server)).state).toBe(shown.slice('State: '.length))
  })
})

describe('configure', () => {
  test('silent writes nothing; a level writes what is at least as high', () => {
    log({ level: 'silent' })
    Logger.error('no')
    log({ level: 'warn' })
    Logger.info('no')
    Logger.warn('yes')
    Logger.error('yes')
    expect(lines.map((line) => line.slice(13))).toEqual(['[warn] yes', '[error] yes'])
  })

  test('onEvent sees everything', () => {
    const seen: string[] = []
    log({ level: 'silent', onEvent: (event) => void seen.push(event.level) })
    Logger.debug('a')
    Logger.error('b')
    expect(seen).toEqual(['debug', 'error'])
  })

  test.each([
    [{ level: 'loud' }, "expected a log level, got 'loud'; write one of debug, info, warn, error, silent"],
    [{ format: 'xml' }, "expected a log format, got 'xml'; write 'pretty' or 'json'"],
    [{ levl: 'warn' }, "expected a logger option, got 'levl'; write one of level, format, write, logger, onEvent"],
  ])('refuses %j', (options, message) => {
    expect(() => Logger.configure(options as never)).toThrow(message)
  })

  test('STARFISH_LOG sets level and format', () => {
    const program = "const { Logger } = require('starfish'); Logger.info('i'); Logger.error('e')"
    const run = (STARFISH_LOG: string): string => spawnSync(process.execPath, ['-e', program], { env: { ...process.env, STARFISH_LOG }, encoding: 'utf8' }).stderr
    expect(run('silent')).toBe('')
    expect(JSON.parse(run('json,error'))).toMatchObject({ level: 'error', message: 'e' })
    expect(JSON.parse(run(' ERROR, Json '))).toMatchObject({ level: 'error', message: 'e' })
    expect(run('verbose,silent')).toBe('starfish: expected STARFISH_LOG to hold a level (debug, info, warn, error, silent), a format (pretty, json), or both, got verbose\n')
  })
})

test.each([
  ['write', { write: () => { throw new Error('disk full') } }],
  ['logger', { logger: { error: () => { throw new Error('disk full') } } as never }],
  ['onEvent', { onEvent: () => { throw new Error('disk full') } }],
  ['write that is async', { write: async () => { throw new Error('disk full') } }],
  ['onEvent that is async', { onEvent: async () => { throw new Error('disk full') } }],
])('a %s that throws harms nobody', async (_what, options: LoggerOptions) => {
  const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    log(options)
    await using tree = await startSupervised([[Account, account]])
    const pid = Process.whereis('Account')!
    GenServer.cast(Account, 'fail')
    const next = await restarted(tree.pid, 'Account', pid)
    expect(await GenServer.call(next, 'get')).toBe('Eve')
    expect(stderr.mock.calls.flat().join('')).toContain('starfish: the logger failed: disk full\n')
    log()
    await Supervisor.countChildren(tree.pid)
  } finally {
    stderr.mockRestore()
  }
})
