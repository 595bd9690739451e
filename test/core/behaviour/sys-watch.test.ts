// Sys: what a server does, told to the log, to a process, to a loop, counted, kept, or given to a function. The order and
// the words are those of Erlang/OTP 25, sys.erl and gen_server.erl.
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Agent, GenServer, Logger, Process, Sys, type DebugFlag, type LoggerOptions, type SysEvent } from 'starfish'
import { assertNoLeaks, captureLog, down, expectNoMessage, receive } from '@starfish/testing'
import Account, { Discreet } from '../fixtures/accounts.js'
import { Cache } from '../fixtures/cache.js'
import Scripted from '../fixtures/scripted.js'
import Watched, { double, failingTeller, teller } from '../fixtures/watched.js'

const me = Process.self()
const without = ({ time, ...event }: SysEvent): object => {
  expect(Math.abs(Date.now() - time)).toBeLessThan(60_000)
  return event
}
const kinds = (events: readonly SysEvent[]): string[] => events.map(({ kind }) => kind)

let lines: string[]
let before: LoggerOptions
beforeEach(() => {
  lines = []
  before = Logger.configure({ level: 'info', format: 'pretty', write: (line) => void lines.push(line.slice(13)) })
})
afterEach(() => void Logger.configure(before))
afterAll(() => assertNoLeaks())

