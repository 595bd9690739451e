// The line between two threads, over a bare MessageChannel in one thread: what is posted when, in which order, and
// that what was sent is what arrives.
import { afterEach, expect, test } from '@jest/globals'
import { isDeepStrictEqual } from 'node:util'
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import fc from 'fast-check'
import { Channel, flushTurn } from '#core/wire/channel'
import { batchOfOne, Kind, Reader, type TakeWhole } from '#core/wire/envelope'
import { BytesLine, PortLine } from '#core/wire/line'

const ports: MessagePort[] = []
afterEach(() => ports.splice(0).forEach((port) => port.close()))

const letter = (body: unknown): unknown[] => batchOfOne(Kind.info, 1, 2, 0, body, false)

/** One end as the runtime holds it, the other bare, and a clock that stands still. */
function line() {
  const { port1, port2 } = new MessageChannel()
  ports.push(port1, port2)
  const clock = { now: 0 }
  const put = { off: 0 }
  const onReceipt = { do: (_body: unknown): void => undefined }
  const sent: [to: number, count: number][] = []
  const received: unknown[] = []
  const bodies: unknown[] = []
  const garbled: unknown[] = []
  const reader = new Reader((_kind, _to, _from, _tag, body) => void bodies.push(body))
  const channel = new Channel(
    new PortLine(port1), 7,
    { receive: (_kind, _to, _from, _tag, body) => (received.push(body), onReceipt.do(body)), sent: (to, count) => void sent.push([to, count]), now: () => clock.now, putOff: () => put.off, taking() {}, taken() {}, garbled: (error) => void garbled.push(error), unreadable: (error) => void garbled.push(error) },
  )
  const post = (body: unknown, transfer?: unknown[], to = 1): void => channel.post(Kind.info, to, 2, 0, body, transfer)
  /** The bodies of every message that has come out of the bare end since the last look, one list a message. */
  const arrived = (): unknown[][] => {
    const messages: unknown[][] = []
    for (let next = receiveMessageOnPort(port2); next; next = receiveMessageOnPort(port2)) {
      reader.read(next.message as unknown[])
      messages.push(bodies.splice(0))
    }
    return messages
  }
  return { channel, post, arrived, clock, put, onReceipt, sent, received, garbled, bare: port2 }
}

const endOfTurn = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve))

test('the first message of a turn is posted at once, the rest of the turn rides together', async () => {
  const { post, arrived } = line()
  for (const body of ['a', 'b', ['c', 1], 'd']) post(body)
  expect(arrived()).toEqual([['a']])
  await endOfTurn()
  expect(arrived()).toEqual([['b', ['c', 1], 'd']])
  post('e')
  expect(arrived()).toEqual([['e']])
})

test('what is to leave with the next leaves with it, before it, and at the end of the turn at the latest', async () => {
  const { channel, post, arrived } = line()
  const other = line()
  const withNext = (body: unknown): void => channel.postWithNext(Kind.report, 0, 2, 0, body)
  withNext({ last: 'words' })
  withNext('a')
  expect(arrived()).toEqual([])
  await endOfTurn()
  expect(arrived()).toEqual([[{ last: 'words' }, 'a']])
  withNext('b')
  post(new Map()) // travels alone
  expect(arrived()).toEqual([['b'], [new Map()]])
  await endOfTurn()
  withNext('c')
  flushTurn()
  expect(arrived()).toEqual([['c']])
  withNext('d')
  other.post('e')
  expect([arrived(), other.arrived()]).toEqual([[['d']], [['e']]])
})

