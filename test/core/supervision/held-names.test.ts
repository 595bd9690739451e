// A call by name waits for a supervised process that is being started again, whatever becomes of its neighbours.
import { afterAll, expect, test } from '@jest/globals'
import { GenServer, Process } from 'starfish'
import { assertNoLeaks, captureLog, down, gate, startSupervised, type Gate } from '@starfish/testing'
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
