// Tasks: one computation, its result, and all the ways in which there is none (task.ex).
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { GenServer, type Pid, Process, type Started, Task } from 'starfish'
import { assertNoLeaks, captureLog, type CapturedLog, down, expectNoMessage, receive, virtualClock } from '@starfish/testing'
import { Announces, Computes, type Item, Moves, Obeys, Owner } from '../fixtures/tasks.js'

let log: CapturedLog
beforeEach(() => void (log = captureLog()))
afterEach(async () => {
  log[Symbol.dispose]()
  await taken()
})
afterAll(() => assertNoLeaks())

/** Takes all messages out of the test's mailbox. */
async function taken(): Promise<unknown[]> {
  const messages: unknown[] = []
  for (;;) {
    const message = await Process.receive(undefined, { timeout: 0 }).catch(() => undefined)
    if (message === undefined) return messages
    messages.push(message)
  }
}

const rangeError = (message: string): unknown => ['error', expect.objectContaining({ name: 'RangeError', message })]
const waiting = (): Promise<Task.Task> => Task.async(Obeys, ['wait'])
async function over(order: Parameters<typeof Obeys.run>[0]): Promise<Task.Task> {
  const task = await Task.async(Obeys, order)
  await down(task.pid!)
  return task
}

describe('await', () => {
  test('gives the result of another thread', async () => {
    const { square, thread } = await Task.await(await Task.async(Computes, 7))
    expect(square).toBe(49)
    expect(thread).toBeGreaterThan(0)
  })

  test('a result may be moved instead of copied', async () => {
    const { buffer, kept } = await Task.await(await Task.async(Moves, 64))
    expect([buffer.byteLength, kept]).toEqual([64, 64])
  })

  test('consumes the reply and the monitor: all that is left is what the link tells one who traps exits', async () => {
    const task = await over(['give', 1])
    expect(await Task.await(task)).toBe(1)
    expect(await taken()).toEqual([['EXIT', task.pid, 'normal']])
    await expect(Task.await(task, 0)).rejects.toMatchObject({ reason: 'timeout' })
  })

  test.each([
    ['throws', ['throw', 'oops'], rangeError('oops')],
    ['exits', ['exit', 'enough'], 'enough'],
    ['exits normally', ['exit', 'normal'], 'normal'],
  ] as const)('rejects with what the task ended with when it %s', async (_, order, reason) => {
    const task = await Task.async(Obeys, order)
    await expect(Task.await(task)).rejects.toMatchObject({ name: 'CallError', code: 'ERR_CALL_EXIT', reason, exitReason: [reason, ['Task', 'await', [task, 5000]]] })
  })

  test('after a timeout the task goes on, and its answer is dropped', async () => {
    using clock = virtualClock()
    const task = await waiting()
    const result = Task.await(task, 100).catch((error: unknown) => error)
    await clock.advance(100)
    expect(await result).toMatchObject({ code: 'ERR_CALL_TIMEOUT', reason: 'timeout' })
    Process.send(task.pid!, 'late')
    expect(await down(task.pid!)).toBe('normal')
    await expectNoMessage((message) => message[0] === 'TASK' || message[0] === 'DOWN')
  })

  test('only the owner may wait, look, or stop it', async () => {
    await using owner = await GenServer.startLink(Owner, undefined) as Started
    const task = await GenServer.call(owner.pid, ['start', ['wait']]) as Task.Task
    for (const attempt of [Task.await(task), Task.yield(task), Task.shutdown(task), Task.awaitMany([task]), Task.yieldMany([task])]) {
      await expect(attempt).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT', message: expect.stringContaining('only the process that started a task') })
    }
    expect(() => Task.ignore(task)).toThrow('only the process that started a task')
    expect(Process.isAlive(task.pid!)).toBe(true)
    await GenServer.call(owner.pid, 'shutdown')
  })
})

describe('links', () => {
  test('a task that fails takes its owner along', async () => {
    const { pid } = await GenServer.start(Owner, undefined) as Started
    const task = await GenServer.call(pid, ['start', ['wait']]) as Task.Task
    const end = down(pid)
    Process.exit(task.pid!, 'oops')
    expect(await end).toBe('oops')
  })

  test('an owner that ends takes its task along', async () => {
    const { pid } = await GenServer.start(Owner, undefined) as Started
    const task = await GenServer.call(pid, ['start', ['wait']]) as Task.Task
    const end = down(task.pid!)
    Process.exit(pid, 'enough')
    expect(await end).toBe('enough')
  })

  test.each(['main', 'thread'] as const)('an owner survives that it stops its task (%s)', async (host) => {
    await using owner = await GenServer.startLink(Owner, undefined, { host }) as Started
    const task = await GenServer.call(owner.pid, ['start', ['wait']]) as Task.Task
    expect(await GenServer.call(owner.pid, 'shutdown')).toBeUndefined()
    expect(Process.isAlive(task.pid!)).toBe(false)
    expect(Process.isAlive(owner.pid)).toBe(true)
  })

  test('start does not link, startLink does; nobody gets a result', async () => {
    const alone = await Task.start(Obeys, ['exit', 'alone'])
    await down(alone)
    const linked = await Task.startLink(Obeys, ['exit', 'linked'])
    expect(await receive('EXIT')).toEqual(['EXIT', linked, 'linked'])
    expect(await taken()).toEqual([])
  })
})

