// Waiting for a message by hand.
import { afterAll, expect, test } from '@jest/globals'
import { GenServer, Process } from 'starfish'
import { assertNoLeaks } from '@starfish/testing'
import Picking from '../fixtures/picking.js'

afterAll(() => assertNoLeaks())

test('receive refuses what is no function, instead of waiting for ever', async () => {
  await expect(Process.receive({ timeout: 0 } as never)).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
})

test.each([['that wait', 600], ['as they come', 0]])('one of many numbers is picked out of those %s, and the others keep their order', async (_, waiting) => {
  await using server = await GenServer.start(Picking, undefined)
  const numbers = Array.from({ length: 600 }, (_, n) => n)
  for (const wanted of [0, 299, 599]) {
    const picked = GenServer.call(server, ['pick', { wanted, waiting }])
    for (const number of numbers) Process.send(server, number as never)
    expect(await picked).toBe(wanted)
    expect(await GenServer.call(server, 'others')).toEqual(numbers.filter((number) => number !== wanted))
  }
})
