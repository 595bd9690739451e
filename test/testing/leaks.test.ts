// assertNoLeaks: nothing may be left of a test, and what is left has a name.
import { execFileSync } from 'node:child_process'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { GenServer, Process } from 'starfish'
import { assertNoLeaks, down } from '@starfish/testing'
import Stuck from '../core/fixtures/stuck.js'
import Counter from '../core/fixtures/counting.js'

test('it names the processes that live on', async () => {
  await using one = await GenServer.startLink(Counter, 0)
  await using two = await GenServer.startLink(Counter, 0, { host: 'main', name: null })
  await expect(assertNoLeaks()).rejects.toThrow(`processes left: Counter ${one.pid}, Counter ${two.pid}`)
})

test('it waits for threads that are about to end', async () => {
  const server = await GenServer.start(Counter, 0)
  Process.exit(server.pid, 'kill')
  await assertNoLeaks()
  expect(await down(server)).toBe('noproc')
})

// The thread stands in a write that nobody reads, for exactly as long as the test wants.
const hasPipes = process.platform !== 'win32'
;(hasPipes ? test : test.skip)('it gives up on threads that do not end', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stuck-'))
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  const server = await GenServer.start(Stuck, undefined)
  GenServer.cast(server, ['write', pipe])
  const listening = await open(pipe, 'r')
  await listening.read(Buffer.alloc(1))
  Process.exit(server.pid, 'kill')
  await expect(assertNoLeaks({ timeout: 1 })).rejects.toThrow('1 worker threads left')
  await listening.close()
  await assertNoLeaks()
  await rm(folder, { recursive: true })
})
