// Threads are told where the file of a definition finds the library, if they would find the same.
import { afterAll, expect, test } from '@jest/globals'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { GenServer } from 'starfish'
import { assertNoLeaks } from '@starfish/testing'
import { here } from '#core/process/here'
import { lookupFrom } from '#core/process/lookup'
import LookedUp from '../fixtures/looked-up.js'

afterAll(() => assertNoLeaks())

const place = pathToFileURL(join(__dirname, '../fixtures/looked-up.js')).href

test('a thread is told before it loads the file', async () => {
  await using server = await GenServer.startLink(LookedUp, undefined)
  expect(await GenServer.call(server, 'known')).toEqual([[lookupFrom(place), here.library]])
})

test.each([
  ['options of its own', { execArgv: ['--conditions', 'other'] }],
  ['an environment of its own', { env: { NODE_OPTIONS: '' } }],
])('a thread with %s searches for itself', async (_, thread) => {
  await using server = await GenServer.startLink(LookedUp, undefined, { thread })
  expect(await GenServer.call(server, 'known')).toEqual([])
})

test('from where the library is not found, or another is, threads search for themselves', () => {
  expect(lookupFrom(pathToFileURL(join(tmpdir(), 'nobody', 'server.js')).href)).toBeUndefined()
})
