// Signal order between two processes, and the last words of a process before its DOWN (otp-semantics R78).
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { GenServer, Process } from 'starfish'
import { assertNoLeaks, captureLog, type CapturedLog, down } from '@starfish/testing'
import { Sender, Talker } from '../fixtures/traffic.js'

let log: CapturedLog
beforeAll(() => {
  log = captureLog()
})
afterAll(async () => {
  log[Symbol.dispose]()
  await assertNoLeaks()
})

/** Fails unless these are `count` messages and exit signals, numbered in the order of their arrival. */
function expectNumbers(taken: readonly (readonly unknown[])[], count: number): void {
  const numbers = taken.map((message) => (message[0] === 'EXIT' ? (message[2] as [string, number])[1] : message[1]))
  const wrong = numbers.findIndex((n, i) => n !== i)
  expect({ count: numbers.length, wrong, around: wrong < 0 ? [] : numbers.slice(Math.max(0, wrong - 3), wrong + 3) }).toEqual({ count, wrong: -1, around: [] })
}

const patient = { timeout: Infinity }
const hosts = ['thread', 'main'] as const

test.each(hosts.flatMap((a) => hosts.map((b) => [a, b] as const)))('from %s to %s: thousands of messages and signals arrive in the order they were sent', async (hostA, hostB) => {
  await using a = await GenServer.start(Talker, undefined, { host: hostA })
  await using b = await GenServer.start(Talker, undefined, { host: hostB })
  await GenServer.call(a, ['talk', { to: b.pid, count: 5_000 }], patient)
  expectNumbers(await GenServer.call(a, ['ask', b.pid], patient), 5_000)
})

// More often in `npm run prove`.
test('two that speak to each other for the first time at the same moment keep the order both ways', async () => {
  for (let round = 0; round < (process.env['STARFISH_PROOF'] === 'full' ? 20 : 5); round++) {
    await using a = await GenServer.start(Talker, undefined)
    await using b = await GenServer.start(Talker, undefined)
    await Promise.all([GenServer.call(a, ['talk', { to: b.pid, count: 2_000 }], patient), GenServer.call(b, ['talk', { to: a.pid, count: 2_000 }], patient)])
    expectNumbers(await GenServer.call(a, ['ask', b.pid], patient), 2_000)
    expectNumbers(await GenServer.call(b, ['ask', a.pid], patient), 2_000)
  }
}, 120_000)

test.each([
  ['throw', 'acquainted', 300], ['throw', 'strangers', 300],
  ['reject', 'acquainted', 300], ['exit', 'acquainted', 300], ['exit', 'strangers', 300],
  ['stop', 'acquainted', 300], ['stop', 'strangers', 300], ['timer', 'acquainted', 600], ['kill', 'acquainted', 300],
] as const)('everything it said comes before its DOWN and its EXIT: %s, %s', async (how, known, count) => {
  for (const host of hosts) {
    await using recorder = await GenServer.start(Talker, undefined, { host })
    const sender = await GenServer.start(Sender, recorder.pid)
    if (known === 'acquainted') await GenServer.call(sender, 'meet')
    await GenServer.call(recorder.pid, ['watch', sender.pid])
    const end = down(sender.pid)
    GenServer.cast(sender, ['lastWords', how])
    await end
    const taken = await GenServer.call<unknown[][]>(recorder.pid, 'taken')
    expectNumbers(taken.slice(0, -1), count)
    expect(taken.at(-1)).toEqual(['DOWN', expect.anything(), sender.pid, expect.anything()])
  }
})

test.each(['throw', 'exit', 'stop', 'kill'] as const)('and before the DOWN that the main program gets: %s', async (how) => {
  const sender = await GenServer.start(Sender, Process.self())
  const ref = Process.monitor(sender.pid)
  GenServer.cast(sender, ['lastWords', how])
  const got: (readonly unknown[])[] = []
  do got.push(await Process.receive((message) => message[0] === 'number' || message[0] === 'DOWN'))
  while (got.at(-1)![0] !== 'DOWN')
  expectNumbers(got.slice(0, -1), 300)
  expect(got.at(-1)).toEqual(['DOWN', ref, sender.pid, expect.anything()])
})

test.each(hosts)('on %s: what a process sends itself comes before what another answers to what it sent then, however busy it is', async (host) => {
  await using other = await GenServer.start(Talker, undefined)
  await using talker = await GenServer.start(Talker, undefined, { host })
  for (let i = 0; i < 20; i++) expect(await GenServer.call(talker, ['meet', other.pid], patient)).toEqual(['mine', 'theirs'])
})