test('what comes in is answered at once, twice, without an end of the turn; the rest rides together', async () => {
  const { post, arrived, bare, received } = line()
  const event = async (...answers: string[]): Promise<void> => {
    const before = received.length
    bare.postMessage(letter('ask'))
    while (received.length === before) await new Promise((resolve) => setImmediate(resolve))
    for (const answer of answers) post(answer)
  }
  await event('a', 'b', 'c', 'd')
  expect(arrived()).toEqual([['a'], ['b']])
  await endOfTurn()
  expect(arrived()).toEqual([['c', 'd']])
  // Where several were posted, several are expected.
  await event('e', 'f', 'g')
  expect(arrived()).toEqual([['e']])
  await endOfTurn()
  expect(arrived()).toEqual([['f', 'g']])
  await event('h')
  await endOfTurn()
  await event('i', 'j', 'k')
  expect(arrived()).toEqual([['h'], ['i'], ['j']])
  await endOfTurn()
  expect(arrived()).toEqual([['k']])
  // Not every turn begins with an event of ours: the first message of any other leaves at once too.
  await event('l')
  await endOfTurn()
  post('m')
  expect(arrived()).toEqual([['l'], ['m']])
})

test('a turn of many messages is posted in parcels of 256', async () => {
  const { post, arrived } = line()
  for (let i = 0; i < 600; i++) post(i)
  expect(arrived().map((bodies) => bodies.length)).toEqual([1, 256, 256])
  await endOfTurn()
  expect(arrived().map((bodies) => bodies.length)).toEqual([600 - 513])
})

test('in the middle of a long turn a message takes along what waits, a quarter of a millisecond after the last post', () => {
  const { post, arrived, clock } = line()
  post('a')
  post('b')
  clock.now = 0.25
  post('c')
  expect(arrived()).toEqual([['a']])
  clock.now = 0.26
  post('d')
  expect(arrived()).toEqual([['b', 'c', 'd']])
  post('e')
  expect(arrived()).toEqual([])
})

test('of many messages that wait, every eighth looks at the clock', () => {
  const { post, arrived, clock } = line()
  for (let i = 0; i < 12; i++) post(i)
  clock.now = 1
  for (let i = 12; i < 17; i++) post(i)
  expect(arrived().map((bodies) => bodies.length)).toEqual([1, 16])
})

test('flushTurn posts what waits, before something that may take its time', () => {
  const one = line()
  const other = line()
  for (const { post } of [one, other]) for (const body of ['a', 'b']) post(body)
  flushTurn()
  expect([one.arrived(), other.arrived()]).toEqual([[['a'], ['b']], [['a'], ['b']]])
})

test('order is kept, whatever is sent, however it has to travel', async () => {
  const value = fc.oneof(fc.integer(), fc.string(), fc.constant(undefined), fc.array(fc.integer(), { maxLength: 80 }), fc.date({ noInvalidDate: true }).map((date) => [date]), fc.constant('flush'))
  await fc.assert(
    fc.asyncProperty(fc.array(value, { maxLength: 400 }), async (bodies) => {
      const { channel, post, arrived } = line()
      for (const body of bodies) {
        if (body === 'flush') channel.flush()
        else post(body)
      }
      await endOfTurn()
      expect(arrived().flat()).toEqual(bodies.filter((body) => body !== 'flush'))
    }),
    { numRuns: 30 },
  )
})

test('a transferred object is moved, with its message, in its place', async () => {
  const { post, arrived } = line()
  const buffer = new ArrayBuffer(8)
  post('a')
  post('b')
  post(['c', buffer], [buffer])
  post('d')
  expect(buffer.byteLength).toBe(0)
  await endOfTurn()
  const messages = arrived()
  expect(messages.map(([first]) => (Array.isArray(first) ? first[0] : first))).toEqual(['a', 'b', 'c', 'd'])
  expect((messages[2]![0] as [string, ArrayBuffer])[1].byteLength).toBe(8)
})

test('what arrives is what was sent, not what became of it afterwards', async () => {
  const { post, arrived } = line()
  const message: [string, { n: number; list: number[] }] = ['state', { n: 1, list: [1] }]
  post('first')
  post(message)
  message[1].n = 2
  message[1].list.push(2)
  post(message)
  message[0] = 'changed'
  await endOfTurn()
  expect(arrived().flat()).toEqual(['first', ['state', { n: 1, list: [1] }], ['state', { n: 2, list: [1, 2] }]])
})