describe.each(['thread', 'main'] as const)('on %s', (host) => {
  const startLink = (debug?: readonly DebugFlag[]) => GenServer.startLink(Watched, 0, { host, ...(debug && { debug }) })

  test('a trace in the log reads as in OTP', async () => {
    await using server = await startLink()
    await Sys.trace(server, true)
    await GenServer.call(Watched, 'get')
    GenServer.cast(Watched, 'inc')
    await GenServer.call(Watched, 'later')
    await GenServer.call(Watched, ['add', 1])
    Process.send(server, 'tick')
    Process.send(server, ['unheard', { of: 1 }])
    await Sys.sync(server)
    await Sys.trace(server, false)
    await GenServer.call(Watched, 'get')
    expect(lines.filter((line) => !line.startsWith('[warn]'))).toEqual([
      `[info] *DBG* Watched got call 'get' from ${me}`,
      `[info] *DBG* Watched sent 0 to ${me}, new state 0`,
      "[info] *DBG* Watched got cast 'inc'",
      '[info] *DBG* Watched new state 1',
      `[info] *DBG* Watched got call 'later' from ${me}`,
      '[info] *DBG* Watched new state 1',
      `[info] *DBG* Watched got call [ 'add', 1 ] from ${me}`,
      `[info] *DBG* Watched sent 'added' to ${me}, new state 2`,
      "[info] *DBG* Watched got continue 'note'",
      '[info] *DBG* Watched new state 20',
      "[info] *DBG* Watched got 'tick'",
      '[info] *DBG* Watched new state 20',
      "[info] *DBG* Watched got [ 'unheard', { of: 1 } ]",
      '[info] *DBG* Watched new state 20',
    ])
  })

  test('a trace to a process is messages', async () => {
    await using server = await startLink()
    await Sys.trace(server, true, { to: me })
    await GenServer.call(Watched, 'get')
    GenServer.cast(Watched, 'inc')
    const events: SysEvent[] = []
    while (events.length < 4) {
      const [tag, pid, event] = (await receive((message) => message[0] === 'TRACE')) as unknown as [string, string, SysEvent]
      expect([tag, pid]).toEqual(['TRACE', server.pid])
      events.push(event)
    }
    expect(events.map(without)).toEqual([
      { kind: 'in', type: 'call', message: "'get'", from: me },
      { kind: 'out', reply: '0', to: me, state: '0' },
      { kind: 'in', type: 'cast', message: "'inc'" },
      { kind: 'noreply', state: '1' },
    ])
    await Sys.trace(server, false, { to: me })
    await GenServer.call(Watched, 'get')
    await expectNoMessage('TRACE')
  })

  test('statistics count messages and answers, and say how busy the loop was', async () => {
    await using server = await startLink()
    expect(await Sys.statistics(server)).toBeUndefined()
    await Sys.statistics(server, true)
    await GenServer.call(Watched, 'get')
    GenServer.cast(Watched, 'inc')
    await GenServer.call(Watched, 'later')
    await Sys.statistics(server, true) // begins nothing anew
    await Sys.getState(server)
    const statistics = (await Sys.statistics(server))!
    expect(statistics).toMatchObject({ messagesIn: 3, messagesOut: 1, eventLoop: { active: expect.any(Number), idle: expect.any(Number), utilization: expect.any(Number) } })
    expect(statistics.currentTime).toBeGreaterThanOrEqual(statistics.startTime)
    await Sys.statistics(server, false)
    expect(await Sys.statistics(server, 'get')).toBeUndefined()
  })

  test('a log keeps the last ten events, or as many as it was told to', async () => {
    await using server = await startLink()
    expect(await Sys.log(server)).toEqual([])
    await Sys.log(server, true)
    GenServer.cast(Watched, 'inc')
    for (let i = 0; i < 5; i++) await GenServer.call(Watched, 'get')
    const events = await Sys.log(server)
    expect(kinds(events)).toEqual(['in', 'out', 'in', 'out', 'in', 'out', 'in', 'out', 'in', 'out'])
    await Sys.log(server, 3)
    expect((await Sys.log(server, 'get')).map(without)).toEqual(events.slice(-3).map(without))
    expect((await Sys.getStatus(server)).log).toHaveLength(3)
    await GenServer.call(Watched, 'get')
    expect(await Sys.log(server)).toHaveLength(3)
    await Sys.log(server, false)
    expect(await Sys.log(server)).toEqual([])
  })

  test('a debug function gets each event and its own state, until it is done or taken out', async () => {
    await using server = await startLink()
    await Sys.install(server, 'short', teller, [me, 3])
    await Sys.install(server, 'long', teller, [me, 100])
    await Sys.install(server, 'long', teller, [me, 500]) // is there already
    GenServer.cast(Watched, 'inc')
    await GenServer.call(Watched, 'get')
    await Sys.remove(server, 'long')
    await Sys.remove(server, 'nobody')
    await GenServer.call(Watched, 'get')
    const told: unknown[] = []
    for (let i = 0; i < 7; i++) told.push((await receive('told')).slice(1))
    // The newest is told first.
    expect(told).toEqual([[100, 'in'], [3, 'in'], [99, 'noreply'], [2, 'noreply'], [98, 'in'], [1, 'in'], [97, 'out']].map((one) => ['Watched', ...one]))
    await expectNoMessage('told')
  })

  test('a debug function that fails is taken out, and the server goes on', async () => {
    await using server = await startLink()
    await Sys.install(server, 'bad', failingTeller, 0)
    expect(await GenServer.call(Watched, 'get')).toBe(0)
    expect(await GenServer.call(Watched, 'get')).toBe(0)
    expect(lines).toEqual(['[warn] debug function bad of Watched failed and was removed: RangeError: failed'])
  })

  test('noDebug ends all of it', async () => {
    await using server = await startLink(['trace', 'statistics', 'log'])
    await Sys.install(server, 'teller', teller, [me, 100])
    await Sys.noDebug(server)
    await GenServer.call(Watched, 'get')
    expect(lines).toEqual([])
    expect(await Sys.statistics(server)).toBeUndefined()
    expect(await Sys.log(server)).toEqual([])
    await expectNoMessage('told')
  })

  test('the start option watches from the first message', async () => {
    await using server = await startLink(['trace', 'statistics', ['log', 2]])
    await GenServer.call(Watched, 'get')
    GenServer.cast(Watched, 'inc')
    await Sys.sync(server)
    expect(lines).toHaveLength(4)
    expect(await Sys.statistics(server)).toMatchObject({ messagesIn: 2, messagesOut: 1 })
    expect(kinds(await Sys.log(server))).toEqual(['in', 'noreply'])
  })

  test('the report of a crash tells what the server did last, when it keeps a log', async () => {
    await using server = await startLink(['log'])
    Process.unlink(server.pid)
    await GenServer.call(Watched, 'get')
    GenServer.cast(Watched, 'fail')
    await down(server.pid)
    expect(lines[0]!.split('\n').slice(-4)).toEqual(['Last events:', `    got call 'get' from ${me}`, `    sent 0 to ${me}, new state 0`, "    got cast 'fail'"])
  })
})

