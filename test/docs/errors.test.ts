// docs/errors.md against the table of errors and against what threads do: neither may say what the other does not.
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { ERRORS, GenServer, Process, Supervisor, type Message, type Pid, type Reason, type StartOptions } from 'starfish'
import { assertNoLeaks, captureLog, receive, type CapturedLog } from '@starfish/testing'
import Ending, { Bare } from '../core/fixtures/ending.js'
import Filling from '../core/fixtures/filling.js'
import Garbling from '../core/fixtures/garbling.js'
import Hanging from '../core/fixtures/hanging.js'
import Unloadable from '../core/fixtures/unloadable.js'

let log: CapturedLog
beforeEach(() => void (log = captureLog()))
afterEach(() => log[Symbol.dispose]())
afterAll(() => assertNoLeaks())

const page = readFileSync(resolve(__dirname, '../../../docs/errors.md'), 'utf8')

describe('codes', () => {
  const sections = new Map(page.split(/^### /m).slice(1).map((section) => [section.slice(0, section.indexOf('\n')), section]))

  test('the page has a section for each code of the table, and no other', () => {
    expect([...sections.keys()].sort()).toEqual(Object.keys(ERRORS).sort())
  })

  test.each(Object.entries(ERRORS))('%s: its section says which class and when, as the table does', (code, { class: name, when }) => {
    const text = sections.get(code)!.replaceAll(/\s+/g, ' ')
    expect(text).toMatch(`${code} \`${name}\`: ${when}`)
  })
})

// ---- exit reasons

type Start = Parameters<typeof Ending.init>[0]

/** Does this to a server, and gives the reason it ended with. */
async function endOf(how: Start, provoke: (pid: Pid) => unknown, options: StartOptions = {}): Promise<Reason> {
  const { pid } = (await GenServer.start(Ending, how, options)) as { pid: Pid }
  const ref = Process.monitor(pid)
  await provoke(pid)
  return (await receive((message) => message[1] === ref))[3] as Reason
}

const ask = (message: Message) => (pid: Pid): void => void GenServer.call(pid, message).catch(() => undefined)
const asked = (message: Message): (() => Promise<Reason>) => () => endOf('normally', ask(message))

async function monitored(starting: Promise<[Pid, string]>): Promise<Reason> {
  const [, ref] = await starting
  return (await receive((message) => message[1] === ref))[3] as Reason
}

/** How a child of a supervisor ends when the tree is stopped. */
async function stopped(how: Start, shutdown: number): Promise<Reason> {
  const supervisor = await Supervisor.startLink([{ id: 'child', start: [Ending, how], shutdown }], { strategy: 'one_for_one' })
  const [child] = await Supervisor.whichChildren(supervisor)
  const ref = Process.monitor(child!.pid as Pid)
  await Supervisor.stop(supervisor)
  return (await receive((message) => message[1] === ref))[3] as Reason
}

async function startedTooSlowly(): Promise<Reason> {
  const starting = GenServer.startLink(Ending, 'never', { name: 'slow', timeout: 300 })
  const ref = Process.monitor('slow')
  await expect(starting).rejects.toMatchObject({ reason: 'timeout' })
  return (await receive((message) => message[1] === ref))[3] as Reason
}

async function linkedToOneThatEnds(): Promise<Reason> {
  const other = (await GenServer.start(Ending, 'normally')) as { pid: Pid }
  return endOf('normally', async (pid) => {
    await GenServer.call(pid, ['linkTo', other.pid])
    Process.exit(other.pid, ['told', 1])
  })
}

async function full(): Promise<Reason> {
  const { pid } = await GenServer.start(Filling, undefined, { thread: { heap: { hard: 48 } } })
  return GenServer.call(pid, 'buffers', { timeout: 60_000 }).then(() => 'no end', (failed: { reason: Reason }) => failed.reason)
}

async function hung(): Promise<Reason> {
  const { pid } = await GenServer.start(Hanging, undefined, { maxHandlerTime: 50 })
  return GenServer.call(pid, 'spin').then(() => 'no end', (failed: { reason: Reason }) => failed.reason)
}

async function garbled(): Promise<Reason> {
  const { pid } = await GenServer.start(Garbling, undefined)
  const end = monitored(Promise.resolve([pid, Process.monitor(pid)]))
  GenServer.cast(pid, ['post', [['nonsense'], 'main']])
  return end
}

const told = ['told', 1]
const error = expect.objectContaining({ name: 'RangeError', message: 'told', code: 'E_TOLD', stack: expect.stringContaining('ending') })

/** Row by row of the table: how it comes about, and the reason. */
const ways: Record<string, readonly [reason: unknown, ...ways: (() => Promise<Reason>)[]]> = {
  'a callback returned `stop(reason)`': [told, asked('stop')],
  'a callback called `exit(reason)`': [told, asked('exit')],
  'a callback threw an Error, or its promise rejected with one': [['error', error], asked('throw'), asked('reject')],
  'a callback returned or threw what it must not': [['bad_return_value', 'value'], asked('returnValue'), asked('throwValue')],
  'a call or cast came that no handler takes': [['error', expect.objectContaining({ code: 'ERR_NO_HANDLER' })], asked('nonsense')],
  'a call inside of a callback failed, and nobody caught it': [['noproc', ['GenServer', 'call', ['server', 'message', 100]]], asked('callNobody')],
  '`terminate` threw an Error or called `exit(reason)`': [told, () => endOf('exits at once', (pid) => GenServer.stop(pid).catch(() => undefined))],
  'a bare process returned': ['normal', () => monitored(Process.spawnMonitor(Bare, 'returns'))],
  'a bare process threw what is no Error': [['nocatch', 'value'], () => monitored(Process.spawnMonitor(Bare, 'throws'))],
  'an error was thrown outside of any callback: in a timer, in an event': [['uncaught_exception', error], asked('throwInTimer')],
  'a promise rejected, and nobody handled it': [['unhandled_rejection', expect.objectContaining({ message: 'told', code: 'E_TOLD' })], asked('rejectUnhandled')],
  'it called `process.exit(code)`, 0 included': [['process_exit', expect.any(Number)], asked(['processExit', 3]), asked(['processExit', 0])],
  'it was busy with one message for longer than its [`maxHandlerTime`](watchdogs.md)': [['hung', { message: 'call spin', ms: expect.any(Number), limit: 50 }], hung],
  'its thread used more memory than its [`heap.hard`](watchdogs.md)': [['heap_limit', { message: 'call buffers', mb: expect.any(Number), limit: 48 }], full],
  'its thread, or its child process, ran out of memory': [['out_of_memory', expect.objectContaining({ code: 'ERR_WORKER_OUT_OF_MEMORY' })], asked('fillMemory')],
  'it wrote to a line of the runtime what the runtime does not understand': [['garbled', expect.objectContaining({ name: 'TypeError' })], garbled],
  'its thread ended without a word': [['terminated', 3], asked(['endThread', 3])],
  'its child process was ended by a signal: `SIGSEGV`, `SIGABRT`, `SIGKILL` of the system': [['signal', 'SIGSEGV'], () => endOf('normally', ask(['endProcess', 'SIGSEGV']), { isolation: 'process' })],
  'its module could not be loaded, or has no such definition': [['undef', expect.objectContaining({ name: 'SyntaxError' })], () => monitored(Process.spawnMonitor(Unloadable as never, 0))],
  "`Process.exit(pid, 'kill')`, whatever it was doing": ['killed', () => endOf('trapping', (pid) => {
    ask('spin')(pid)
    Process.exit(pid, 'kill')
  })],
  "its supervisor waited for it in vain, or stops it with `'brutal_kill'`": ['killed', () => stopped('trapping', 50)],
  'its start took longer than `timeout`': ['killed', startedTooSlowly],
  'its supervisor stopped it': ['shutdown', () => stopped('normally', 5000)],
  '`Process.exit(pid, reason)`, and it does not trap exits': [told, () => endOf('normally', (pid) => Process.exit(pid, ['told', 1]))],
  "a process it is linked to ended with another reason than `'normal'`, and it does not trap exits": [told, linkedToOneThatEnds],
  '`GenServer.stop(server, reason)`': ['normal', () => endOf('normally', (pid) => GenServer.stop(pid))],
}

describe('exit reasons', () => {
  const rows = /^\| what happened \|.*\n\|-.*\n((?:\|.*\n)+)/m.exec(page)![1]!.trim().split('\n').map((row) => row.slice(2, -2).split(' | '))

  test('the table has the rows that are tried here, and no other', () => {
    expect(rows.map(([what]) => what).sort()).toEqual(Object.keys(ways).sort())
  })

  test.each(rows)('%s: %s', async (what, shown) => {
    const [reason, ...tries] = ways[what!]!
    const tag = Array.isArray(reason) && reason !== told ? `['${reason[0]}'` : reason === told ? undefined : `'${reason as string}'`
    if (tag !== undefined) expect(shown).toContain(tag)
    for (const attempt of tries) expect(await attempt()).toEqual(reason)
  })
})
