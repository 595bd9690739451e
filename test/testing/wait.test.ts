// What tests wait with: deaths, messages, restarts, and what each says when it waits in vain.
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals'
import { GenServer, Process, Supervisor } from 'starfish'
import { assertNoLeaks, captureLog, down, expectNoMessage, receive, restarted, startSupervised, sync, virtualClock, type CapturedLog } from '@starfish/testing'
import Counter from '../core/fixtures/counting.js'
import Scripted, { doing } from '../core/fixtures/scripted.js'

let log: CapturedLog
beforeEach(() => void (log = captureLog()))
afterEach(() => log[Symbol.dispose]())
afterAll(() => assertNoLeaks())

const start = (host: 'thread' | 'main' = 'main') => GenServer.start(Counter, 0, { host, name: null })

test('down gives the reason, by pid and by handle, of several at once', async () => {
  const [one, two] = [await start('thread'), await start()]
  const deaths = Promise.all([down(one), down(two.pid)])
  Process.exit(one.pid, 'kill')
  Process.exit(two.pid, ['boom', 1])
  expect(await deaths).toEqual(['killed', ['boom', 1]])
  expect(await down(one)).toBe('noproc')
})

test('down that waits in vain names the process', async () => {
  await using server = await start()
  await expect(down(server, { timeout: 1 })).rejects.toThrow(`the end of ${server.pid} did not happen: no matching message came within 1 ms`)
})

test('receive takes the next message with a tag, or that a function wants, and leaves the others', async () => {
  const self = Process.self()
  Process.send(self, ['b', 1])
  Process.send(self, 'a')
  Process.send(self, ['b', 2])
  expect(await receive('a')).toBe('a')
  expect(await receive((message) => message[1] === 2)).toEqual(['b', 2])
  expect(await receive('b')).toEqual(['b', 1])
  const coming = receive('c')
  Process.send(self, ['c', 3])
  expect(await coming).toEqual(['c', 3])
})

test('receives wait side by side', async () => {
  const both = Promise.all([receive('x'), receive('y')])
  Process.send(Process.self(), 'y')
  Process.send(Process.self(), 'x')
  expect(await both).toEqual(['x', 'y'])
})

test('receive that waits in vain says for what', async () => {
  await expect(receive('never', { timeout: 1 })).rejects.toThrow('a message never did not happen: no matching message came within 1 ms')
})

test('receive on a virtual clock gives up when its time has come', async () => {
  using clock = virtualClock()
  const wait = receive('never').catch((error: Error) => error.message)
  await clock.advance(10_000)
  expect(await wait).toContain('no matching message came within 10000 ms')
})

test('a question that throws fails its receive, and nobody else', async () => {
  const failing = receive((message) => message.no.such.thing)
  const other = receive('hello')
  Process.send(Process.self(), 'hello')
  await expect(failing).rejects.toThrow(TypeError)
  expect(await other).toBe('hello')
})

test('expectNoMessage fails when one has come, and shows it; it takes no time', async () => {
  using _clock = virtualClock()
  await expectNoMessage('late')
  Process.send(Process.self(), ['late', { a: 1 }])
  await expect(expectNoMessage('late')).rejects.toThrow("there was a message [ 'late', { a: 1 } ]")
  await expectNoMessage('late')
  Process.send(Process.self(), 'plain')
  await expect(expectNoMessage((message) => message.no.such.thing)).rejects.toThrow(TypeError)
  await receive('plain')
})

test('restarted gives the new pid', async () => {
  await using tree = await startSupervised([[Counter, 5]])
  const before = Process.whereis('Counter')!
  Process.exit(before, 'kill')
  const after = await restarted(tree.pid, 'Counter', before)
  expect(after).not.toBe(before)
  expect(Process.whereis('Counter')).toBe(after)
})

test('restarted of a child that does not come back says so', async () => {
  await using tree = await startSupervised([{ id: 'once', start: [Counter, 5], restart: 'temporary' }, { id: 'unless clean', start: [Scripted, { witness: Process.self() }], restart: 'transient' }])
  const once = Process.whereis('Counter')!
  Process.exit(once, 'kill')
  await expect(restarted(tree.pid, 'once', once)).rejects.toThrow('the supervisor has no child once any more')
  const [child] = await Supervisor.whichChildren(tree.pid)
  GenServer.cast(child!.pid as never, doing('a', ['stop', 'normal']))
  await expect(restarted(tree.pid, 'unless clean', child!.pid as never)).rejects.toThrow('the supervisor did not start child unless clean again')
})

test('restarted of a child that does not die says so', async () => {
  await using tree = await startSupervised([[Counter, 5]])
  const pid = Process.whereis('Counter')!
  await expect(restarted(tree.pid, 'Counter', pid, { timeout: 1 })).rejects.toThrow(`the end of ${pid} did not happen`)
})

test('sync settles when what was sent before is handled', async () => {
  await using server = await start('thread')
  for (let i = 0; i < 50; i++) GenServer.cast(server, 'inc')
  await sync(server)
  expect(await GenServer.call(server, 'get', { timeout: 1000 })).toBe(50)
})
