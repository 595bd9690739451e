// What a user may get wrong: every mistake is told where it is made, with what was expected, what came, and what to
// write instead; a server that gets a message it does not know says so.
import { afterAll, expect, test } from '@jest/globals'
import { GenServer, Process, StarfishError, Sys, UsageError, type Pid } from 'starfish'
import { assertNoLeaks, captureLog } from '@starfish/testing'
import Counter from '../fixtures/counting.js'
import Postman from '../fixtures/postman.js'
import * as Twice from '../fixtures/twice.js'

afterAll(() => assertNoLeaks())

const define = GenServer.define as (where: unknown, callbacks: unknown) => unknown
const init = (): unknown => undefined
const start = (definition: unknown, argument?: unknown, options?: unknown): Promise<unknown> => GenServer.startLink(definition as typeof Counter, argument as number, options as never)
const call = (server: unknown, message: unknown, options?: unknown): Promise<unknown> => GenServer.call(server as Pid, message as string, options as never)

const mistakes: [what: string, () => unknown, code: string, expected: string, got: string, write: string][] = [
  ['no place', () => define(undefined, { init }), 'ERR_BAD_DEFINITION', 'the place of this file', 'undefined', "import.meta.url, or __filename in CommonJS, with '#Name' behind it when the definition is not the default export"],
  ['a relative place', () => define('counter.js', { init }), 'ERR_BAD_DEFINITION', 'a file: URL or an absolute path', "'counter.js'", "import.meta.url, or __filename in CommonJS, with '#Name' behind it when the definition is not the default export"],
  ['no callbacks', () => define(__filename, undefined), 'ERR_BAD_DEFINITION', 'the callbacks', 'undefined', '{ init: (argument) => ok(state), handleCall: { ... } }'],
  ['no init', () => define(__filename, {}), 'ERR_BAD_DEFINITION', 'a function init', 'undefined', 'init: (argument) => ok(state)'],
  ['an unknown callback', () => define(__filename, { init, handleCalls: {} }), 'ERR_BAD_DEFINITION', 'a callback of a GenServer', "'handleCalls'", 'one of name, host, restart, shutdown, isolation, thread, maxHandlerTime, maxMailbox, standby, init, handleCall, handleCast, handleInfo, handleContinue, terminate, formatStatus'],
  ['handlers that are a function', () => define(__filename, { init, handleCall: init }), 'ERR_BAD_DEFINITION', 'handlers by tag in handleCall', '[Function: init]', 'handleCall: { tag: (state, payload) => ... }'],
  ['a handler that is none', () => define(__filename, { init, handleCast: { inc: 1 } }), 'ERR_BAD_DEFINITION', 'a function handleCast.inc', '1', 'inc: (state, payload) => ...'],
  ['a terminate that is none', () => define(__filename, { init, terminate: {} }), 'ERR_BAD_DEFINITION', 'a function terminate', '{}', 'terminate: (...) => ...'],
  ['an unknown host', () => define(__filename, { init, host: 'moon' }), 'ERR_BAD_ARGUMENT', 'a host', "'moon'", "'thread' or 'main'"],
  ['an unknown restart', () => define(__filename, { init, restart: 'always' }), 'ERR_BAD_CHILD_SPEC', 'a restart type', "'always'", "'permanent', 'transient' or 'temporary'"],
  ['a shutdown that is none', () => define(__filename, { init, shutdown: -1 }), 'ERR_BAD_CHILD_SPEC', 'a shutdown', '-1', "ms from 0, 'brutal_kill' or 'infinity'"],
  ['an unknown thread option', () => define(__filename, { init, thread: { memory: 1 } }), 'ERR_BAD_ARGUMENT', 'a thread option', "'memory'", 'one of resourceLimits, heap, env, execArgv, stdout, stderr'],
  ['an environment that is a word', () => define(__filename, { init, thread: { env: 'LOG=1' } }), 'ERR_BAD_ARGUMENT', 'an environment, words by name', "'LOG=1'", "env: { ...process.env, LOG: '1' }"],
  ['Node options that are a word', () => define(__filename, { init, thread: { execArgv: '--jitless' } }), 'ERR_BAD_ARGUMENT', 'a list of Node options', "'--jitless'", "execArgv: ['--stack-trace-limit=50']"],
  ['too small a stack', () => define(__filename, { init, thread: { resourceLimits: { stackSizeMb: 0.1 } } }), 'ERR_BAD_ARGUMENT', 'stackSizeMb of at least 0.5 MB: below it Node ends the whole program as the thread starts', '0.1', '0.5'],
  ['too small a heap', () => define(__filename, { init, thread: { resourceLimits: { maxOldGenerationSizeMb: 1 } } }), 'ERR_BAD_ARGUMENT', 'maxOldGenerationSizeMb of at least 16 MB: below it V8 may abort the whole program', '1', '16'],
  ['an empty name', () => define(__filename, { init, name: '' }), 'ERR_BAD_ARGUMENT', 'a name', "''", "a short word such as 'Counter'"],
  ['a name like a pid', () => define(__filename, { init, name: '#PID<0.1.2>' }), 'ERR_BAD_ARGUMENT', 'a name that does not look like a pid or a ref', "'#PID<0.1.2>'", "a short word such as 'Counter'"],
  ['no definition', () => start(undefined), 'ERR_BAD_ARGUMENT', 'a definition', 'undefined', 'what GenServer.define gave'],
  ['a module instead of its default export', () => start({ default: Counter }), 'ERR_BAD_ARGUMENT', 'a definition', '{ default: ', 'what GenServer.define gave'],
  ['an unknown start option', () => start(Counter, 0, { nam: 'x' }), 'ERR_BAD_ARGUMENT', 'a start option', "'nam'", 'one of name, timeout, host, isolation, thread, maxHandlerTime, maxMailbox, standby, transfer'],
  ['start options that are none', () => start(Counter, 0, 5), 'ERR_BAD_ARGUMENT', 'an object of start options', '5', '{ name: ... }'],
  ['a start timeout that is none', () => start(Counter, 0, { timeout: '5' }), 'ERR_BAD_ARGUMENT', 'a timeout in ms', "'5'", 'a number from 0, or Infinity'],
  ['a transfer that is no list', () => start(Counter, 0, { transfer: new ArrayBuffer(1) }), 'ERR_BAD_ARGUMENT', 'a list of objects to transfer', 'ArrayBuffer', '{ transfer: [buffer] }'],
  ['a call to nothing', () => call(undefined, 'get'), 'ERR_BAD_ARGUMENT', 'a process', 'undefined', 'a pid, a registered name'],
  ['a call by a definition without a name', () => call(Postman, 'get'), 'ERR_BAD_ARGUMENT', 'a definition with a name', "'postman'", "its pid, or give the definition a name: define(place, { name: 'Counter', ... })"],
  ['a negative timeout', () => call('x', 'get', { timeout: -1 }), 'ERR_BAD_ARGUMENT', 'a timeout in ms', '-1', 'a number from 0, or Infinity'],
  ['a timeout that is not a number', () => call('x', 'get', { timeout: NaN }), 'ERR_BAD_ARGUMENT', 'a timeout in ms', 'NaN', 'a number from 0, or Infinity'],
  ['an unknown call option', () => call('x', 'get', { timeot: 1 }), 'ERR_BAD_ARGUMENT', 'a call option', "'timeot'", 'one of timeout, signal, transfer'],
  ['the timeout as a number', () => call('x', 'get', 5), 'ERR_BAD_ARGUMENT', 'an object of call options', '5', '{ timeout: ... }'],
  ['a cast to nothing', () => GenServer.cast(undefined as never, 'inc'), 'ERR_BAD_ARGUMENT', 'a process', 'undefined', 'a pid, a registered name'],
  ['an unknown cast option', () => GenServer.cast('x', 'inc', { timeout: 1 } as never), 'ERR_BAD_ARGUMENT', 'a cast option', "'timeout'", 'one of transfer'],
  ['a reply to nobody', () => GenServer.reply('x' as never, 1), 'ERR_BAD_ARGUMENT', 'the `from` of a call', "'x'", 'context.from of a handleCall'],
  ['a stop for no reason', () => GenServer.stop('x', 5 as never), 'ERR_BAD_ARGUMENT', 'a reason', '5', "'normal', 'shutdown' or ['shutdown', why]"],
  ['a client of nothing', () => GenServer.client({} as typeof Counter), 'ERR_BAD_ARGUMENT', 'a definition', '{}', 'what GenServer.define gave'],
  ['a client of a word that is call and cast', () => GenServer.client(Twice.Both), 'ERR_BAD_DEFINITION', 'tags that are a call or a cast', "'same'", 'another tag for one of the two'],
  ['a signal that is none', () => call('x', 'get', { signal: {} }), 'ERR_BAD_ARGUMENT', 'an AbortSignal', '{}', 'controller.signal, or AbortSignal.timeout(1000)'],
  ['an unknown option of Sys', () => Sys.getState('x', { timeot: 1 } as never), 'ERR_BAD_ARGUMENT', 'a call option', "'timeot'", 'one of timeout, signal, transfer'],
]

