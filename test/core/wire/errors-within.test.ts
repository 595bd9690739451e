// Errors inside of messages keep what they are; everything else stays as it was.
import { expect, test } from '@jest/globals'
import { packErrors, unpackErrors } from '#core/wire/errors-within'

class Quota extends Error {
  override name = 'Quota'
  readonly code = 'E_QUOTA'
  constructor(readonly left: number) {
    super(`${left} left`, { cause: new TypeError('deeper') })
  }
}

function travel(body: unknown): unknown {
  const packed = packErrors(body)
  const copy = structuredClone(packed)
  return packed === body ? copy : unpackErrors(copy)
}

test.each([
  ['alone', new Quota(1)],
  ['as a payload', ['failed', new Quota(2)]],
  ['in a list of several', { results: [1, new Quota(3), 'x'], at: new Date(0) }],
])('an error %s keeps its name, code, cause and own fields', (_, body) => {
  const found: Quota[] = []
  JSON.stringify(travel(body), (_key, value: unknown) => (value instanceof Error ? void found.push(value as Quota) : value))
  expect(found).toMatchObject([{ name: 'Quota', code: 'E_QUOTA', left: expect.any(Number), cause: { name: 'TypeError', message: 'deeper' } }])
})

test.each([['a pair', ['inc', 1]], ['text', 'get'], ['a map', new Map([[1, { a: 2 }]])], ['nothing', null], ['a tree', { a: [{ b: [1, 2] }] }]])('%s travels as it is', (_, body) => {
  expect(packErrors(body)).toBe(body)
  expect(travel(body)).toEqual(body)
})

test('what is round stays round', () => {
  const body: unknown[] = ['x', new Quota(4)]
  body.push(body)
  const back = travel(body) as unknown[]
  expect(back[1]).toMatchObject({ code: 'E_QUOTA' })
  expect(Array.isArray(back[2])).toBe(true)
})

test('values around an error are not looked into without end', () => {
  const body = Array.from({ length: 1000 }, (_, i) => ({ i }))
  expect(packErrors(body)).toBe(body)
})

test.each([{ '$starfish.error': true }, { '$starfish.error': true, name: 'x' }, { '$starfish.error': 1, name: 'x', message: 'y', fields: {} }])('%j is no error: it stays as it is, beside one that is', (like) => {
  const [first, second] = unpackErrors(structuredClone(packErrors([like, new Error('real')]))) as [unknown, Error]
  expect([first, second.message]).toEqual([like, 'real'])
})
