// What one side can write and the other cannot read: nothing waits for it for ever, and nobody dies of it.
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals'
import { GenServer, Process } from 'starfish'
import { assertNoLeaks, captureLog, type CapturedLog, down, receive } from '@starfish/testing'
import Deep from '../fixtures/deep.js'

let log: CapturedLog
beforeEach(() => {
  log = captureLog()
})
afterEach(() => log[Symbol.dispose]())
afterAll(() => assertNoLeaks())

const lost = (): string[] => log.events.flatMap((event) => (event.kind === 'text' ? [event.message] : []))

test('an answer that nests too deep is the failure of its call, and the server lives', async () => {
  await using server = await GenServer.start(Deep, null)
  await expect(GenServer.call(server, 'ask', { timeout: Infinity })).rejects.toMatchObject({ code: 'ERR_NOT_CLONEABLE', message: expect.stringContaining('Maximum call stack size exceeded') })
  expect(await GenServer.call(server, 'get')).toBe('there')
  expect(lost()).toEqual([expect.stringMatching(/^a message from thread \d+ was lost: it could not be read here: /)])
})

test.each([false, true])('a message that nests too deep is lost, and said to be; what comes after it arrives. The sender ends: %j', async (ends) => {
  const { pid } = await GenServer.start(Deep, null)
  const end = ends ? down(pid) : undefined
  GenServer.cast(pid, ['send', { to: Process.self(), ends }])
  expect(await receive('after')).toEqual(['after', pid])
  expect(lost()).toHaveLength(1)
  expect(await end).toEqual(ends ? ['process_exit', 3] : undefined)
  if (!ends) await GenServer.stop(pid)
})

test('the main thread, which is busy meanwhile, takes it in when it looks for the answer to a call that is late', async () => {
  await using server = await GenServer.start(Deep, null)
  GenServer.cast(server, ['send', { to: Process.self(), ends: false }])
  const call = GenServer.call(server, 'get', { timeout: 5 })
  const until = performance.now() + 50
  while (performance.now() < until); // the timer of the call is due before anything is read
  await call.then((value) => expect(value).toBe('there'), (error: unknown) => expect(error).toMatchObject({ code: 'ERR_NOT_CLONEABLE' }))
  await receive('after')
  expect(lost()).toHaveLength(1)
})

test.each(['a function', 'objects', 'throws'] as const)('an error whose stack is %s ends the server like any other', async (how) => {
  const { pid } = await GenServer.start(Deep, null)
  const end = down(pid)
  await expect(GenServer.call(pid, ['fail', how], { timeout: Infinity })).rejects.toMatchObject({ code: 'ERR_CALL_EXIT' })
  expect(await end).toEqual(['error', expect.objectContaining({ message: 'as told' })])
})
