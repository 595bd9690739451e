// The mailbox against the simplest thing that does the same: an array.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Letter, Mailbox } from '#core/process/mailbox'

const letter = (n: number): Letter => ({ kind: 3, from: 0, tag: 0, body: n })
const number = ({ body }: Letter): number => body as number

type Step = readonly ['push' | 'shift' | 'putBack' | 'takeFirst' | 'takeAll', number]

test('letters come out in the order they went in, except those that are asked for', () => {
  const step: fc.Arbitrary<Step> = fc.tuple(
    fc.oneof({ weight: 4, arbitrary: fc.constant('push' as const) }, { weight: 3, arbitrary: fc.constant('shift' as const) }, fc.constantFrom('putBack' as const, 'takeFirst' as const, 'takeAll' as const)),
    fc.nat(9),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const box = new Mailbox()
      let model: number[] = []
      for (const [what, n] of steps) {
        if (what === 'push') {
          box.push(letter(n))
          model.push(n)
        } else if (what === 'shift') {
          const taken = box.shift()
          expect(taken && number(taken)).toBe(model.shift())
        } else if (what === 'putBack') {
          const taken = box.shift()
          if (taken) box.unshift(taken)
        } else if (what === 'takeFirst') {
          const taken = box.takeFirst((one) => number(one) > n)
          const at = model.findIndex((one) => one > n)
          expect(taken && number(taken)).toBe(at < 0 ? undefined : model.splice(at, 1)[0])
        } else {
          const before = model.length
          model = model.filter((one) => one !== n)
          expect(box.takeAll((one) => number(one) === n)).toBe(before - model.length)
        }
        expect(box.length).toBe(model.length)
        expect(box.peek(100).map(number)).toEqual(model)
      }
    }),
  )
})

test('a mailbox that is never empty stays small', () => {
  const box = new Mailbox()
  for (let i = 0; i < 10; i++) box.push(letter(i))
  for (let i = 10; i < 100_000; i++) {
    box.push(letter(i))
    box.shift()
  }
  expect(box.peek(100).map(number)).toEqual(Array.from({ length: 10 }, (_, i) => 99_990 + i))
  expect((box as unknown as { letters: unknown[] }).letters.length).toBeLessThan(5_000)
})