describe('events to iterate over', () => {
  test('end with the server, in order, the last answer included', async () => {
    const server = await GenServer.startLink(Watched, 0)
    const events = await Sys.events(server)
    GenServer.cast(Watched, 'inc')
    await GenServer.call(Watched, 'end')
    const seen: SysEvent[] = []
    for await (const event of events) seen.push(event)
    expect(seen.map(without)).toEqual([
      { kind: 'in', type: 'cast', message: "'inc'" },
      { kind: 'noreply', state: '1' },
      { kind: 'in', type: 'call', message: "'end'", from: me },
      { kind: 'out', reply: "'bye'", to: me, state: '1' },
    ])
    expect(await events.next()).toEqual({ done: true, value: undefined })
  })

  test('end with a break, and the server is not watched any more', async () => {
    await using server = await GenServer.startLink(Watched, 0, { host: 'main' })
    const events = await Sys.events(server)
    GenServer.cast(Watched, 'inc')
    for await (const event of events) {
      expect(event).toMatchObject({ kind: 'in' })
      break
    }
    await GenServer.call(Watched, 'get')
    await expectNoMessage('TRACE')
    expect(await events.next()).toEqual({ done: true, value: undefined })
  })

  test('end for who waits for the next one, and at the end of a block', async () => {
    await using server = await GenServer.startLink(Watched, 0)
    const unread = Process.info(me)!.mailboxLength
    let waiting: Promise<unknown>
    {
      await using events = await Sys.events(server)
      waiting = events.next()
    }
    expect(await waiting).toEqual({ done: true, value: undefined })
    await GenServer.call(Watched, 'get')
    await expectNoMessage('TRACE')
    expect(Process.info(me)!.mailboxLength).toBe(unread)
  })

  test('of two who iterate, each has its own', async () => {
    await using server = await GenServer.startLink(Watched, 0)
    await using one = await Sys.events(server)
    await using two = await Sys.events(server)
    GenServer.cast(Watched, 'inc')
    const first = await one.next()
    expect(await two.next()).toEqual(first)
    await one.return()
    expect((await two.next()).value).toMatchObject({ kind: 'noreply' })
  })
})

test('a receiver with a thousand unread events is told how many it missed', async () => {
  await using server = await GenServer.startLink(Watched, 0)
  await using events = await Sys.events(server)
  // All sent at once, and the events of them not read until all are handled.
  const unread = Process.info(me)!.mailboxLength
  for (let i = 0; i < 600; i++) GenServer.cast(Watched, 'inc')
  await Sys.sync(server)
  let read = 0
  for (; Process.info(me)!.mailboxLength > unread; read++) await events.next()
  expect(read).toBeLessThan(1200)
  GenServer.cast(Watched, 'inc')
  expect((await events.next()).value).toMatchObject({ kind: 'in', missed: 1200 - read })
  expect((await events.next()).value).not.toHaveProperty('missed')
})

test('a receiver that is dead is forgotten', async () => {
  await using server = await GenServer.startLink(Watched, 0)
  const receiver = await GenServer.start(Scripted, { witness: me }, { host: 'main' })
  await Sys.trace(server, true, { to: receiver.pid })
  await GenServer.stop(receiver)
  expect(await GenServer.call(Watched, 'get')).toBe(0)
})

test('a server does not tell itself of itself', async () => {
  await using server = await GenServer.startLink(Watched, 0)
  await expect(Sys.trace(server, true, { to: server.pid })).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
})

test('what formatStatus hides is in no trace and in no log', async () => {
  await using server = await GenServer.startLink(Discreet as unknown as typeof Account, { owner: 'Eve', password: 'secret' }, { debug: ['trace', 'log'] })
  GenServer.cast(server, ['log', ['said', 'secret']])
  await Sys.sync(server)
  expect(JSON.stringify([lines.filter((line) => line.includes('*DBG*')), await Sys.log(server)])).not.toContain('secret')
  expect(lines).toContain("[info] *DBG* Discreet new state { owner: 'Eve', password: '***' }")
})

test('an agent is a server like any', async () => {
  await using server = await Agent.startLink(Cache, [], { debug: ['log', 'statistics'] })
  await Sys.sync(server)
  expect(await Sys.statistics(server)).toMatchObject({ messagesIn: 0 })
})

test('in JSON a trace is one line with the event', async () => {
  Logger.configure({ format: 'json', write: (line) => void lines.push(line) })
  await using server = await GenServer.startLink(Watched, 0, { debug: ['trace'] })
  GenServer.cast(server, 'inc')
  await Sys.sync(server)
  expect(JSON.parse(lines[0]!)).toEqual({
    time: expect.any(String), level: 'info', kind: 'trace', pid: server.pid, name: 'Watched', event: { kind: 'in', time: expect.any(Number), type: 'cast', message: "'inc'" },
  })
})

test('what is not understood is refused where it is written', async () => {
  using _ = captureLog()
  await using server = await GenServer.startLink(Watched, 0, { host: 'main' })
  const refused = { code: 'ERR_BAD_ARGUMENT' }
  for (const debug of ['trace', ['loud'], [['log', 0]], [['log', 1.5]]]) await expect(GenServer.start(Watched, 0, { debug: debug as never })).rejects.toMatchObject(refused)
  await expect(Process.spawn(double as never, 0)).rejects.toMatchObject(refused)
  await expect(Sys.log(server, 0)).rejects.toMatchObject(refused)
  await expect(Sys.trace(server, 'yes' as never)).rejects.toMatchObject(refused)
  await expect(Sys.trace(server, true, { to: 'Watched' as never })).rejects.toMatchObject(refused)
  await expect(Sys.statistics(server, 'yes' as never)).rejects.toMatchObject(refused)
  await expect(Sys.install(server, 'x', 1 as never, 0)).rejects.toMatchObject(refused)
})
