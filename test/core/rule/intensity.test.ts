// How many restarts a supervisor grants (otp-semantics R1, R2).
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { addRestart, type Intensity } from '#core/rule/intensity'

/** Whether each of the restarts at these times (ms) is granted. */
function grants(times: readonly number[], limit: Intensity): boolean[] {
  let restarts: readonly number[] = []
  return times.map((now) => {
    const granted = addRestart(restarts, now, limit)
    restarts = granted.restarts
    return granted.allowed
  })
}

test.each([
  ['three restarts are granted, the fourth is not', [0, 0, 0, 0], 3, 5, [true, true, true, false]],
  ['none is granted where none is allowed', [0], 0, 5, [false]],
  ['a restart counts while its second is at most the period ago', [0, 5_999], 1, 5, [true, false]],
  ['and no longer', [0, 6_000], 1, 5, [true, true]],
  ['whole seconds: 1.0 s apart within two neighbouring seconds', [50, 1_250], 1, 1, [true, false]],
  ['whole seconds: the same distance across three', [850, 2_050], 1, 1, [true, true]],
  ['a period of 0 is the second itself', [100, 900, 1_000], 1, 0, [true, false, true]],
  ['Infinity never ends it', Array.from({ length: 50 }, () => 0), Infinity, 5, Array.from({ length: 50 }, () => true)],
] as const)('%s', (_, times, maxRestarts, maxSeconds, expected) => {
  expect(grants(times, { maxRestarts, maxSeconds })).toEqual(expected)
})

test('behaves as OTP, which keeps every restart of the window and counts them', () => {
  const otp = (times: readonly number[], { maxRestarts, maxSeconds }: Intensity): boolean[] =>
    times.map((now, i) => {
      const second = Math.floor(now / 1000)
      return times.slice(0, i + 1).filter((time) => Math.floor(time / 1000) >= second - maxSeconds).length <= maxRestarts
    })
  const times = fc.array(fc.nat(2_500), { maxLength: 40 }).map((steps) => steps.reduce<number[]>((all, step) => [...all, (all.at(-1) ?? 0) + step], []))
  fc.assert(
    fc.property(times, fc.nat(6), fc.nat(6), (at, maxRestarts, maxSeconds) => {
      expect(grants(at, { maxRestarts, maxSeconds })).toEqual(otp(at, { maxRestarts, maxSeconds }))
    }),
  )
})

test('keeps no more than it needs', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(10_000)), fc.nat(5), (times, maxRestarts) => {
      let restarts: readonly number[] = []
      for (const now of times.sort((a, b) => a - b)) restarts = addRestart(restarts, now, { maxRestarts, maxSeconds: 100 }).restarts
      expect(restarts.length).toBeLessThanOrEqual(maxRestarts + 1)
    }),
  )
})
