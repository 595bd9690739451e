// Processes of one thread that keep each other busy leave time to timers and I/O, and lose no order by it.
import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as turned } from 'node:timers/promises'
import { afterAll, expect, test } from '@jest/globals'
import { GenServer, Process, Supervisor } from 'starfish'
import { assertNoLeaks, receive } from '@starfish/testing'
import { Turn } from '#core/process/turn'
import Flooded from '../fixtures/flooded.js'
import Keeper from '../fixtures/keeper.js'

afterAll(() => assertNoLeaks())

test.each([
  ['calls to a server', ({ server }) => GenServer.call(server, 'get')],
  ['requests to a supervisor', ({ tree }) => Supervisor.whichChildren(tree)],
  ['looks into the mailbox', () => Process.receive(() => false, { timeout: 0 }).catch(() => undefined)],
  ['messages there and back', ({ server }) => (Process.send(server, ['pass', Process.self(), []]), receive('passed'))],
] as const satisfies readonly [string, (on: { server: string; tree: string }) => Promise<unknown>][])('a loop of %s on the main thread ends because a timer fires', async (_, once) => {
  await using server = await GenServer.start(Keeper, [], { host: 'main' })
  await using tree = await Supervisor.startLink([], { strategy: 'one_for_one' })
  let fired = false
  setTimeout(() => (fired = true), 1)
  for (let round = 0; !fired && round < 200_000; round++) await once({ server: server.pid, tree: tree.pid })
  expect(fired).toBe(true)
})

test('a server that more is sent to than it can handle looks after its timers meanwhile', async () => {
  await using flooded = await GenServer.startLink(Flooded, undefined)
  GenServer.cast(flooded, 'tick')
  let ticked = false
  let waves = 0
  const sender = async (): Promise<void> => {
    for (; !ticked && waves < 100; waves++) {
      for (let i = 0; i < 1000; i++) GenServer.cast(flooded, 'work')
      ticked ||= await GenServer.call(flooded, 'hasTicked', { timeout: Infinity })
    }
  }
  await Promise.all([sender(), sender(), sender()])
  expect(ticked).toBe(true)
})

/** Gives so much to deliver at once that some of it is held; gives how much. */
function fill(turn: Turn, deliver: (n: number) => void): number {
  let count = 0
  const some = (): void => {
    for (let i = 0; i < 64; i++) {
      const n = count++
      turn.soon(() => deliver(n))
    }
  }
  some() // from here on the turn is looked at
  for (const since = performance.now(); performance.now() - since < 12; ) some()
  some()
  return count
}

test('what a long turn holds comes in the next one, in order and in the context of its sender', async () => {
  const turn = new Turn()
  const storage = new AsyncLocalStorage<string>()
  const seen: unknown[] = []
  const count = storage.run('the sender', () => fill(turn, (n) => seen.push(storage.getStore() === 'the sender' ? n : storage.getStore())))
  expect(seen).toHaveLength(0)
  await Promise.resolve()
  expect(seen.length).toBeLessThan(count)
  turn.soon(() => seen.push('later'))
  await turned()
  expect(seen.findIndex((one, i) => one !== i)).toBe(count)
  expect(seen.slice(count)).toEqual(['later'])
})

test('a turn says that it owes something until that is made, in this turn or the next one', async () => {
  const turn = new Turn()
  expect(turn.owes).toBe(false)
  turn.soon(() => undefined)
  expect(turn.owes).toBe(true)
  await Promise.resolve()
  expect(turn.owes).toBe(false)
  fill(turn, () => undefined)
  await Promise.resolve()
  expect(turn.owes).toBe(true)
  await turned()
  expect(turn.owes).toBe(false)
})

test('after a handler that took long, the next delivery already waits for a turn', async () => {
  const seen: string[] = []
  const after = (ms: number): void => {
    const turn = new Turn()
    const now = performance.now()
    turn.took(now - ms, now)
    turn.soon(() => seen.push(`after ${ms} ms`))
  }
  after(9)
  after(2)
  await Promise.resolve()
  expect(seen).toEqual(['after 2 ms'])
  await turned()
  expect(seen).toEqual(['after 2 ms', 'after 9 ms'])
})

test('at a timeout, what is held is in time', async () => {
  const turn = new Turn()
  const seen: number[] = []
  const count = fill(turn, (n) => seen.push(n))
  await Promise.resolve()
  turn.release()
  expect([seen.length, seen.findIndex((one, i) => one !== i)]).toEqual([count, -1])
})
