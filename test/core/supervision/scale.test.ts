// Many children. They live on the main thread: how many threads there are is another question.
import { afterAll, expect, test } from '@jest/globals'
import { GenServer, Process, Supervisor, Sys, type Pid } from 'starfish'
import { assertNoLeaks, captureLog, down } from '@starfish/testing'
import Numbered, { heard } from '../fixtures/numbered.js'

afterAll(() => assertNoLeaks())

const MANY = 1000
const numbers = Array.from({ length: MANY }, (_, i) => i)
const children = numbers.map((n) => ({ id: n, start: [Numbered, n] as const, restart: 'transient' as const }))

test('a thousand children start in their order, are listed and counted, die all at once and come back, and stop last first', async () => {
  using _log = captureLog()
  const tree = await Supervisor.startLink(children, { strategy: 'one_for_one', maxRestarts: MANY })
  expect(heard.splice(0)).toEqual(numbers.map((n) => ['init', n]))
  expect(await Supervisor.countChildren(tree)).toEqual({ specs: MANY, active: MANY, supervisors: 0, workers: MANY })
  const before = await Supervisor.whichChildren(tree)
  expect(before.map(({ id }) => id)).toEqual(numbers.toReversed())

  const pids = before.map(({ pid }) => pid as Pid)
  for (const pid of pids) Process.exit(pid, 'kill')
  await Promise.all(pids.map((pid) => down(pid)))
  await Sys.sync(tree)
  const after = await Supervisor.whichChildren(tree)
  expect(after.map(({ id }) => id)).toEqual(numbers.toReversed())
  expect(new Set([...pids, ...after.map(({ pid }) => pid)]).size).toBe(2 * MANY)
  expect(await Promise.all(after.map(({ pid }) => GenServer.call(pid as Pid, 'number')))).toEqual(numbers.toReversed())
  expect(heard.splice(0).length).toBe(MANY)

  await tree[Symbol.asyncDispose]()
  expect(heard.splice(0)).toEqual(numbers.toReversed().map((n) => ['terminate', n]))
})

test('one of a thousand takes all others along', async () => {
  using _log = captureLog()
  const tree = await Supervisor.startLink(children, { strategy: 'one_for_all' })
  heard.length = 0
  const [last] = await Supervisor.whichChildren(tree)
  Process.exit(last!.pid as Pid, 'kill')
  await down(last!.pid as Pid)
  await Sys.sync(tree)
  expect(heard.splice(0)).toEqual([...numbers.slice(0, -1).toReversed().map((n) => ['terminate', n]), ...numbers.map((n) => ['init', n])])
  await tree[Symbol.asyncDispose]()
  heard.length = 0
})
