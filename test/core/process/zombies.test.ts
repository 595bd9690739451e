// A thread in native code cannot be ended: its process is given up and replaced, and the thread is counted, listed and
// reported until it is gone.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GenServer, Process, Supervisor, type AlarmEvent, type Pid } from 'starfish'
import { liveProcesses, threadCount } from 'starfish/internal'
import { assertNoLeaks, captureLog, down, virtualClock } from '@starfish/testing'
import Stuck from '../fixtures/stuck.js'

const log = captureLog()
let folder: string
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'stuck-'))))
afterAll(async () => {
  await assertNoLeaks()
  log[Symbol.dispose]()
  await rm(folder, { recursive: true })
})

const onlyWithPipes = process.platform === 'win32' ? test.skip : test

/** Lets a server stand in a write that nobody reads, until what this gives is closed. */
async function stand(server: Pid, name: string): Promise<FileHandle> {
  const pipe = join(folder, name)
  execFileSync('mkfifo', [pipe])
  GenServer.cast(server, ['write', pipe])
  const listening = await open(pipe, 'r')
  await listening.read(Buffer.alloc(1))
  return listening
}

const alarms = (): AlarmEvent[] => log.events.filter((event) => event.kind === 'alarm')
const named = (alarm: string): AlarmEvent[] => alarms().filter((event) => event.alarm === alarm)

onlyWithPipes('a process whose thread cannot be ended is declared dead when the time for it is over', async () => {
  const server = await GenServer.start(Stuck, undefined)
  const listening = await stand(server.pid, 'alone')
  const waiting = GenServer.call(server.pid, 'anything', { timeout: Infinity }).catch((error: unknown) => error)
  {
    using clock = virtualClock()
    const end = down(server.pid, { timeout: Infinity })
    Process.exit(server.pid, 'kill')
    await clock.advance(4_999)
    expect(Process.zombies()).toEqual([])
    await clock.advance(1)
    expect(await end).toBe('killed')
  }
  expect(await waiting).toMatchObject({ code: 'ERR_CALL_EXIT', reason: 'killed' })
  expect([threadCount(), liveProcesses()]).toEqual([1, []])
  expect(Process.zombies()).toEqual([{ pid: server.pid, name: 'stuck', thread: expect.any(Number), message: 'cast write', reason: 'killed', since: expect.any(Number) }])
  expect(named('zombie')).toEqual([expect.objectContaining({ level: 'error', pid: server.pid, name: 'stuck', details: { thread: expect.any(Number), message: 'cast write', reason: 'killed' } })])
  expect(named('zombie_ended')).toEqual([])
  await listening.close()
  await assertNoLeaks()
  expect(Process.zombies()).toEqual([])
  expect(named('zombie_ended')).toEqual([expect.objectContaining({ level: 'warn', pid: server.pid, details: { thread: expect.any(Number), ms: expect.any(Number) } })])
})

onlyWithPipes('its slot is taken by another at once, and a tree waits for it no longer than its shutdown time and the deadline', async () => {
  const tree = await Supervisor.startLink([{ id: 1, start: [Stuck, true], shutdown: 1000 }], { strategy: 'one_for_one' })
  const child = async (): Promise<Pid> => (await Supervisor.whichChildren(tree))[0]!.pid as Pid
  const first = await child()
  const pipes = [await stand(first, 'first')]
  {
    using clock = virtualClock()
    const end = down(first, { timeout: Infinity })
    Process.exit(first, 'kill')
    await clock.advance(5000)
    expect(await end).toBe('killed')
  }
  const second = await child()
  expect(second).not.toBe(first)
  pipes.push(await stand(second, 'second'))
  {
    using clock = virtualClock()
    const stopped = Supervisor.stop(tree, 'normal', Infinity)
    await clock.advance(1000)
    await clock.advance(5000)
    await stopped
  }
  expect(Process.zombies().map(({ pid }) => pid)).toEqual([first, second])
  for (const pipe of pipes) await pipe.close()
})
