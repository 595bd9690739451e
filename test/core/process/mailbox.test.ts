// The mailbox against the simplest thing that does the same: an array.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Block } from '#core/wire/block'
import { type Letter, Mailbox } from '#core/process/mailbox'

const letter = (n: number): Letter => ({ kind: 3, from: 0, tag: 0, body: n })
const number = ({ body }: Letter): number => (Array.isArray(body) ? body[1] : body) as number

/** A block of letters of one of its four forms. */
function blockOf(numbers: readonly number[], form: number): Block {
  const [isTagged, isPairs] = [form % 2 === 1, form > 1]
  const parts = numbers.flatMap((n) => [...(isTagged ? [7] : []), ...(isPairs ? [1] : []), n])
  return new Block(3, 0, Float64Array.from(parts), isTagged, isPairs ? ['other', 'word'] : undefined)
}

type Step = readonly ['push' | 'pushBlock' | 'shift' | 'takeFirst' | 'takeAll' | 'peek', number]

test('letters come out in the order they went in, except those that are asked for', () => {
  const step: fc.Arbitrary<Step> = fc.tuple(
    fc.oneof({ weight: 4, arbitrary: fc.constant('push' as const) }, { weight: 3, arbitrary: fc.constant('shift' as const) }, fc.constantFrom('pushBlock' as const, 'takeFirst' as const, 'takeAll' as const, 'peek' as const)),
    fc.nat(9),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const box = new Mailbox()
      let model: number[] = []
      for (const [what, n] of steps) {
        if (what === 'push') {
          box.push(letter(n))
          model.push(n)
        } else if (what === 'shift') {
          const taken = box.shift()
          expect(taken && number(taken)).toBe(model.shift())
        } else if (what === 'pushBlock') {
          const numbers = Array.from({ length: n + 1 }, (_, i) => (n + i) % 10)
          box.pushBlock(blockOf(numbers, n % 4))
          model.push(...numbers)
        } else if (what === 'takeFirst') {
          const taken = box.takeFirst((one) => number(one) > n)
          const at = model.findIndex((one) => one > n)
          expect(taken && number(taken)).toBe(at < 0 ? undefined : model.splice(at, 1)[0])
        } else if (what === 'peek') {
          expect(box.peek(n).map(number)).toEqual(model.slice(0, n))
        } else {
          const before = model.length
          model = model.filter((one) => one !== n)
          expect(box.takeAll((one) => number(one) === n)).toBe(before - model.length)
        }
        expect(box.length).toBe(model.length)
      }
      expect(box.peek(Infinity).map(number)).toEqual(model)
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
  expect((box as unknown as { items: unknown[] }).items.length).toBeLessThan(5_000)
})
