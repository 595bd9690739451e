// sendAfter, cancelTimer, readTimer: on a virtual clock in the main program, for real in a worker (otp-semantics R90).
import { afterAll, expect, test } from '@jest/globals'
import { GenServer, Process, type Ref } from 'starfish'
import { assertNoLeaks, expectNoMessage, receive, virtualClock } from '@starfish/testing'
import { startPuppet } from '../fixtures/puppet.js'

afterAll(() => assertNoLeaks())

test('a message comes when its time has come, in the order of time', async () => {
  using clock = virtualClock()
  const self = Process.self()
  Process.sendAfter(self, ['tick', 2], 200)
  Process.sendAfter(self, ['tick', 1], 100)
  Process.sendAfter(self, ['tick', 0], 0)
  await clock.advance(0)
  expect(await receive('tick')).toEqual(['tick', 0])
  await clock.advance(99)
  await expectNoMessage('tick')
  await clock.advance(1)
  expect(await receive('tick')).toEqual(['tick', 1])
  await clock.advance(1_000)
  expect(await receive('tick')).toEqual(['tick', 2])
})

test('readTimer and cancelTimer give the ms that are left, and false when it has fired or was cancelled', async () => {
  using clock = virtualClock()
  const timer = Process.sendAfter(Process.self(), 'tick', 100)
  await clock.advance(30)
  expect(Process.readTimer(timer)).toBe(70)
  expect(Process.cancelTimer(timer)).toBe(70)
  expect([Process.readTimer(timer), Process.cancelTimer(timer)]).toEqual([false, false])
  await clock.advance(1_000)
  await expectNoMessage('tick')

  const fired = Process.sendAfter(Process.self(), 'tick', 10)
  await clock.advance(10)
  expect([Process.readTimer(fired), Process.cancelTimer(fired), Process.cancelTimer('#Ref<0.0.0>' as Ref)]).toEqual([false, false, false])
  await receive('tick')
})

test('nothing happens when the receiver is dead by then, or its name nobody\'s', async () => {
  using clock = virtualClock()
  const puppet = await startPuppet({ host: 'main', name: 'short-lived' })
  Process.sendAfter(puppet.pid, 'tick', 10)
  Process.sendAfter('short-lived', 'tick', 10)
  await GenServer.stop(puppet.pid)
  await clock.advance(10)
})

test('a name is looked up when the time has come', async () => {
  using clock = virtualClock()
  Process.sendAfter('later', 'tick', 10)
  await using puppet = await startPuppet({ host: 'main', name: 'later' })
  await clock.advance(10)
  expect(await puppet.got()).toBe('tick')
})

test('a worker has timers of its own', async () => {
  await using puppet = await startPuppet()
  await puppet.act('sendAfter', puppet.pid, 'soon', 1)
  expect(await puppet.got()).toBe('soon')
  const timer = await puppet.act('sendAfter', puppet.pid, 'late', 100_000)
  expect(await puppet.act('readTimer', timer)).toBeGreaterThan(90_000)
  expect(await puppet.act('cancelTimer', timer)).toBeGreaterThan(90_000)
  expect(await puppet.act('cancelTimer', timer)).toBe(false)
  await puppet.act('sendAfter', Process.self(), 'to main', 0)
  expect(await receive('to main')).toBe('to main')
})

test.each([-1, NaN, Infinity, 2 ** 31, '5', undefined])('%j is no time', (ms) => {
  expect(() => Process.sendAfter(Process.self(), 'tick', ms as number)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
})

test('what is no process is refused when the timer is set', () => {
  expect(() => Process.sendAfter(undefined as never, 'tick', 1)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
})

test('the message is as it was when the timer was set, and refused then when it cannot be copied', async () => {
  const list = ['a']
  Process.sendAfter(Process.self(), ['copied', list], 0)
  list.push('b')
  expect(await receive((message) => Array.isArray(message) && message[0] === 'copied')).toEqual(['copied', ['a']])
  const refused = expect.objectContaining({ code: 'ERR_NOT_CLONEABLE', message: expect.stringContaining('message[1].call is a function') })
  expect(() => Process.sendAfter(Process.self(), ['x', { call: () => 1 }], 0)).toThrow(refused)
})
