// Tasks under a supervisor: a tree knows them and stops them (task/supervisor.ex).
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals'
import { GenServer, type Pid, Process, type Started, Sys, Task, TaskSupervisor } from 'starfish'
import { assertNoLeaks, captureLog, type CapturedLog, down, expectNoMessage, receive } from '@starfish/testing'
import { Announces, Computes, type Item, Obeys, Owner } from '../fixtures/tasks.js'

let log: CapturedLog
beforeEach(() => void (log = captureLog()))
afterEach(async () => {
  log[Symbol.dispose]()
  // What links and monitors have told the test.
  while (await Process.receive(undefined, { timeout: 0 }).catch(() => undefined));
})
afterAll(() => assertNoLeaks())

const item = (n: number): Item => ({ n, owner: Process.self() })
const running = async (n: number): Promise<Pid> => (await receive((message) => message[0] === 'running' && message[1] === n))[2] as Pid

test('a task is a child of the supervisor until it is done', async () => {
  await using tasks = await TaskSupervisor.startLink()
  const task = await TaskSupervisor.async(tasks, Announces, item(1))
  expect(await TaskSupervisor.children(tasks)).toEqual([task.pid])
  Process.send(await running(1), 'go')
  expect(await Task.await(task)).toBe(10)
  expect(await TaskSupervisor.children(tasks)).toEqual([])
  expect(await receive('EXIT')).toEqual(['EXIT', task.pid, 'normal'])
  const other = await TaskSupervisor.asyncNolink(tasks, Computes, 3)
  expect(await Task.await(other)).toMatchObject({ square: 9 })
})

test('async links: the owner’s death is the task’s', async () => {
  await using tasks = await TaskSupervisor.startLink()
  const task = await TaskSupervisor.async(tasks, Obeys, ['exit', 'oops'])
  expect(await receive('EXIT')).toEqual(['EXIT', task.pid, 'oops'])
  await expect(Task.await(task)).rejects.toMatchObject({ reason: 'oops' })
})

test('asyncNolink: the owner gets the result and a DOWN, or a DOWN alone, and no exit signal', async () => {
  await using tasks = await TaskSupervisor.startLink()
  const good = await TaskSupervisor.asyncNolink(tasks, Obeys, ['give', 1])
  expect(await receive((message) => message[1] === good.ref)).toEqual(['TASK', good.ref, 1])
  expect(await receive((message) => message[1] === good.ref)).toEqual(['DOWN', good.ref, good.pid, 'normal'])
  const bad = await TaskSupervisor.asyncNolink(tasks, Obeys, ['exit', 'oops'])
  expect(await receive((message) => message[1] === bad.ref)).toEqual(['DOWN', bad.ref, bad.pid, 'oops'])
  await expectNoMessage('EXIT')
})

test('maxChildren is the most that run at once', async () => {
  await using tasks = await TaskSupervisor.startLink({ maxChildren: 1 })
  const task = await TaskSupervisor.asyncNolink(tasks, Obeys, ['wait'])
  const { async: linked, asyncNolink, startChild } = TaskSupervisor
  for (const start of [linked(tasks, Obeys, ['wait']), asyncNolink(tasks, Obeys, ['wait']), startChild(tasks, Obeys, ['wait'])]) {
    await expect(start).rejects.toMatchObject({ code: 'ERR_CHILD', reason: 'max_children' })
  }
  await Task.shutdown(task)
  await Task.await(await TaskSupervisor.asyncNolink(tasks, Obeys, ['give', 1]))
})

test('a supervisor that stops, stops its tasks, each as it says', async () => {
  const tasks = await TaskSupervisor.startLink()
  const soft = await TaskSupervisor.asyncNolink(tasks, Obeys, ['wait'])
  const hard = await TaskSupervisor.asyncNolink(tasks, Obeys, ['wait'], { shutdown: 'brutal_kill' })
  await TaskSupervisor.stop(tasks)
  expect(await Task.yieldMany([soft, hard])).toEqual([[soft, ['exit', 'shutdown']], [hard, ['exit', 'killed']]])
})

