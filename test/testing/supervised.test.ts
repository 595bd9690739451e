// A tree for one block, and the log of it.
import { afterAll, expect, test } from '@jest/globals'
import { Logger, Process, Supervisor } from 'starfish'
import { assertNoLeaks, captureLog, startSupervised } from '@starfish/testing'
import Counter from '../core/fixtures/counting.js'

afterAll(() => assertNoLeaks())

test('the tree is gone at the end of the block', async () => {
  let pid
  {
    await using tree = await startSupervised([[Counter, 0]], { strategy: 'one_for_all', name: 'Tree' })
    ;({ pid } = tree)
    expect(Process.whereis('Tree')).toBe(pid)
    expect(await Supervisor.countChildren(tree.pid)).toMatchObject({ active: 1 })
  }
  expect(Process.isAlive(pid)).toBe(false)
  expect(Process.whereis('Counter')).toBe(undefined)
})

test('it can be stopped before, and more than once', async () => {
  await using tree = await startSupervised([[Counter, 0]])
  await tree.stop()
  await tree.stop()
  expect(Process.isAlive(tree.pid)).toBe(false)
})

test('a child that does not start fails the start', async () => {
  using _log = captureLog()
  await expect(startSupervised([[Counter, 0], { id: 'again', start: [Counter, 1] }])).rejects.toMatchObject({ code: 'ERR_START' })
})

test('captureLog collects every event, writes none, and puts things back', () => {
  const lines: string[] = []
  const before = Logger.configure({ level: 'info', format: 'pretty', write: (line) => void lines.push(line) })
  {
    using outer = captureLog()
    Logger.debug('one', { a: 1 })
    {
      using inner = captureLog()
      Logger.error('two')
      expect(inner.events).toMatchObject([{ kind: 'text', level: 'error', message: 'two', pid: Process.self() }])
    }
    Logger.error('three')
    expect(outer.events).toMatchObject([{ level: 'debug', message: 'one', data: { a: 1 } }, { message: 'three' }])
  }
  expect(lines).toEqual([])
  Logger.info('four')
  expect(lines).toHaveLength(1)
  Logger.configure(before)
})
