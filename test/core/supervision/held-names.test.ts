// A call by name waits for a supervised process that is being started again, whatever becomes of its neighbours.
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals'
import { GenServer, Process, Supervisor } from 'starfish'
import { assertNoLeaks, captureLog, down, gate, receive, startSupervised, type Gate } from '@starfish/testing'
import Asker from '../fixtures/asker.js'
import Counter from '../fixtures/counter.js'
import GatedStart from '../fixtures/gated-start.js'

const log = captureLog()
afterAll(async () => {
  log[Symbol.dispose]()
  await assertNoLeaks()
})

const open = (): Gate => {
  const door = gate()
  gate.open(door)
  return door
}

const shut = ({ shared }: Gate): void => void shared.fill(0)

test('the name of a child that dies while a neighbour is being started again is kept for it', async () => {
  const door = open()
  await using _tree = await startSupervised([
    { id: 1, start: [GatedStart, door], name: 'First' },
    { id: 2, start: [GatedStart, open()], name: 'Second' },
  ])
  const [first, second] = [Process.whereis('First')!, Process.whereis('Second')!]
  shut(door)
  Process.exit(first, 'kill')
  await gate.arrival(door) // the supervisor is in the middle of starting First again
  Process.exit(second, 'kill')
  await down(second)
  const answer = GenServer.call('Second', 'who')
  gate.open(door)
  expect(await answer).toBe(Process.whereis('Second'))
})

// On the BEAM all of these are told noproc at once. Who waits for a name waits for its supervisor, and that one for them.
describe('whoever the supervisor waits for does not wait for it', () => {
  const noproc = expect.objectContaining({ code: 'ERR_CALL_NOPROC' })
  let round = 0
  beforeEach(() => void round++)
  const asks = (name: string, at: 'init' | 'terminate' | 'call') => ({ id: 'asker', start: [Asker, { name, at, owner: Process.self(), test: round }] as const, shutdown: 'infinity' as const })
  const asked = async (): Promise<unknown> => (await receive((message) => message[0] === 'asked' && message[1] === round)).slice(2)

  test.each(['one_for_all', 'rest_for_one'] as const)('%s: a child that is stopped calls the one for which it is', async (strategy) => {
    await using _tree = await startSupervised([{ id: 'server', start: [Counter, 0], name: 'Counter' }, asks('Counter', 'terminate')], { strategy })
    const before = Process.whereis('Counter')!
    Process.exit(before, 'kill')
    expect(await asked()).toEqual(['terminate', noproc])
    expect(await GenServer.call('Counter', 'get')).toBe(0)
  })

  test('and so does the child of a supervisor that is stopped', async () => {
    const child = asks('Counter', 'terminate')
    const inner = Supervisor.define(`${__filename}#inner`, { init: () => Supervisor.init([child], { strategy: 'one_for_one' }) })
    await using _tree = await startSupervised([{ id: 'server', start: [Counter, 0], name: 'Counter' }, { id: 'inner', start: [inner, undefined] }], { strategy: 'one_for_all' })
    Process.exit(Process.whereis('Counter')!, 'kill')
    expect(await asked()).toEqual(['terminate', noproc])
    expect(await GenServer.call('Counter', 'get')).toBe(0)
  })

  test('a child that is started calls one that comes later, or has died meanwhile', async () => {
    await using tree = await startSupervised([asks('Counter', 'init'), { id: 'server', start: [Counter, 0], name: 'Counter' }], { strategy: 'one_for_all' })
    expect(await asked()).toEqual(['init', noproc])
    Process.exit(Process.whereis('Counter')!, 'kill')
    expect(await asked()).toEqual(['init', noproc])
    expect(await GenServer.call('Counter', 'get')).toBe(0)
    await Supervisor.stop(tree)
  })

  test('one that waited before the supervisor began to wait for it', async () => {
    const door = open()
    await using _tree = await startSupervised([{ id: 'gated', start: [GatedStart, door], name: 'Gated' }, { id: 'server', start: [Counter, 0], name: 'Counter' }, asks('Counter', 'call')], { strategy: 'rest_for_one' })
    shut(door)
    const [gated, counter] = [Process.whereis('Gated')!, Process.whereis('Counter')!]
    Process.exit(counter, 'kill')
    GenServer.cast('Asker', 'ask') // waits for the name that is held, or is up again
    Process.exit(gated, 'kill')
    gate.open(door)
    const [, answer] = (await asked()) as [string, unknown]
    expect([0, noproc]).toContainEqual(answer)
    expect(await GenServer.call('Counter', 'get')).toBe(0)
  })
})
