// Programs that would start processes without end: refused, with the remedy.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { GenServer, Process } from 'starfish'
import { assertNoLeaks, captureLog, type CapturedLog, receive } from '@starfish/testing'
import { Nesting } from '../fixtures/nesting.js'

let log: CapturedLog
beforeAll(() => {
  log = captureLog()
})
afterAll(async () => {
  log[Symbol.dispose]()
  await assertNoLeaks()
})

test('a start at the top level of a file that a worker is loading', async () => {
  const { started } = require('../fixtures/starts-at-top-level.js') as typeof import('../fixtures/starts-at-top-level.js')
  const error = await started.then(() => undefined, (failed: Error & { cause: Error }) => failed)
  expect(error).toMatchObject({ code: 'ERR_START', reason: ['undef', { code: 'ERR_START_WHILE_LOADING' }] })
  expect(error!.cause.message).toMatch(/starts-at-top-level.* starts Breeder at its top level.*a file of its own.*isMainThread/)
})

test('processes that start each other in a chain without end', async () => {
  const failed = await GenServer.start(Nesting, { report: Process.self(), host: 'main', level: 1 }, { host: 'main' }).catch((error: unknown) => error)
  const [, level, code, message] = await receive('refused')
  expect([level, code]).toEqual([101, 'ERR_NESTED_TOO_DEEP'])
  expect(message).toContain('not at the top level of a module')
  expect(failed).toMatchObject({ code: 'ERR_START' })
})
