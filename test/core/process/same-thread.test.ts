// Two processes of one thread share nothing either: what one sends is a copy to the other.
import { afterAll, expect, test } from '@jest/globals'
import { GenServer, Process } from 'starfish'
import { assertNoLeaks, receive } from '@starfish/testing'
import Keeper from '../fixtures/keeper.js'

afterAll(() => assertNoLeaks())

test('arguments, messages and replies are copies', async () => {
  const list = [1]
  await using keeper = await GenServer.start(Keeper, list, { host: 'main' })
  list.push(2)
  const kept = await GenServer.call(keeper, 'get')
  expect(kept).toEqual([1])
  kept.push(3)
  expect(await GenServer.call(keeper, 'get')).toEqual([1])
  GenServer.cast(keeper, ['put', list])
  list.push(4)
  expect(await GenServer.call(keeper, 'get')).toEqual([1, 2])
  Process.send(keeper.pid, ['pass', Process.self(), list])
  list.push(5)
  expect(await receive('passed')).toEqual(['passed', [1, 2, 4]])
})

test('a value that goes round in a circle comes through, there and back', async () => {
  const ring: unknown[] = ['ring']
  ring.push(ring)
  await using keeper = await GenServer.start(Keeper, [], { host: 'main' })
  GenServer.cast(keeper, ['put', ring])
  const back = await GenServer.call(keeper, 'get')
  expect(back[1]).toBe(back)
})

test('an error as a reply keeps what is on it', async () => {
  await using keeper = await GenServer.start(Keeper, [], { host: 'main' })
  expect(await GenServer.call(keeper, ['fail', 'E_KEPT'])).toMatchObject({ name: 'RangeError', message: 'kept', code: 'E_KEPT' })
})

test('what cannot be copied is refused at the sender', async () => {
  await using keeper = await GenServer.start(Keeper, [], { host: 'main' })
  const put = ['put', [() => {}]] as never
  expect(() => GenServer.cast(keeper, put)).toThrow(expect.objectContaining({ code: 'ERR_NOT_CLONEABLE', message: expect.stringContaining('message[1][0] is a function') as unknown }))
  await expect(GenServer.call(keeper, put)).rejects.toMatchObject({ code: 'ERR_NOT_CLONEABLE' })
  expect(() => Process.send(keeper.pid, put)).toThrow(expect.objectContaining({ code: 'ERR_NOT_CLONEABLE' }))
  await expect(GenServer.start(Keeper, [() => {}], { host: 'main' })).rejects.toMatchObject({ code: 'ERR_NOT_CLONEABLE', message: expect.stringContaining('is a function') as unknown })
  expect(await GenServer.call(keeper, 'get')).toEqual([])
})
