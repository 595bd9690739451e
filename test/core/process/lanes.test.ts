// Calls time out in the order they were made, never early, and however many timeouts there are, few timers are set.
import { afterAll, expect, test } from '@jest/globals'
import { assertNoLeaks } from '@starfish/testing'
import { type Clock, installClock, realNow, type TimerHandle } from '#core/process/clock'
import { Lanes } from '#core/process/lanes'
import { PendingCall } from '#core/process/pending-call'

afterAll(() => assertNoLeaks())

const pending = (tag: number): PendingCall => new PendingCall(tag, 0, 0, () => undefined, 'GenServer.call', 'server', 'message', 0)

/** A clock that only counts: how many timers are set, and how many of them keep the program alive. */
function countingClock() {
  const timers = new Map<TimerHandle, { callback: () => void; held: boolean }>()
  let now = 0
  const clock: Clock = {
    now: () => now,
    setTimeout(callback) {
      const timer = { callback, held: true }
      const handle: TimerHandle = { ref: () => (timer.held = true), unref: () => (timer.held = false) }
      timers.set(handle, timer)
      return handle
    },
    clearTimeout: (timer) => void timers.delete(timer!),
  }
  return {
    clock,
    get set() {
      return timers.size
    },
    get held() {
      return [...timers.values()].filter((timer) => timer.held).length
    },
    fire(at: number) {
      now = at
      const due = [...timers.values()]
      timers.clear()
      for (const { callback } of due) callback()
    },
  }
}

test('ten thousand timeouts that nobody waits for any more leave few timers, and none that holds the program', () => {
  const counting = countingClock()
  const restore = installClock(counting.clock)
  try {
    const lanes = new Lanes(() => undefined)
    for (let i = 0; i < 10_000; i++) {
      const call = pending(i)
      lanes.of(1 + i / 7).add(call)
      call.lane!.remove(call)
    }
    expect(counting.set).toBeLessThan(100)
    expect(counting.held).toBe(0)
    const waiting = Array.from({ length: 300 }, (_, i) => pending(i))
    waiting.forEach((call, i) => lanes.of(5000 + i).add(call))
    expect(counting.held).toBe(300)
    waiting.forEach((call) => call.lane!.remove(call))
    expect(counting.set).toBeLessThan(100)
    expect(counting.held).toBe(0)
  } finally {
    restore()
  }
})

test('calls expire in the order they were made, when their time is over and not before', () => {
  const counting = countingClock()
  const restore = installClock(counting.clock)
  const expired: number[] = []
  try {
    const lanes = new Lanes((call) => {
      call.lane!.remove(call)
      expired.push(call.tag)
    })
    for (const tag of [1, 2, 3]) lanes.of(99.5).add(pending(tag))
    const answered = pending(4)
    lanes.of(99.5).add(answered)
    answered.lane!.remove(answered)
    counting.fire(50)
    expect(expired).toEqual([])
    lanes.of(99.5).add(pending(5))
    counting.fire(100)
    expect(expired).toEqual([1, 2, 3])
    counting.fire(150)
    expect(expired).toEqual([1, 2, 3, 5])
    expect(counting.set).toBeLessThanOrEqual(1)
  } finally {
    restore()
  }
})

test('on the real clock the time of a call begins at the next look, which all share that were made before it', () => {
  const lanes = new Lanes(() => undefined)
  const [first, second, third] = [pending(1), pending(2), pending(3)]
  const lane = lanes.of(60_000)
  const before = realNow()
  lane.add(first)
  lane.add(second)
  expect(first.made).toBe(second.made)
  expect(first.made!.at).toBe(Infinity)
  const looked = realNow()
  lane.add(third)
  expect([first.made!.at, looked >= before]).toEqual([looked, true])
  expect(third.made).not.toBe(first.made)
  for (const call of [first, second, third]) lane.remove(call)
  lane.close()
})