test('startChild: nobody waits; restart: permanent runs it again', async () => {
  await using tasks = await TaskSupervisor.startLink()
  const first = await TaskSupervisor.startChild(tasks, Announces, item(1), { restart: 'permanent' })
  expect(await running(1)).toBe(first)
  Process.send(first, 'go')
  const second = await running(1)
  expect(second).not.toBe(first)
  expect(await TaskSupervisor.children(tasks)).toEqual([second])
})

test('terminateChild stops a task; a second time there is none', async () => {
  await using tasks = await TaskSupervisor.startLink()
  const pid = await TaskSupervisor.startChild(tasks, Obeys, ['wait'])
  await TaskSupervisor.terminateChild(tasks, pid)
  expect(Process.isAlive(pid)).toBe(false)
  await expect(TaskSupervisor.terminateChild(tasks, pid)).rejects.toMatchObject({ code: 'ERR_CHILD', reason: 'not_found' })
})

test('a task whose owner died before it was told what to do does nothing', async () => {
  await using tasks = await TaskSupervisor.startLink()
  const { pid: owner } = await GenServer.start(Owner, undefined) as Started
  await Sys.suspend(tasks)
  GenServer.call(owner, ['startUnder', [tasks.pid, item(1)]]).catch(() => undefined)
  while (Process.info(tasks)!.mailboxLength === 0) await new Promise(setImmediate) // it has asked for the task
  Process.exit(owner, 'kill')
  await down(owner)
  await Sys.resume(tasks)
  for (const pid of await TaskSupervisor.children(tasks)) await down(pid)
  expect(await TaskSupervisor.children(tasks)).toEqual([])
  await expectNoMessage('running')
  expect(log.events).toMatchObject([{ kind: 'supervisor', context: 'progress' }]) // it began, and did not crash
})

test('an argument that cannot be copied leaves no task behind', async () => {
  await using tasks = await TaskSupervisor.startLink()
  await expect(TaskSupervisor.asyncNolink(tasks, Computes, (() => 1) as never)).rejects.toMatchObject({ code: 'ERR_NOT_CLONEABLE' })
  expect(await TaskSupervisor.children(tasks)).toEqual([])
})

test('streams: failures are outcomes, an early end leaves no task and no message', async () => {
  await using tasks = await TaskSupervisor.startLink()
  for (const streamOf of [TaskSupervisor.asyncStream, TaskSupervisor.asyncStreamNolink]) {
    const stream = streamOf(tasks, [1, 2, 3].map(item), Announces, { maxConcurrency: 2 })
    const first = stream.next()
    const [one] = [await running(1), await running(2)]
    Process.send(one, 'fail')
    expect((await first).value).toEqual(['exit', ['error', expect.objectContaining({ message: 'failed 1' })]])
    await stream.return()
    expect(await TaskSupervisor.children(tasks)).toEqual([])
    await expectNoMessage(() => true)
  }
})

test('a stream as wide as its supervisor never goes over its limit: a place is free when the process is gone', async () => {
  await using tasks = await TaskSupervisor.startLink({ maxChildren: 1 })
  for (const streamOf of [TaskSupervisor.asyncStream, TaskSupervisor.asyncStreamNolink]) {
    const outcomes: unknown[] = []
    for await (const outcome of streamOf(tasks, [1, 2, 3], Computes, { maxConcurrency: 1 })) outcomes.push(outcome)
    expect(outcomes).toEqual([1, 4, 9].map((square) => ['ok', expect.objectContaining({ square })]))
    expect(await TaskSupervisor.children(tasks)).toEqual([])
  }
})

test('a stream over the limit of its supervisor fails, and leaves no task', async () => {
  await using tasks = await TaskSupervisor.startLink({ maxChildren: 1 })
  await expect(TaskSupervisor.asyncStreamNolink(tasks, [1, 2].map(item), Announces, { maxConcurrency: 2 }).next()).rejects.toMatchObject({ reason: 'max_children' })
  expect(await TaskSupervisor.children(tasks)).toEqual([])
  await running(1)
})