test.each(mistakes)('%s', async (_what, make, code, expected, got, write) => {
  const error = (await (async () => make())().then(() => undefined, (thrown: unknown) => thrown)) as UsageError | undefined
  expect(error).toMatchObject({ name: 'UsageError', code })
  expect(error).toBeInstanceOf(UsageError)
  expect(error).toBeInstanceOf(StarfishError)
  const [sentence, instead] = error!.message.split('; write ')
  expect(sentence).toMatch(/^expected .*, got /)
  expect(sentence!.startsWith(`expected ${expected}, got ${got}`)).toBe(true)
  expect(instead!.startsWith(write)).toBe(true)
})

test.each(['thread', 'main'] as const)('a definition found twice, missing, or not there, started on %s', async (host) => {
  using _log = captureLog()
  const failed = (definition: unknown): Promise<{ reason: [string, Error] }> => GenServer.start(definition as typeof Counter, 0, { host }).then(() => Promise.reject(new Error('it started')), (error: unknown) => error as never)
  const twice = await failed(Twice.One)
  expect(twice.reason).toEqual(['undef', expect.objectContaining({ code: 'ERR_BAD_DEFINITION' })])
  expect(twice.reason[1].message).toMatch(/^expected one definition at .*twice\.js#default, got 2; write define\(import\.meta\.url \+ '#Name', \.\.\.\) for each but the default export$/)
  if (host === 'main') return // this thread has it already
  const lost = await failed(Twice.unexported())
  expect(lost.reason).toEqual(['undef', expect.objectContaining({ code: 'ERR_BAD_DEFINITION' })])
  expect(lost.reason[1].message).toMatch(/^expected .*twice\.js to have the definition Lost as an export named Lost, got no such export; write `export const Lost = \.\.\.`$/)
})

test('a call or cast that no handler has ends the server, and says what it has', async () => {
  using log = captureLog()
  const server = await GenServer.start(Counter, 0)
  const { reason } = (await call(server, 'gett').catch((error: unknown) => error)) as { reason: [string, Error] }
  expect(reason).toEqual(['error', expect.objectContaining({
    name: 'UsageError', code: 'ERR_NO_HANDLER',
    message: "expected a call that Counter handles (get, bump, echo, maybe), got 'gett'; write gett: (state) => ... in handleCall",
  })])
  const next = await GenServer.start(Counter, 0)
  const ref = Process.monitor(next.pid)
  GenServer.cast(next.pid, ['add', 1])
  const [, , , end] = await Process.receive<[string, string, string, [string, Error]]>((message) => message[1] === ref)
  expect(end[1].message).toBe("expected a cast that Counter handles (inc, set), got [ 'add', 1 ]; write add: (state, payload) => ... in handleCast")
  expect(log.events.map(({ kind }) => kind)).toEqual(['terminate', 'terminate'])
})

test('words of Object.prototype are no handlers', async () => {
  using _log = captureLog()
  for (const tag of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    const server = await GenServer.start(Counter, 0, { host: 'main' })
    await expect(call(server, tag)).rejects.toMatchObject({ reason: ['error', expect.objectContaining({ code: 'ERR_NO_HANDLER' })] })
  }
})
