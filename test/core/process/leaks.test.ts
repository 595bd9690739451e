// Nothing is left of processes that are gone: no thread, no slot, no name, no channel, no call.
import { afterEach, expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { open, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GenServer, type Pid, Process, Sys } from 'starfish'
import { liveProcesses, threadCount } from 'starfish/internal'
import { assertNoLeaks, down } from '@starfish/testing'
import { here } from '#core/process/here'
import type { Arbiter } from '#core/process/arbiter'
import { type SlotPool, State } from '#core/process/table'
import { parsePid, slotOf } from '#core/term/pid'
import { Echo } from '../fixtures/bare.js'
import { startPuppet } from '../fixtures/puppet.js'
import Stuck from '../fixtures/stuck.js'

afterEach(() => assertNoLeaks())

// 300 of them in `npm run prove`.
const ROUNDS = process.env['STARFISH_PROOF'] === 'full' ? 30 : 10

test(`${ROUNDS * 10} workers, killed at all moments of their lives`, async () => {
  const pids: Pid[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const serving = await Promise.all(Array.from({ length: 4 }, (_, i) => startPuppet({ name: `victim ${round} ${i}` })))
    const starting = await Promise.all(Array.from({ length: 6 }, () => Process.spawn(Echo, Process.self())))
    const ten = [...serving.map(({ pid }) => pid), ...starting]
    const ends = Promise.all(ten.map((pid) => down(pid)))
    const calls = Promise.all(ten.map((pid) => GenServer.call(pid, ['act', ['self']]).catch(() => 'ended')))
    for (const pid of ten) Process.exit(pid, 'kill')
    expect(new Set(await ends)).toEqual(new Set(['killed']))
    await calls
    pids.push(...ten)
  }
  await assertNoLeaks()
  expect([threadCount(), liveProcesses(), here.channels.size, here.calls.size]).toEqual([0, [], 0, 0])
  expect(new Set(pids).size).toBe(ROUNDS * 10)
  for (const pid of pids) expect(here.table.state(parsePid(pid)!)).toBe(State.free)
}, 60_000)

test('slots are given back, and taken again by others', async () => {
  const take = (here.role as Arbiter)['slots'] as SlotPool
  await expect(startPuppet({ thread: { execArgv: ['--no-such-option'] } })).rejects.toMatchObject({ code: 'ERR_START' })
  const rest: number[] = []
  for (let slot = take.take(); slot !== undefined; slot = take.take()) rest.push(slot)
  expect(new Set(rest).size).toBe(rest.length)
  await expect(startPuppet({ host: 'main' })).rejects.toMatchObject({ code: 'ERR_START', reason: 'system_limit' })
  take.giveBack(rest.pop()!)
  const pids = new Set<string>()
  for (let i = 0; i < 20; i++) {
    const puppet = await startPuppet({ host: 'main' })
    pids.add(puppet.pid)
    await puppet[Symbol.asyncDispose]()
  }
  expect(new Set([...pids].map((pid) => slotOf(parsePid(pid as Pid)!))).size).toBe(1)
  expect(pids.size).toBe(20)
  for (const slot of rest) take.giveBack(slot)
})

test('callers, links and monitors of the dead are forgotten on both sides', async () => {
  await using keeper = await startPuppet()
  for (let i = 0; i < 5; i++) {
    const other = await startPuppet()
    await keeper.ask(other.pid, ['act', ['self']])
    await keeper.act('monitor', other.pid)
    await other.act('link', keeper.pid)
    await keeper.act('unlink', other.pid)
    await GenServer.stop(other.pid)
  }
  expect((await keeper.gotten()).length).toBe(5)
  const bonds = (here.role as Arbiter)['signals']['bonds'] as unknown as Record<'links' | 'watches' | 'byTarget' | 'byWatcher', Map<unknown, unknown>>
  expect([bonds.links.size, bonds.watches.size, bonds.byTarget.size, bonds.byWatcher.size]).toEqual([0, 0, 0, 0])
})

test.each(['kill', 'stop'] as const)('a process is dead when its code has ended, not when its thread is cleared away: %s', async (how) => {
  const folder = await mkdtemp(join(tmpdir(), 'closed-'))
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  const server = await GenServer.start(Stuck, undefined)
  GenServer.cast(server, ['listen', pipe])
  await Sys.sync(server.pid)
  const end = down(server.pid)
  if (how === 'kill') Process.exit(server.pid, 'kill')
  else await GenServer.stop(server)
  expect(await end).toBe(how === 'kill' ? 'killed' : 'normal')
  expect(threadCount()).toBe(1)
  await (await open(pipe, 'w')).close()
  await assertNoLeaks()
  await rm(folder, { recursive: true })
})
