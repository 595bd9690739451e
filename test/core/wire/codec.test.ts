// How reasons and errors travel: encoded, through a structured clone, decoded.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeTerm, encodeTerm } from '#core/wire/codec'
import { callError } from '#core/process/pending-call'
import { formatReason } from '#core/term/format'
import { sameReason } from '#core/term/reason'
import { ChildError, exitReasonOf, ExitError, StarfishError, StartError, UsageError } from '#core/term/errors'

/** What the other side gets. */
const travel = <T = any>(value: unknown): T => decodeTerm(structuredClone(encodeTerm(value))) as T

class QuotaError extends Error {
  override name = 'QuotaError'
  readonly code = 'E_QUOTA'
  readonly limit = { bytes: 10, paths: ['/a'] }
  readonly big = 10n ** 30n
  readonly since = new Date(0)
}

test('a custom error keeps name, message, stack, code and its own fields', () => {
  const error = new QuotaError('too much')
  const back = travel<QuotaError>(error)
  expect(back).toBeInstanceOf(Error)
  expect([back.name, back.message, back.stack, back.code]).toEqual(['QuotaError', 'too much', error.stack, 'E_QUOTA'])
  expect([back.limit, back.big, back.since]).toEqual([error.limit, error.big, error.since])
  expect(String(back)).toBe('QuotaError: too much')
})

test('a name and a code that the class has and not the error itself', () => {
  class Gone extends Error {
    get code(): string {
      return 'E_GONE'
    }
  }
  Gone.prototype.name = 'Gone'
  expect(travel(new Gone('x'))).toMatchObject({ name: 'Gone', code: 'E_GONE', message: 'x' })
  expect(travel(new DOMException('stop', 'AbortError'))).toMatchObject({ name: 'AbortError', code: 20, message: 'stop' })
})

test.each([TypeError, RangeError, SyntaxError, EvalError, ReferenceError, URIError, Error])('%p comes back as itself', (Class) => {
  const back = travel<Error>(new Class('x'))
  expect(back).toBeInstanceOf(Class)
  expect(back.constructor).toBe(Class)
})

test('causes, however deep, and causes that are no errors', () => {
  const back = travel<Error>(new Error('a', { cause: new TypeError('b', { cause: Object.assign(new Error('c'), { code: 'E_C', cause: ['data', { n: 1 }] }) }) }))
  expect(back.cause).toBeInstanceOf(TypeError)
  expect((back.cause as Error).cause).toMatchObject({ message: 'c', code: 'E_C', cause: ['data', { n: 1 }] })
  expect(Object.keys(back)).not.toContain('cause')
})

test('an AggregateError keeps its errors', () => {
  const back = travel<AggregateError>(new AggregateError([new QuotaError('a'), new TypeError('b'), 'c'], 'all failed'))
  expect([back.name, back.message]).toEqual(['AggregateError', 'all failed'])
  expect(back.errors).toEqual([expect.objectContaining({ name: 'QuotaError', code: 'E_QUOTA' }), expect.any(TypeError), 'c'])
})

test('an error anywhere in a reason', () => {
  const reason = travel<any[]>(['shutdown', ['failed_to_start_child', 'a', ['error', new QuotaError('x')]], { also: new TypeError('y') }])
  expect(reason[1][2][1]).toMatchObject({ name: 'QuotaError', code: 'E_QUOTA' })
  expect(reason[2].also).toBeInstanceOf(TypeError)
})

test('our own errors come back as their class, by code', () => {
  const errors = [
    new UsageError('ERR_BAD_ARGUMENT', 'expected a'),
    new StarfishError('ERR_RECEIVE_TIMEOUT', 'no message'),
    new StartError(['error', new QuotaError('x')], 'Counter', { cause: new QuotaError('x') }),
    new ChildError('not_found', 'terminateChild'),
    new ExitError(['shutdown', 1]),
    callError(['error', new QuotaError('x')], ['GenServer', 'call', ['Counter', 'get', 5000]]),
  ]
  for (const error of errors) {
    const back = travel<StarfishError>(error)
    expect(back.constructor).toBe(error.constructor)
    expect([back.code, back.message, back.name, back.stack]).toEqual([error.code, error.message, error.name, error.stack])
    expect(exitReasonOf(back)).toEqual(exitReasonOf(error))
  }
  expect(travel<StartError>(errors[2])).toMatchObject({ reason: ['error', { code: 'E_QUOTA' }], cause: { code: 'E_QUOTA' } })
  expect(travel(errors[5])).toMatchObject({ reason: ['error', { code: 'E_QUOTA' }], call: ['GenServer', 'call', ['Counter', 'get', 5000]] })
})

