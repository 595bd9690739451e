// Threads are told where the file of a definition is, and where that finds the library, if they would find the same.
import { afterAll, expect, test } from '@jest/globals'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { GenServer } from 'starfish'
import { assertNoLeaks } from '@starfish/testing'
import { here } from '#core/process/here'
import { lookupsFrom } from '#core/process/lookup'
import LookedUp from '../fixtures/looked-up.js'

afterAll(() => assertNoLeaks())

const file = join(__dirname, '../fixtures/looked-up.js')
const place = pathToFileURL(file).href

test('a thread is told before it loads the file', async () => {
  await using server = await GenServer.startLink(LookedUp, undefined)
  expect(await GenServer.call(server, 'known')).toEqual(lookupsFrom(place))
  expect(lookupsFrom(place).map(([, found]) => found)).toEqual([file, here.library])
})

test.each([
  ['options of its own', { execArgv: ['--conditions', 'other'] }],
  ['an environment of its own', { env: { NODE_OPTIONS: '' } }],
])('a thread with %s searches for itself', async (_, thread) => {
  await using server = await GenServer.startLink(LookedUp, undefined, { thread })
  expect(await GenServer.call(server, 'known')).toEqual([[`${file}\0`, file]]) // in the words of Node itself
})

test('from where the library is not found, or another is, threads search for themselves', () => {
  expect(lookupsFrom(pathToFileURL(join(tmpdir(), 'nobody', 'server.js')).href)).toEqual([])
})
