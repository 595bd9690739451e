// The monkey, and that its every blow is survived: the file is handed out again and a new worker answers.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { Supervisor } from 'starfish'
import { assertNoLeaks, captureLog } from '@starfish/testing'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Bell } from '#demo/bell'
import { BLOWS, Plan, strike } from '#demo/chaos'
import { digestFile } from '#demo/digest'
import { dispatch } from '#demo/dispatcher'
import type { Blow } from '#demo/hasher'
import { Scoreboard } from '#demo/scoreboard'
import { startTree, workerNames } from '#demo/tree'

jest.setTimeout(30_000)

const log = captureLog()
let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'starfish-chaos-'))
  for (let i = 0; i < 20; i++) writeFileSync(join(root, `${i}`), `content of ${i}\n`.repeat(i * 100))
})
afterAll(async () => {
  rmSync(root, { recursive: true })
  log[Symbol.dispose]()
  await assertNoLeaks()
})

const draw = (seed: number, workers: number): string[] => {
  const plan = new Plan(seed, BLOWS.thread)
  const all = Array.from({ length: workers }, (_, i) => i)
  return Array.from({ length: 50 }, () => plan.next(all, () => true)!).map(({ victim, blow }) => `${victim} ${blow}`)
}

test('the same seed draws the same victims and blows', () => {
  expect(draw(7, 4)).toEqual(draw(7, 4))
  expect(draw(7, 4)).not.toEqual(draw(8, 4))
})

test('the blows come in turn, and everybody gets some', () => {
  expect(draw(7, 4).slice(0, 10).map((line) => line.split(' ')[1])).toEqual([...BLOWS.thread, ...BLOWS.thread])
  expect(new Set(draw(7, 4).map((line) => line.split(' ')[0])).size).toBe(4)
})

test('who is down is passed over; when all are, the blow waits its turn', () => {
  const plan = new Plan(7, BLOWS.thread)
  for (let i = 0; i < 20; i++) expect(plan.next(['a', 'b'], (worker) => worker === 'b')?.victim).toBe('b')
  expect(plan.next(['a', 'b'], () => false)).toBeUndefined()
  expect(plan.next(['a'], () => true)?.blow).toBe(BLOWS.thread[0])
})

// What the caller is told of each. A machine with much else to do may take its time to fill a heap.
const told: Record<Blow, readonly string[]> = { throw: ['error'], exit: ['process_exit'], kill: ['killed'], hang: ['timeout'], memory: ['out_of_memory', 'timeout'], segfault: ['SIGSEGV'], abort: ['SIGABRT'], array: ['out_of_memory', 'timeout'] }

const blows = BLOWS.process.map((blow) => [blow, BLOWS.thread.includes(blow) ? 'thread' : 'process'] as const)

test.each(blows)('%s, of a %s: nothing is lost, and the worker comes back', async (blow, isolation) => {
  const board = new Scoreboard(workerNames(1), () => performance.now())
  await using supervisor = await startTree(board, { isolation, every: 300, quiet: true })
  for (let i = 0; i < 20; i++) board.ledger.add({ path: `${i}`, bytes: i * 1000 })
  board.walked = true
  const never = new AbortController().signal
  const working = dispatch(board, { root, supervisor: supervisor.pid, enough: never, stop: never, bell: new Bell() })
  const [worker] = board.workers
  const before = worker!.pid
  strike(board, worker!, blow) // its first call is on its way
  await working
  expect(board.ledger.left).toBe(0)
  for (const [path, digest] of board.ledger.results) expect(digest).toEqual(await digestFile(join(root, path)))
  expect(board.ledger.results.size).toBe(20)
  expect(worker!.pid).not.toBe(before)
  expect(board.restarts - board.slow).toBe(1)
  expect(board.hits[0]!.recovery).toBeGreaterThan(0)
  const { reason } = board.hits[0]!
  if (reason !== undefined) expect(told[blow]).toContain(reason)
})

test('a worker that was hit is seen back even when no file is left', async () => {
  const board = new Scoreboard(workerNames(2), () => performance.now())
  await using supervisor = await startTree(board, { isolation: 'thread', every: 300, quiet: true })
  board.walked = true
  strike(board, board.workers[1]!, 'exit')
  const never = new AbortController().signal
  await dispatch(board, { root, supervisor: supervisor.pid, enough: never, stop: never, bell: new Bell() })
  expect(board.hits[0]!.recovery).toBeGreaterThan(0)
})

test('work ends with an error when the supervisor is gone', async () => {
  const board = new Scoreboard(workerNames(2), () => performance.now())
  await using supervisor = await startTree(board, { isolation: 'thread', every: 300, quiet: true })
  await Supervisor.stop(supervisor)
  board.ledger.add({ path: '1', bytes: 1 })
  const never = new AbortController().signal
  const work = dispatch(board, { root, supervisor: supervisor.pid, enough: never, stop: never, bell: new Bell() })
  await expect(work).rejects.toThrow('the supervisor has given up')
})
