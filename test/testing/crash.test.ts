// Crashes to order: each way to end gives its reason, and happens in its turn.
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals'
import { GenServer, Process } from 'starfish'
import { assertNoLeaks, captureLog, cleanup, crash, crashOn, down, receive, restarted, startSupervised, type Crash } from '@starfish/testing'
import Counter from '../core/fixtures/counting.js'

beforeEach(() => void captureLog())
afterEach(cleanup)
afterAll(() => assertNoLeaks())

test.each<[string, Crash, unknown]>([
  ['an error', new RangeError('no'), ['error', expect.objectContaining({ name: 'RangeError', message: 'no' })]],
  ['an error in a timer', 'uncaught', ['uncaught_exception', expect.objectContaining({ message: 'a crash to order' })]],
  ['process.exit', 'exit', ['process_exit', 1]],
  ['a kill', 'kill', 'killed'],
])('%s', async (_what, how, reason) => {
  const tree = await startSupervised([[Counter, 0]])
  const ref = Process.monitor(Process.whereis(Counter)!)
  const before = Process.whereis(Counter)
  expect(await crash(Counter, how)).toBe(before)
  expect(await receive('DOWN')).toEqual(['DOWN', ref, before, reason])
  expect(await restarted(tree, 'Counter', before!)).toBe(Process.whereis(Counter))
})

test('it has its turn after what was sent before', async () => {
  await startSupervised([[Counter, 0]])
  const first = GenServer.call(Counter, 'get')
  const gone = crash(Counter, 'exit')
  expect(await first).toBe(0)
  await gone
})

test('crashOn: at the third such message, and nobody answers it', async () => {
  const tree = await startSupervised([[Counter, 0]])
  await crashOn(Counter, 'get', 3)
  const before = Process.whereis(Counter)!
  GenServer.cast(Counter, 'inc')
  expect(await GenServer.call(Counter, 'get')).toBe(1)
  expect(await GenServer.call(Counter, 'get')).toBe(1)
  await expect(GenServer.call(Counter, 'get')).rejects.toMatchObject({ code: 'ERR_CALL_EXIT', reason: ['process_exit', 1] })
  await restarted(tree, 'Counter', before)
  expect(await GenServer.call(Counter, 'get')).toBe(0)
})

test('who is not there, or shares the main thread, is refused', async () => {
  await expect(crash('Nobody')).rejects.toThrow('expected a server to crash, got Nobody that is not alive')
  await GenServer.start(Counter, 0, { host: 'main', name: 'here' })
  await expect(crash('here', 'exit')).rejects.toThrow(/^expected a server with a thread of its own/)
  await expect(crashOn('here', 'get')).rejects.toThrow(/^expected a server with a thread of its own/)
  await crash('here')
})

test('intensity: one crash too many ends the supervisor', async () => {
  const tree = await startSupervised([[Counter, 0]], { maxRestarts: 1 })
  await restarted(tree, 'Counter', await crash(Counter))
  await crash(Counter)
  expect(await down(tree)).toBe('shutdown')
})
