// The calls of a thread that wait: each death finds those that waited for the dead, the oldest first, however many have
// come and gone since.
import { afterAll, expect, test } from '@jest/globals'
import { GenServer, Process, Sys } from 'starfish'
import { assertNoLeaks, captureLog } from '@starfish/testing'
import { Lived, PendingCalls } from '#core/process/calls'
import { PendingCall } from '#core/process/pending-call'
import Counter from '../fixtures/counter.js'

afterAll(() => assertNoLeaks())

/** More than stand in the ring. */
const MANY = 10_000

test.each([['the youngest', [MANY]], ['the oldest', [1]], ['some', [1, 2, 4096, 4097, 5904, 5905, MANY]], ['none', []]])('a death finds %s of the calls that wait', async (_, waiting) => {
  const calls = new PendingCalls(() => undefined)
  const settled: number[] = []
  const reasons: Promise<unknown>[] = []
  for (let i = 1; i <= MANY; i++) {
    const tag = calls.nextTag()
    calls.add(new PendingCall(tag, waiting.includes(tag) ? 7 : 8, 1, (value) => {
      settled.push(tag)
      reasons.push(Promise.resolve(value).catch((error: unknown) => (error as { reason: unknown }).reason))
    }, 'GenServer.call', 'server', 'message', 0), Infinity)
    if (!waiting.includes(tag)) calls.reply(tag, 'answer')
  }
  settled.length = reasons.length = 0
  expect(calls.size).toBe(waiting.length)
  calls.targetDied(7, 'gone', Lived.served)
  expect(settled).toEqual(waiting)
  expect(calls.size).toBe(0)
  expect(await Promise.all(reasons)).toEqual(waiting.map(() => 'gone'))
})

test('the error of a call that a death or a timeout leaves open says where the call was made', async () => {
  using _log = captureLog()
  const server = await GenServer.start(Counter, 0, { name: null })
  async function hereIsTheCall(timeout: number): Promise<unknown> {
    return await GenServer.call(server, 'get', { timeout })
  }
  await Sys.suspend(server)
  for (const [timeout, then] of [[1, () => undefined], [5000, () => Process.exit(server.pid, 'kill')]] as const) {
    const call = hereIsTheCall(timeout).catch((error: unknown) => (error as Error).stack!)
    then()
    expect(String(await call).split('\n')[1]).toMatch(/^ {4}at (async )?hereIsTheCall /)
  }
})
