// The Map that remembers its last answer, against a Map.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { LastMap } from '#core/process/last-map'

test('what it gives is what is in it', () => {
  const step = fc.tuple(fc.constantFrom('get' as const, 'get' as const, 'set' as const, 'delete' as const, 'clear' as const), fc.nat(1), fc.nat())
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (steps) => {
      const [map, model] = [new LastMap<number>(), new Map<number, number>()]
      for (const [what, key, value] of steps) {
        if (what === 'set') [map, model].forEach((one) => one.set(key, value))
        else if (what === 'get') expect(map.get(key)).toBe(model.get(key))
        else if (what === 'delete') expect(map.delete(key)).toBe(model.delete(key))
        else [map, model].forEach((one) => one.clear())
      }
      expect([...map]).toEqual([...model])
    }),
  )
})