test('an error of somebody else that has one of our codes stays what it is', () => {
  for (const code of ['ERR_CALL_TIMEOUT', 'ERR_START', 'ERR_EXIT', 'ERR_BAD_ARGUMENT', 'toString', '__proto__']) {
    const back = travel(Object.assign(new TypeError('theirs'), { code }))
    expect(back).toBeInstanceOf(TypeError)
    expect(back).toMatchObject({ name: 'TypeError', message: 'theirs', code })
  }
})

test.each([
  ['a function', () => 1],
  ['a symbol', Symbol('x')],
  ['a promise', Promise.resolve()],
  ['a socket-like object', Object.assign(Object.create({ write() {} }) as object, { on() {} })],
  ['a function in a list', [1, [() => 1]]],
  ['a function in an object', { a: { b: () => 1 } }],
])('%s among an error\'s fields does not lose the error', (_, field) => {
  const back = travel<Error & { field: unknown; kept: number }>(Object.assign(new Error('x'), { field, kept: 1 }))
  expect(back).toMatchObject({ message: 'x', kept: 1 })
  expect(back).toHaveProperty('field')
})

test('a field that throws when it is read does not lose the error', () => {
  const error = Object.defineProperty(new Error('x'), 'field', { enumerable: true, get: () => { throw new Error('no') } })
  expect(travel(error)).toMatchObject({ message: 'x' })
})

test('circles end', () => {
  const error: Error & { self?: unknown } = new Error('x')
  error.cause = error
  error.self = { error }
  expect(travel<Error>(error).message).toBe('x')
})

test('a field with many cross-references takes no time worth speaking of', () => {
  const nodes: Record<string, unknown>[] = Array.from({ length: 40 }, (_, id) => ({ id }))
  for (const node of nodes) for (const other of nodes) node[`to${other['id']}`] = other
  expect(travel(Object.assign(new Error('x'), { nodes }))).toMatchObject({ message: 'x' })
})

test('what has nothing to do with errors passes unchanged', () => {
  for (const value of ['normal', 3, null, undefined, ['a', { b: [1, 2] }], new Map([['a', 1]]), new Uint8Array([1]), new Date(5)]) expect(travel(value)).toEqual(value)
})

test('whatever a reason is made of, it arrives as it was, and what arrived travels on unchanged', () => {
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.constant(undefined), fc.bigInt(), fc.constant('#PID<0.1.2>'), fc.date({ noInvalidDate: true }))
  const plain = (depth: number): fc.Arbitrary<unknown> =>
    depth === 0 ? leaf : fc.oneof(leaf, fc.array(plain(depth - 1), { maxLength: 3 }), fc.dictionary(fc.string(), plain(depth - 1), { maxKeys: 3, noNullPrototype: true }))
  const error = fc
    .record({ Class: fc.constantFrom(Error, TypeError, RangeError), message: fc.string(), code: fc.option(fc.string(), { nil: undefined }), detail: plain(2), cause: fc.option(plain(1), { nil: undefined }) })
    .map(({ Class, message, code, detail, cause }) => Object.assign(new Class(message, cause === undefined ? {} : { cause }), code === undefined ? {} : { code }, { detail }))
  const reason = fc.oneof(fc.string(), fc.tuple(fc.constantFrom('error', 'shutdown', 'exit'), fc.oneof(plain(3), error, fc.tuple(fc.constant('failed_to_start_child'), fc.string(), error))))
  fc.assert(
    fc.property(reason, (one) => {
      const back = travel(one)
      expect(back).toEqual(one)
      expect(sameReason(back, one) || !isFlat(one)).toBe(true)
      expect(formatReason(back)).toBe(formatReason(one))
      expect(travel(back)).toEqual(back)
      expect(structuredClone(encodeTerm(back))).toEqual(structuredClone(encodeTerm(one)))
    }),
  )
})

/** Whether a reason holds nothing but text, numbers, errors and lists of them, which are compared by what they say. */
const isFlat = (one: unknown): boolean =>
  Array.isArray(one) ? one.every(isFlat) : typeof one !== 'object' || one === null || one instanceof Error
