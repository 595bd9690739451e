// Tasks of a TaskSupervisor in the threads of a pool: processes like all tasks, without threads of their own.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Process, Task, TaskSupervisor } from 'starfish'
import * as Pool from '@starfish/pool'
import { assertNoLeaks, captureLog, down, gate, startSupervised, type Supervised } from '@starfish/testing'
import { bytes, exit, fail, square, stand, where } from './fixtures/tasks.js'
import Work from './fixtures/work.js'

let tree: Supervised

beforeAll(async () => {
  tree = await startSupervised([[Work, { maxThreads: 2, maxDeaths: 100 }], TaskSupervisor.spec({ name: 'Tasks', pool: Work })])
})
afterAll(async () => {
  await tree.stop()
  await assertNoLeaks()
})

test('results, in the threads of the pool', async () => {
  const tasks = await Promise.all([1, 2, 3].map((n) => TaskSupervisor.async('Tasks', square, n)))
  expect(await Task.awaitMany(tasks)).toEqual([1, 4, 9])
  const task = await TaskSupervisor.asyncNolink('Tasks', where, undefined)
  const [thread, self] = await Task.await(task)
  expect([self, thread === 0]).toEqual([task.pid, false])
  expect(await Task.await(await TaskSupervisor.async('Tasks', bytes, 3))).toEqual(new Uint8Array([1, 1, 1]))
})

test('a stream, with failures as outcomes', async () => {
  using _log = captureLog()
  const outcomes: unknown[] = []
  for await (const outcome of TaskSupervisor.asyncStreamNolink('Tasks', [1, 2, 3, 4], square, { maxConcurrency: 2 })) outcomes.push(outcome)
  expect(outcomes).toEqual([['ok', 1], ['ok', 4], ['ok', 9], ['ok', 16]])
  expect(await Task.yield(await TaskSupervisor.asyncNolink('Tasks', fail, 'E_NO'))).toEqual(['exit', ['error', expect.objectContaining({ name: 'RangeError', message: 'no', code: 'E_NO' })]])
  expect(await Task.yield(await TaskSupervisor.asyncNolink('Tasks', exit, 3))).toEqual(['exit', ['process_exit', 3]])
})

test('a task that is stopped, shut down or killed leaves its thread to others', async () => {
  using _log = captureLog()
  const start = async (at: ReturnType<typeof gate>) => {
    const task = await TaskSupervisor.asyncNolink('Tasks', stand, at)
    await gate.arrival(at)
    return task
  }
  expect(await Task.shutdown(await start(gate()))).toBe(undefined)
  const killed = await start(gate())
  Process.exit(killed.pid, 'kill')
  expect(await Task.yield(killed)).toEqual(['exit', 'killed'])
  const stopped = await start(gate())
  await TaskSupervisor.terminateChild('Tasks', stopped.pid!)
  expect(await Task.yield(stopped)).toEqual(['exit', 'shutdown'])
  expect(await Task.await(await TaskSupervisor.async('Tasks', square, 3))).toBe(9)
  expect(await Pool.info(Work)).toMatchObject({ running: [], queued: 0 })
})

test('the pool ends: so do its tasks, with its reason', async () => {
  using _log = captureLog()
  const at = gate()
  const task = await TaskSupervisor.asyncNolink('Tasks', stand, at)
  await gate.arrival(at)
  const pool = Process.whereis('Work')!
  const ended = down(pool)
  Process.exit(pool, 'kill')
  await ended
  expect(await Task.yield(task)).toMatchObject(['exit', ['killed', ['Task', 'run', {}]]])
  expect(await Task.await(await TaskSupervisor.async('Tasks', square, 4))).toBe(16)
})

test('misuse is told with a code', async () => {
  await expect(TaskSupervisor.startLink({ pool: 3 as never })).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
})