describe('awaitMany', () => {
  test('gives the results in the order of the tasks, whoever is first', async () => {
    const tasks = [await waiting(), await waiting()]
    const results = Task.awaitMany(tasks)
    Process.send(tasks[1]!.pid!, 'second')
    await down(tasks[1]!.pid!)
    Process.send(tasks[0]!.pid!, 'first')
    expect(await results).toEqual(['first', 'second'])
    expect(await Task.awaitMany([])).toEqual([])
  })

  test('rejects as soon as one ends without a result', async () => {
    const tasks = [await waiting(), await Task.async(Obeys, ['throw', 'oops'])]
    await expect(Task.awaitMany(tasks)).rejects.toMatchObject({ reason: rangeError('oops'), exitReason: [rangeError('oops'), ['Task', 'awaitMany', [tasks, 5000]]] })
    await Task.shutdown(tasks[0]!)
  })
})

describe('yield', () => {
  test('gives undefined, and can be asked again', async () => {
    const task = await waiting()
    expect(await Task.yield(task, 0)).toBeUndefined()
    expect(await Task.yield(task, 0)).toBeUndefined()
    Process.send(task.pid!, 'done')
    expect(await Task.yield(task)).toEqual(['ok', 'done'])
  })

  test('tells how a task ended without a result', async () => {
    expect(await Task.yield(await over(['throw', 'oops']))).toEqual(['exit', rangeError('oops')])
    expect(await Task.yield(await over(['exit', 'normal']))).toEqual(['exit', 'normal'])
  })

  test('a task that was completed from the start needs no process', async () => {
    const task = Task.completed('there')
    expect(task.pid).toBeUndefined()
    expect(await Task.yield(task, 0)).toEqual(['ok', 'there'])
    expect(Task.ignore(Task.completed('there'))).toEqual(['ok', 'there'])
    await expect(Task.shutdown(Task.completed('there'))).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
  })

  test.each([
    ['nothing', undefined, true],
    ['ignore', undefined, true],
    ['kill_task', undefined, false],
  ] as const)('yieldMany, onTimeout: %s', async (onTimeout, outcome, lives) => {
    const [done, late] = [await over(['give', 1]), await waiting()]
    expect(await Task.yieldMany([late, done], { timeout: 0, onTimeout })).toEqual([[late, outcome], [done, ['ok', 1]]])
    expect(Process.isAlive(late.pid!)).toBe(lives)
    if (!lives) return
    Process.send(late.pid!, 'late')
    await down(late.pid!)
    expect(await Task.yield(late, 0)).toEqual(onTimeout === 'nothing' ? ['ok', 'late'] : undefined)
  })

  test('yieldMany is content with `limit` outcomes, and that is no timeout', async () => {
    const [done, late] = [await over(['give', 1]), await waiting()]
    expect(await Task.yieldMany([late, done], { limit: 1, onTimeout: 'kill_task' })).toEqual([[late, undefined], [done, ['ok', 1]]])
    expect(Process.isAlive(late.pid!)).toBe(true)
    await Task.shutdown(late)
  })
})

describe('shutdown', () => {
  test.each([
    ['a result that is there wins', ['give', 1], ['ok', 1]],
    ['a task that failed before', ['throw', 'oops'], ['exit', rangeError('oops')]],
    ['a task that ended normally without a result', ['exit', 'normal'], ['exit', 'normal']],
  ] as const)('%s', async (_, order, outcome) => {
    expect(await Task.shutdown(await over(order))).toEqual(outcome)
  })

  test.each([5000, 'brutal_kill'] as const)('a task that does what it is told has no outcome, and leaves no message (%s)', async (timeout) => {
    const task = await waiting()
    expect(await Task.shutdown(task, timeout)).toBeUndefined()
    expect(Process.isAlive(task.pid!)).toBe(false)
    expect(await taken()).toEqual([])
  })

  test('a task that does not stop is killed, and that is told', async () => {
    using clock = virtualClock()
    const task = await Task.async(Obeys, ['trap', Process.self()])
    await receive('traps')
    const outcome = Task.shutdown(task, 100)
    await clock.advance(100)
    expect(await outcome).toEqual(['exit', 'killed'])
  })

  test('noproc when the task had gone and its end was taken out', async () => {
    const task = await over(['exit', 'enough'])
    await Task.yield(task)
    expect(await Task.shutdown(task)).toEqual(['exit', 'noproc'])
  })

  test('ignore gives the outcome so far, or lets the task go', async () => {
    expect(Task.ignore(await over(['give', 1]))).toEqual(['ok', 1])
    expect(Task.ignore(await over(['exit', 'enough']))).toEqual(['exit', 'enough'])
    await taken()
    const task = await waiting()
    expect(Task.ignore(task)).toBeUndefined()
    Process.send(task.pid!, 'late')
    expect(await down(task.pid!)).toBe('normal')
    expect(await taken()).toEqual([])
  })
})