test('two messages share nothing at the receiver', async () => {
  const { post, arrived } = line()
  const shared = { n: 1 }
  post('first')
  post(['a', shared])
  post(['b', shared])
  await endOfTurn()
  const [, [, one], [, other]] = arrived().flat() as [string, [string, object], [string, object]]
  expect(one).not.toBe(other)
})

test.each([
  ['an array with properties', Object.assign(['a'], { index: 3 })],
  ['an array with holes', [1, , 3]], // eslint-disable-line no-sparse-arrays
  ['undefined in an object', { a: undefined }],
  ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 })],
  ['a getter', { get a() { return 1 } }],
  ['a key named __proto__', JSON.parse('{"__proto__": {"a": 1}}') as unknown],
  ['one object in two places', ((part) => [part, part])({ a: 1 })],
  ['a class instance', new (class Point { x = 1 })()],
  ['a Map', new Map([['a', 1]])],
  ['-0, NaN and a bigint', [-0, NaN, 10n]],
])('%s arrives the same at once or in a batch', async (_, body) => {
  const { post, arrived } = line()
  post(body)
  post('between')
  post(body)
  await endOfTurn()
  const [first, , batched] = arrived().flat() as unknown[]
  expect(batched).toStrictEqual(first)
  expect(Object.keys(batched as object)).toEqual(Object.keys(first as object))
})

test('a message that cannot be copied throws, names the place, and disturbs no other', async () => {
  const { post, arrived } = line()
  post('a')
  post('b')
  expect(() => post(['click', { items: [1, { onClick() {} }] }])).toThrow(
    expect.objectContaining({ code: 'ERR_NOT_CLONEABLE', message: expect.stringContaining('message[1].items[1].onClick is a function') as unknown }),
  )
  expect(() => post(() => {})).toThrow(expect.objectContaining({ message: expect.stringContaining('message is a function') as unknown }))
  post('c')
  await endOfTurn()
  expect(arrived().flat()).toEqual(['a', 'b', 'c'])
})

test('runs of entries to one receiver, and entries to many, arrive each as it was posted', async () => {
  const entry = fc.record({ kind: fc.constantFrom(Kind.cast, Kind.info), to: fc.nat(2), from: fc.nat(1), tag: fc.nat(3), body: fc.nat() })
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 300 }), async (entries) => {
      const { channel, bare } = line()
      const taken: unknown[] = []
      const other = new Channel(new PortLine(bare), 8, { receive: (kind, to, from, tag, body) => void taken.push({ kind, to, from, tag, body }), sent() {}, now: () => 0, putOff: () => 0, taking() {}, taken() {}, garbled() {}, unreadable() {} })
      for (const { kind, to, from, tag, body } of entries) channel.post(kind, to, from, tag, body)
      await endOfTurn()
      other.drain()
      expect(taken).toEqual(entries)
    }),
    { numRuns: 30 },
  )
})

test('words that come again and again, and words too many or too long to remember, arrive as they are', async () => {
  const word = fc.oneof(fc.constantFrom('inc', 'add', 'x'.repeat(32), 'x'.repeat(33), ''), fc.nat(400).map((n) => `word ${n}`))
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(word, fc.oneof(fc.nat(), fc.string(), fc.boolean(), fc.constant(null))), { maxLength: 1000 }), async (pairs) => {
      const { post, arrived } = line()
      for (const pair of pairs) post(pair)
      await endOfTurn()
      expect(arrived().flat()).toEqual(pairs)
    }),
    { numRuns: 20 },
  )
})

