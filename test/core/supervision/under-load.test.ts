// A tree is told to stop while its children have work in hand and more of it waiting: what is in hand is finished within
// the shutdown time, every caller is answered or told, and nothing is left.
import { afterAll, expect, test } from '@jest/globals'
import { GenServer, Process, Supervisor, type CallError, type Pid, type Started } from 'starfish'
import { liveProcesses } from 'starfish/internal'
import { assertNoLeaks, captureLog, down, gate, type Gate } from '@starfish/testing'
import { here } from '#core/process/here'
import Loaded from '../fixtures/loaded.js'

const log = captureLog()
const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
let before = 0
afterAll(async () => {
  await assertNoLeaks()
  log[Symbol.dispose]()
})

const settled = (call: Promise<unknown>): Promise<unknown> => call.then((value) => value, (error: CallError) => error.reason)

/** Two servers with a job in hand each, three that wait, and an answer that is owed. */
async function load(trapExit: boolean, shutdown: number): Promise<{ tree: Started; pids: Pid[]; doors: Gate[]; calls: Promise<unknown>[] }> {
  before = timers()
  const specs = [1, 2].map((id) => ({ id, start: [Loaded, trapExit] as const, shutdown, name: `Loaded ${id}` }))
  const tree = await Supervisor.startLink(specs as never, { strategy: 'one_for_one' })
  const pids = (await Supervisor.whichChildren(tree)).map(({ pid }) => pid as Pid).reverse()
  const doors = pids.map(() => gate())
  const open = gate()
  gate.open(open)
  const calls = pids.flatMap((pid, i) => {
    const owed = GenServer.call(pid, 'later', { timeout: Infinity })
    const inHand = GenServer.call(pid, ['job', doors[i]!], { timeout: Infinity })
    return [owed, inHand, ...[1, 2, 3].map(() => GenServer.call(pid, ['job', open], { timeout: Infinity }))].map(settled)
  })
  for (const door of doors) await gate.arrival(door)
  return { tree, pids, doors, calls }
}

function nothingLeft(): void {
  expect(liveProcesses()).toEqual([])
  expect([here.calls.size, here.processes.size]).toEqual([0, 1]) // the main program
  expect(timers()).toBeLessThanOrEqual(before)
}

test('those who trap exits finish what is in hand and what came before the order to stop, and then nobody is served', async () => {
  const { tree, pids, doors, calls } = await load(true, 60_000)
  const ends = pids.map((pid) => down(pid))
  const stopping = Supervisor.stop(tree)
  gate.open(doors[1]!) // the last started is the first to stop
  expect(await ends[1]).toBe('shutdown')
  expect(Process.isAlive(pids[0]!)).toBe(true)
  const late = settled(GenServer.call('Loaded 2', 'later', { timeout: Infinity })) // its name is kept as long as its supervisor may be started again
  gate.open(doors[0]!)
  await stopping
  expect(await late).toBe('noproc')
  expect(await Promise.all(calls)).toEqual(['shutdown', 1, 2, 3, 4, 'shutdown', 1, 2, 3, 4])
  await assertNoLeaks()
  nothingLeft()
})

test('who is not done when its time is over is killed, and all its callers are told', async () => {
  const { tree, calls } = await load(true, 20)
  await Supervisor.stop(tree)
  expect(await Promise.all(calls)).toEqual(Array.from({ length: 10 }, () => 'killed'))
  await assertNoLeaks()
  nothingLeft()
})

test('those who do not trap exits end in the middle, and all their callers are told', async () => {
  const { tree, calls } = await load(false, 60_000)
  await Supervisor.stop(tree)
  expect(await Promise.all(calls)).toEqual(Array.from({ length: 10 }, () => 'shutdown'))
  await assertNoLeaks()
  nothingLeft()
})
