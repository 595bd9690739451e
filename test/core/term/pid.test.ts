// Pids: text for users, numbers for the runtime, one for each process for ever.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { formatPid, generationOf, isPid, parsePid, processId, SLOTS, slotOf } from '#core/term/pid'

const slot = fc.nat(SLOTS - 1)
const generation = fc.nat(2 ** 31 - 1)

test('text and number say the same', () => {
  fc.assert(
    fc.property(slot, generation, (s, g) => {
      const id = processId(s, g)
      expect([slotOf(id), generationOf(id)]).toEqual([s, g])
      expect(parsePid(formatPid(id))).toBe(id)
      expect(isPid(formatPid(id))).toBe(true)
    }),
  )
})

test.each(['', 'Counter', '#PID<0.1>', '#PID<1.2.3>', '#PID<0.1.2> ', '#PID<0.-1.2>', '#PID<0.123456.1>'])('%j is no pid', (text) => {
  expect(isPid(text)).toBe(false)
  expect(parsePid(text)).toBeUndefined()
})

test.each([undefined, null, 3, {}, ['#PID<0.1.2>']])('%j is no pid', (value) => {
  expect(isPid(value)).toBe(false)
})