/** What comes out of one end of a line of either kind, for what was posted into the other in one turn. */
async function through(Line: typeof PortLine | typeof BytesLine, entries: readonly Entry[], takesWhole: boolean): Promise<Entry[]> {
  const { port1, port2 } = new MessageChannel()
  ports.push(port1, port2)
  const taken: Entry[] = []
  const rest = { sent() {}, now: () => 0, putOff: () => 0, taking() {}, taken() {}, unreadable: (error: unknown): never => { throw error as Error } }
  const whole: TakeWhole = (to, block) => taken.push(...block.rest().map(({ kind, from, tag, body }): Entry => [kind, to, from, tag, body])) > 0
  const garbled = (error: unknown): never => { throw error as Error }
  const from = new Channel(new Line(port1), 7, { receive() {}, garbled, ...rest })
  const to = new Channel(new Line(port2), 8, { receive: (...entry) => void taken.push(entry.slice(0, 5) as Entry), garbled, ...(takesWhole && { receiveBlock: whole }), ...rest })
  for (const entry of entries) from.post(...entry)
  await endOfTurn()
  to.drain()
  return taken
}
type Entry = [kind: number, to: number, from: number, tag: unknown, body: unknown]

test.each([['a port, one by one', PortLine, false], ['a port', PortLine, true], ['bytes', BytesLine, true]] as const)('numbers arrive as they are, however many come in a row, over %s', async (_, Line, takesWhole) => {
  const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(-0, NaN, -Infinity, 2 ** 53, Number.MIN_VALUE))
  const value = fc.oneof({ weight: 200, arbitrary: number }, { weight: 1, arbitrary: fc.oneof(fc.string(), fc.bigInt(), fc.boolean(), fc.constant(null)) })
  const body = fc.constantFrom<(value: unknown) => unknown>((one) => one, (one) => ['add', one], (one) => ['set', one])
  // Runs: many entries of one head, the first of them cast, answered, or called.
  const run = fc.tuple(fc.constantFrom(Kind.cast, Kind.call, Kind.reply), fc.nat(1), body, fc.array(value, { maxLength: 300, size: 'max' }))
  await fc.assert(
    fc.asyncProperty(fc.array(run, { maxLength: 4 }), async (runs) => {
      const entries = runs.flatMap(([kind, to, bodyOf, values]) => values.map((one, i): Entry => [kind, to, 2, kind === Kind.cast ? 0 : i + 1, bodyOf(one)]))
      const taken = await through(Line, entries, takesWhole)
      expect(taken.length).toBe(entries.length)
      // Not by toEqual, which takes a second for all of them.
      expect(entries.findIndex((entry, i) => !isDeepStrictEqual(taken[i], entry))).toBe(-1)
    }),
    { numRuns: 30 },
  )
})

test('a long run of numbers is posted as one block, which the next one of its length does not change', () => {
  const { channel, bare, sent } = line()
  const cast = (body: unknown): void => channel.post(Kind.cast, 1, 2, 0, body)
  const posted = (): unknown[][] => {
    const posts: unknown[][] = []
    for (let next = receiveMessageOnPort(bare); next; next = receiveMessageOnPort(bare)) posts.push(next.message as unknown[])
    return posts
  }
  cast(['add', 0])
  for (let n = 1; n <= 600; n++) cast(['add', n])
  const [, first, second] = posts(posted())
  expect([first, second].map((values) => values!.filter((_, i) => i % 2 === 1))).toEqual([Array.from({ length: 256 }, (_, i) => 1 + i), Array.from({ length: 256 }, (_, i) => 257 + i)])
  expect(sent).toEqual([[1, 1], [1, 256], [1, 256]])
  channel.flush()
  posted()
  // Neither a short one, nor one in which there is anything else.
  for (let n = 0; n < 10; n++) cast(n)
  channel.flush()
  for (let n = 0; n < 100; n++) cast(n === 50 ? 'fifty' : n)
  channel.flush()
  for (let n = 0; n < 100; n++) channel.post(Kind.cast, n % 2, 2, 0, n)
  channel.flush()
  for (const post of posted()) expect(post.filter((part) => typeof part === 'object')).toEqual([])
})

