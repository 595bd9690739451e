// What jest does to the globals of a file that is over must not break what that file left running.
import { afterAll, expect, test } from '@jest/globals'
import { GenServer, Process } from 'starfish'
import { here } from '#core/process/here'
import { assertNoLeaks } from '@starfish/testing'
import Counter from '../fixtures/counter.js'

afterAll(() => assertNoLeaks())

/** Puts accessors that end in themselves in the place of all properties, as jest's soft deletion does. */
function deleteSoftly(object: object): void {
  for (const key of Reflect.ownKeys(object)) {
    const refuse = (): never => {
      throw new RangeError(`${String(key)} was deleted`)
    }
    Reflect.defineProperty(object, key, { get: refuse, set: refuse, configurable: true })
  }
}

test('a test runner that takes apart what it finds on globals', async () => {
  await using server = await GenServer.start(Counter, 0)
  deleteSoftly(here)
  expect(Process.isAlive(server.pid)).toBe(true)
  await GenServer.stop(server)
  expect(Process.isAlive(server.pid)).toBe(false)
})
