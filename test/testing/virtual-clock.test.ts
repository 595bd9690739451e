// Time that passes when the test says so.
import { afterAll, expect, test } from '@jest/globals'
import { GenServer, Process } from 'starfish'
import { assertNoLeaks, expectNoMessage, receive, sync, virtualClock } from '@starfish/testing'
import Counter from '../core/fixtures/counting.js'
import Postman from '../core/fixtures/postman.js'

afterAll(() => assertNoLeaks())

const timeoutOf = (call: Promise<unknown>): Promise<string> => call.then(() => 'answered', (error: { code: string }) => error.code)

test('timers fire when their time has come, in order, each with its consequences', async () => {
  using clock = virtualClock()
  const self = Process.self()
  Process.sendAfter(self, ['b', 2], 2000)
  Process.sendAfter(self, ['a', 1], 1000)
  await expectNoMessage('a')
  await clock.advance(999)
  await expectNoMessage('a')
  await clock.advance(1)
  expect(await receive('a', { timeout: 0 })).toEqual(['a', 1])
  expect(clock.now).toBe(1000)
  await clock.advance(10_000)
  expect(await receive('b', { timeout: 0 })).toEqual(['b', 2])
  expect(clock.now).toBe(11_000)
})

test('a timer may set another, which fires in the same advance', async () => {
  using clock = virtualClock()
  const at: number[] = []
  void (async () => {
    for (let i = 0; i < 3; i++) {
      Process.sendAfter(Process.self(), 'tick', 100)
      await receive('tick')
      at.push(clock.now)
    }
  })()
  await clock.advance(1000)
  expect(at).toEqual([100, 200, 300])
})

test('what was sent before is handled before time passes', async () => {
  using clock = virtualClock()
  await using server = await GenServer.startLink(Counter, 0, { host: 'main' })
  GenServer.cast(server, 'inc')
  const answer = GenServer.call(server, 'get', { timeout: 1 })
  await clock.advance(1)
  expect(await answer).toBe(1)
})

test('a cancelled timer does not fire', async () => {
  using clock = virtualClock()
  const timer = Process.sendAfter(Process.self(), 'tick', 100)
  await clock.advance(40)
  expect(Process.cancelTimer(timer)).toBe(60)
  await clock.advance(1000)
  await expectNoMessage('tick')
})

test('calls before, on and after a virtual clock time out, each on its own', async () => {
  await using server = await GenServer.startLink(Postman, undefined, { host: 'main' })
  const hold = (): Promise<string> => timeoutOf(GenServer.call(server, 'hold', { timeout: 30 }))
  expect(await hold()).toBe('ERR_CALL_TIMEOUT')
  {
    const real = hold()
    using clock = virtualClock()
    const virtual = hold()
    expect(await real).toBe('ERR_CALL_TIMEOUT')
    await clock.advance(29)
    await sync(server)
    expect(await Promise.race([virtual, Promise.resolve('open')])).toBe('open')
    await clock.advance(1)
    expect(await virtual).toBe('ERR_CALL_TIMEOUT')
  }
  expect(await hold()).toBe('ERR_CALL_TIMEOUT')
})