/** The numbers of each post that ends in a block of them. */
const posts = (all: readonly unknown[][]): (number[] | undefined)[] => all.map((post) => (ArrayBuffer.isView(post.at(-1)) ? [...(post.at(-1) as Float64Array)] : undefined))

// The form of a block is 512, without tags 256 more.
test.each<[string, unknown[]]>([
  ['no block', [Kind.info | 768, 1, 2, 3]],
  ['an empty block', [Kind.info | 768, 1, 2, 0, new Float64Array(0)]],
  ['an array for a block', [Kind.info | 768, 1, 2, 1, [7]]],
  ['another kind of block', [Kind.info | 768, 1, 2, 1, new Int32Array(1)]],
  ['a block that is too short', [Kind.info | 768, 1, 2, 2, new Float64Array(1)]],
  ['a block that is too long', [Kind.info | 768, 1, 2, 1, new Float64Array(2)]],
])('%s is refused', (_, batch) => {
  const { bare, channel, garbled, received } = line()
  bare.postMessage(batch)
  channel.drain()
  expect([garbled.length, received]).toEqual([1, []])
})

test('an error within a message is an error again, at once or after others, and its neighbours are what they were', async () => {
  const { post, arrived } = line()
  const failed = (): unknown => ['failed', Object.assign(new RangeError('too far'), { code: 'E_FAR' })]
  for (const body of [failed(), 'a', failed(), ['b', 1]]) post(body)
  await endOfTurn()
  const [first, a, second, b] = arrived().flat()
  for (const body of [first, second]) expect(body).toEqual(['failed', expect.objectContaining({ name: 'RangeError', message: 'too far', code: 'E_FAR' })])
  expect([a, b]).toEqual(['a', ['b', 1]])
})

test('the letters for each process are counted as they are posted, other entries are not', async () => {
  const { channel, post, sent } = line()
  for (const to of [1, 1, 2, 2, 1]) post('x', undefined, to)
  channel.post(Kind.link, 9, 1, 0, 0)
  await endOfTurn()
  expect(sent).toEqual([[1, 1], [1, 1], [2, 2], [1, 1]])
})

test('what waits in another channel was said before: it is posted first', async () => {
  const control = line()
  const direct = line()
  control.post('a')
  control.post('monitor')
  direct.post('die')
  expect([control.arrived(), direct.arrived()]).toEqual([[['a'], ['monitor']], [['die']]])
})

test('drain takes in what has arrived without waiting; close takes in the last words and posts its own', async () => {
  const { channel, post, received, arrived, bare } = line()
  bare.postMessage([...letter('a'), ...letter('b')])
  bare.postMessage(letter('c'))
  channel.drain()
  expect(received).toEqual(['a', 'b', 'c'])
  bare.postMessage(letter('d'))
  post('x')
  post('y')
  channel.close()
  expect(received).toEqual(['a', 'b', 'c', 'd'])
  expect(arrived().flat()).toEqual(['x', 'y'])
  post('z')
  channel.close()
  expect(arrived()).toEqual([])
})

test('one event brings everything that waits, 64 messages more at a time', async () => {
  const { received, bare } = line()
  for (let i = 0; i < 200; i++) bare.postMessage(letter(i))
  let turns = 0
  while (received.length < 200) {
    await new Promise((resolve) => setImmediate(resolve))
    turns++
  }
  expect(received).toEqual(Array.from({ length: 200 }, (_, i) => i))
  expect(turns).toBeLessThan(200)
})

test('what a message put off comes before the next message', async () => {
  const { received, bare, put, onReceipt } = line()
  onReceipt.do = (body) => {
    if (body !== 3) return
    put.off++
    queueMicrotask(() => received.push('put off by 3'))
  }
  for (let i = 0; i < 6; i++) bare.postMessage(letter(i))
  while (received.length < 7) await new Promise((resolve) => setImmediate(resolve))
  expect(received).toEqual([0, 1, 2, 3, 'put off by 3', 4, 5])
})
