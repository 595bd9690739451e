// The end of a test as one hook: everything is closed, the last first, also when something fails.
import { afterAll, expect, test } from '@jest/globals'
import { GenServer, Logger, Process, Supervisor } from 'starfish'
import { assertNoLeaks, captureLog, cleanup, startSupervised, virtualClock } from '@starfish/testing'
import Counter from '../core/fixtures/counting.js'

afterAll(() => assertNoLeaks())

test('trees are stopped, clocks and logs put back', async () => {
  const before = Logger.configure({})
  captureLog()
  const tree = await startSupervised([[Counter, 0]])
  virtualClock()
  await cleanup()
  expect(Process.isAlive(tree.pid)).toBe(false)
  expect(Logger.configure({})).toEqual(before)
  await expect(Process.receive(() => false, { timeout: 1 })).rejects.toMatchObject({ code: 'ERR_RECEIVE_TIMEOUT' }) // real ms
})

test('what the test has closed itself is left alone, and so is what cleanup has closed', async () => {
  const log = captureLog()
  const tree = await startSupervised([[Counter, 0]])
  await tree.stop()
  log[Symbol.dispose]()
  await cleanup()
  const lines: string[] = []
  const before = Logger.configure({ write: (line) => void lines.push(line) })
  const later = captureLog()
  await cleanup() // closes it
  Logger.info('said after the test')
  expect([lines.length, later.events.length]).toEqual([1, 0])
  Logger.configure(before)
})

test('what the test left running is its fault, and named; the next test begins with nothing', async () => {
  using log = captureLog()
  const tree = await Supervisor.startLink([[Counter, 0]], { strategy: 'one_for_one' })
  const { pid } = await GenServer.start(Counter, 0, { name: 'other' })
  await expect(cleanup()).rejects.toThrow(/^processes left: .*Counter .*other /)
  expect([Process.isAlive(tree.pid), Process.isAlive(pid), Process.whereis('Counter')]).toEqual([false, false, undefined])
  await cleanup()
  expect(log.events.filter(({ kind }) => kind === 'crash')).toEqual([])
})