describe('asyncStream', () => {
  const items = (count: number): Item[] => Array.from({ length: count }, (_, i) => ({ n: i + 1, owner: Process.self() }))
  const running = async (n: number): Promise<Pid> => (await receive((message) => message[0] === 'running' && message[1] === n))[2] as Pid

  test('outcomes come in the order of the items; the source is read no faster than they are; an early end leaves nothing', async () => {
    const read: unknown[] = []
    function* source(): Generator<Item> {
      try {
        for (const item of items(5)) {
          read.push(item.n)
          yield item
        }
      } finally {
        read.push('closed')
      }
    }
    const stream = Task.asyncStream(source(), Announces, { maxConcurrency: 2 })
    expect(read).toEqual([])
    const first = stream.next()
    const [one, two] = [await running(1), await running(2)]
    Process.send(two, 'go')
    await down(two)
    Process.send(one, 'go')
    expect(await first).toEqual({ done: false, value: ['ok', 10] })
    expect(read).toEqual([1, 2, 3]) // the third took the place of the second while that waited for its turn
    expect(await stream.next()).toEqual({ done: false, value: ['ok', 20] })
    const three = await running(3)
    await running(4)
    await stream.return()
    expect(read).toEqual([1, 2, 3, 4, 'closed'])
    expect(Process.isAlive(three)).toBe(false)
    expect(await taken()).toEqual([])
  })

  test('ordered: false gives them as they are ready', async () => {
    const stream = Task.asyncStream(items(2), Announces, { ordered: false, maxConcurrency: 2 })
    const first = stream.next()
    const [one, two] = [await running(1), await running(2)]
    Process.send(two, 'go')
    expect((await first).value).toEqual(['ok', 20])
    Process.send(one, 'go')
    expect((await stream.next()).value).toEqual(['ok', 10])
    expect(await stream.next()).toEqual({ done: true, value: undefined })
    expect(await taken()).toEqual([])
  })

  test('a task that fails is an outcome to one who traps exits', async () => {
    const stream = Task.asyncStream(items(1), Announces)
    const first = stream.next()
    Process.send(await running(1), 'fail')
    expect((await first).value).toEqual(['exit', rangeError('failed 1')])
    expect(await taken()).toEqual([])
  })

  test('onTimeout: kill_task makes a timeout an outcome', async () => {
    using clock = virtualClock()
    const stream = Task.asyncStream(items(1), Announces, { timeout: 100, onTimeout: 'kill_task' })
    const first = stream.next()
    const one = await running(1)
    await clock.advance(100)
    expect((await first).value).toEqual(['exit', 'timeout'])
    expect(Process.isAlive(one)).toBe(false)
    expect((await stream.next()).done).toBe(true)
    expect(await taken()).toEqual([])
  })

  test('else a timeout ends the stream, and all of its tasks', async () => {
    using clock = virtualClock()
    const stream = Task.asyncStream(items(3), Announces, { timeout: 100, maxConcurrency: 2 })
    const first = stream.next().catch((error: unknown) => error)
    const pids = [await running(1), await running(2)]
    await clock.advance(100)
    expect(await first).toMatchObject({ code: 'ERR_CALL_TIMEOUT', reason: 'timeout' })
    expect(pids.map(Process.isAlive)).toEqual([false, false])
    expect((await stream.next()).done).toBe(true)
    expect(await taken()).toEqual([])
  })

  test('a source that fails ends the stream, and its tasks', async () => {
    async function* source(): AsyncGenerator<Item> {
      yield* items(1)
      throw new RangeError('dry')
    }
    const stream = Task.asyncStream(source(), Announces, { maxConcurrency: 2 })
    await expect(stream.next()).rejects.toThrow('dry')
    expect(Process.isAlive(await running(1))).toBe(false)
    expect(await taken()).toEqual([])
  })
})

test('a closure is refused, and so is a misspelt option', async () => {
  await expect(Task.async((() => 1) as never, undefined)).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT', message: expect.stringContaining('closure') })
  expect(() => Task.define(`${__filename}#Nothing`, () => 1, { nam: 'x' } as never)).toThrow("got 'nam'")
})
