// The client of a definition, the definition as plain functions, and the handle of a start.
import { afterAll, expect, test } from '@jest/globals'
import { GenServer, noreply, ok, Process, reply, stop } from 'starfish'
import { assertNoLeaks, captureLog } from '@starfish/testing'
import Counter from '../fixtures/counting.js'

afterAll(() => assertNoLeaks())

test('its methods are the calls and casts of the definition', async () => {
  await using server = await GenServer.startLink(Counter, 1)
  const counter = GenServer.client(Counter)
  expect(Object.keys(counter)).toEqual(['get', 'bump', 'echo', 'maybe', 'inc', 'set'])
  expect(counter.inc()).toBe(true)
  expect(await counter.get()).toBe(2)
  expect(await counter.bump(3)).toBe(5)
  counter.set(9)
  expect(await counter.get()).toBe(9)
  expect(await GenServer.client(Counter, server).get()).toBe(9)
  expect(await GenServer.client(Counter, server.pid).get()).toBe(9)
})

test('a payload goes as it is: lists, undefined, nothing', async () => {
  await using _server = await GenServer.startLink(Counter, 1)
  const counter = GenServer.client(Counter)
  expect(await counter.echo([1, 2])).toEqual([1, 2])
  expect(await counter.echo([])).toEqual([])
  expect(await counter.echo(['tag', 1])).toEqual(['tag', 1])
  expect(await counter.maybe()).toBe('undefined')
  expect(await counter.maybe(undefined)).toBe('undefined')
  expect(await counter.maybe(4)).toBe('4')
})

test('its options are those of its calls', async () => {
  await expect(GenServer.client(Counter, 'nobody', { timeout: 3 }).get()).rejects.toMatchObject({ exitReason: ['noproc', ['GenServer', 'call', ['nobody', 'get', 3]]] })
})

test('a cast to nobody is silent, a call is not', async () => {
  const counter = GenServer.client(Counter)
  counter.inc()
  await expect(counter.get()).rejects.toMatchObject({ code: 'ERR_CALL_NOPROC' })
})

test('the client can be destructured and awaited like any object', async () => {
  await using _server = await GenServer.startLink(Counter, 1)
  const { get } = await Promise.resolve(GenServer.client(Counter))
  expect(await get()).toBe(1)
})

test('handlers are plain functions, to be tested without a process', () => {
  expect(Counter.init(3, {} as never)).toEqual(ok(3))
  expect(Counter.handleCall.bump(1, 2)).toEqual(reply(3, 3))
  expect(Counter.handleCast.inc(1)).toEqual(noreply(2))
  expect(reply(1, 2, { timeout: 5 })).toMatchObject({ reply: 1, state: 2, timeout: 5 })
  expect(stop('normal', undefined, 1)).not.toEqual(stop('normal', 1))
})

test('a handle is its pid where one is wanted, prints as it, and stops the server at the end of its block', async () => {
  let pid
  {
    await using server = await GenServer.startLink(Counter, 1)
    ;({ pid } = server)
    expect(`${server}`).toBe(pid)
    expect(JSON.stringify({ server })).toBe(JSON.stringify({ server: pid }))
    expect(await GenServer.call(server, 'get')).toBe(1)
    expect(GenServer.whereis(Counter)).toBe(pid)
  }
  expect(Process.isAlive(pid)).toBe(false)
  expect(GenServer.whereis('Counter')).toBe(undefined)
})

test('a handle of a server that is gone already is disposed of in peace', async () => {
  using _log = captureLog()
  await using server = await GenServer.start(Counter, 1)
  await GenServer.stop(server, 'gone')
})
