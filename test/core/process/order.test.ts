// Signal order between two processes, and the last words of a process before its DOWN (otp-semantics R78).
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { GenServer, type Pid, Process } from 'starfish'
import { assertNoLeaks, captureLog, type CapturedLog, down } from '@starfish/testing'
import { Recorder, Sender } from '../fixtures/traffic.js'

let log: CapturedLog
beforeAll(() => {
  log = captureLog()
})
afterAll(async () => {
  log[Symbol.dispose]()
  await assertNoLeaks()
})

/** The numbers in messages and in the reasons of exit signals, as one text: a difference is found at a glance. */
const numbersIn = (taken: unknown[][]): string => taken.map((message) => (message[0] === 'EXIT' ? (message[2] as [string, number])[1] : message[1])).join()
const upTo = (count: number): string => Array.from({ length: count }, (_, n) => n).join()

/** What a recorder has taken once it has taken so much: our question and what others send it come by different ways. */
async function takenBy(recorder: Pid, count: number): Promise<unknown[][]> {
  for (;;) {
    const taken = await GenServer.call<unknown[][]>(recorder, 'taken')
    if (taken.length >= count) return taken
  }
}

const hosts = ['thread', 'main'] as const

test.each(hosts.flatMap((a) => hosts.map((b) => [a, b] as const)))('from %s to %s: thousands of messages and signals arrive in the order they were sent', async (hostA, hostB) => {
  await using recorder = await GenServer.start(Recorder, undefined, { host: hostB })
  await using sender = await GenServer.start(Sender, recorder.pid, { host: hostA })
  await GenServer.call(sender, ['mix', 5_000])
  expect(numbersIn(await takenBy(recorder.pid, 5_000)) === upTo(5_000)).toBe(true)
})

test('two that meet for the first time, each in the middle of speaking to the other, keep the order both ways', async () => {
  await using one = await GenServer.start(Recorder, undefined)
  await using other = await GenServer.start(Recorder, undefined)
  await using toOther = await GenServer.start(Sender, other.pid)
  await using toOne = await GenServer.start(Sender, one.pid)
  await Promise.all([GenServer.call(toOther, ['mix', 2_000]), GenServer.call(toOne, ['mix', 2_000])])
  for (const recorder of [one, other]) {
    expect(numbersIn(await takenBy(recorder.pid, 2_000)) === upTo(2_000)).toBe(true)
  }
})

test.each([
  ['throw', 'acquainted', 300], ['throw', 'strangers', 300],
  ['reject', 'acquainted', 300], ['exit', 'acquainted', 300], ['exit', 'strangers', 300],
  ['stop', 'acquainted', 300], ['stop', 'strangers', 300], ['timer', 'acquainted', 600], ['kill', 'acquainted', 300],
] as const)('everything it said comes before its DOWN and its EXIT: %s, %s', async (how, known, count) => {
  for (const host of hosts) {
    await using recorder = await GenServer.start(Recorder, undefined, { host })
    const sender = await GenServer.start(Sender, recorder.pid)
    if (known === 'acquainted') await GenServer.call(sender, 'meet')
    await GenServer.call(recorder.pid, ['watch', sender.pid])
    const end = down(sender.pid)
    GenServer.cast(sender, ['lastWords', how])
    await end
    const taken = await GenServer.call<unknown[][]>(recorder.pid, 'taken')
    expect(taken.slice(0, -1).map(([, n]) => n).join()).toEqual(Array.from({ length: count }, (_, n) => n % 300).join())
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
  expect(got.slice(0, -1).map(([, n]) => n).join()).toBe(upTo(300))
  expect(got.at(-1)).toEqual(['DOWN', ref, sender.pid, expect.anything()])
})
