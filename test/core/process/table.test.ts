// The process table and its slots: what shared memory says of a process, and of one whose slot has gone to another.
import { expect, test } from '@jest/globals'
import { Ending, Flag, ProcessTable, SlotPool, State } from '#core/process/table'
import { generationOf, SLOTS, slotOf } from '#core/term/pid'

const table = new ProcessTable()

test('a process is starting from the moment it has its slot', () => {
  const id = table.occupy(5, 3, 65_536)
  expect([slotOf(id), generationOf(id)]).toEqual([5, 1])
  expect([table.state(id), table.isAlive(id), table.thread(id), table.parent(id)]).toEqual([State.starting, true, 3, 65_536])
  table.setState(id, State.exiting)
  expect([table.state(id), table.isAlive(id)]).toEqual([State.exiting, false])
})

test('nothing of the one before is left to the next in a slot, and the one before is dead', () => {
  const before = table.occupy(6, 3, 65_536)
  table.setFlag(before, Flag.trapExit, true)
  table.setFlag(before, Flag.supervisor, true)
  table.addToMailbox(before, 3)
  table.countHandled(before, 2)
  table.setBusySince(before, 1.5)
  table.setEnding(before, Ending.processExit, 3)
  table.setState(before, State.free)
  const after = table.occupy(6, 4, 0)
  expect(after).not.toBe(before)
  expect([table.hasFlag(after, Flag.trapExit), table.hasFlag(after, Flag.supervisor), table.mailboxLength(after), table.handled(after), table.busySince(after)]).toEqual([false, false, 0, 0, 0])
  expect(table.ending(after)).toEqual({ ending: Ending.unbegun, exitCode: 0 })
  expect([table.state(before), table.isAlive(before), table.isAlive(after)]).toEqual([State.free, false, true])
})

test('neighbours do not see each other, and flags do not', () => {
  const [a, b, c] = [7, 8, 9].map((slot) => table.occupy(slot, slot, 0)) as [number, number, number]
  table.setFlag(b, Flag.trapExit, true)
  table.addToMailbox(b, 5)
  table.setBusySince(b, 2 ** 41 + 0.25)
  table.setFlag(b, Flag.supervisor, true)
  table.setFlag(b, Flag.supervisor, false)
  expect([a, b, c].map((id) => [table.hasFlag(id, Flag.trapExit), table.mailboxLength(id), table.busySince(id), table.thread(id)])).toEqual([
    [false, 0, 0, 7],
    [true, 5, 2 ** 41 + 0.25, 8],
    [false, 0, 0, 9],
  ])
})

test('another thread sees the same through the memory', () => {
  const id = table.occupy(10, 2, 0)
  table.setState(id, State.running)
  table.addToMailbox(id, 4)
  const other = new ProcessTable(table.memory)
  expect([other.state(id), other.mailboxLength(id)]).toEqual([State.running, 4])
})

test('slots: every one once, then those given back, the longest unused first, then none', () => {
  const pool = new SlotPool()
  const all = new Set(Array.from({ length: SLOTS }, () => pool.take()))
  expect(all.size).toBe(SLOTS)
  expect(pool.take()).toBeUndefined()
  pool.giveBack(7)
  pool.giveBack(3)
  expect([pool.take(), pool.take(), pool.take()]).toEqual([7, 3, undefined])
  for (let round = 0; round < 3; round++) {
    for (let slot = 0; slot < 3_000; slot++) pool.giveBack(slot)
    for (let slot = 0; slot < 3_000; slot++) expect(pool.take()).toBe(slot)
  }
  expect(pool.take()).toBeUndefined()
})
