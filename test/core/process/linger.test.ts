// A thread whose process has ended stands still for a moment before it is cleared away; nothing of it runs, and nobody has to
// wait for what it holds.
import { createServer, type AddressInfo } from 'node:net'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { GenServer, type Pid, Process, Supervisor } from 'starfish'
import { threadCount } from 'starfish/internal'
import { assertNoLeaks, captureLog, type CapturedLog, receive, restarted, virtualClock } from '@starfish/testing'
import { here } from '#core/process/here'
import Lingering, { type Holding, Word } from '../fixtures/lingering.js'

let log: CapturedLog
let memory: Int32Array
let port: number
/** How many threads have said that they stand still. */
let still: number

interface Threads {
  readonly threads: { readonly lingering: { begin: () => void } }
}
const { lingering } = (here.role as unknown as Threads).threads
const begin = lingering.begin.bind(lingering)

beforeEach(async () => {
  log = captureLog()
  memory = new Int32Array(new SharedArrayBuffer(8))
  still = 0
  lingering.begin = () => {
    still++
    begin()
  }
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  port = (server.address() as AddressInfo).port
  await new Promise((resolve) => server.close(resolve))
})
afterEach(() => {
  lingering.begin = begin
  log[Symbol.dispose]()
})
afterAll(() => assertNoLeaks())

const ways = ['throw', 'exit', 'kill', 'shutdown'] as const
type Way = (typeof ways)[number]

const start = async (holding: Holding): Promise<Pid> => ((await GenServer.start(Lingering, { holding, port, memory })) as { pid: Pid }).pid

function end(pid: Pid, how: Way): void {
  if (how === 'kill' || how === 'shutdown') Process.exit(pid, how)
  else GenServer.cast(pid, how)
}

async function seenToEnd(pid: Pid, how: Way): Promise<unknown> {
  const ref = Process.monitor(pid)
  end(pid, how)
  return (await receive((message) => message[0] === 'DOWN' && message[1] === ref))[3]
}

const reasons = { throw: ['error', expect.objectContaining({ message: 'as told' })], exit: ['process_exit', 1], kill: 'killed', shutdown: 'shutdown' }

test.each(ways)('%s: the process is dead when its thread stands still, which then ends', async (how) => {
  // On a busy machine a thread may not hear in time that it is to end itself.
  for (let tries = 0; still === 0 && tries < 50; tries++) expect(await seenToEnd(await start('nothing'), how)).toEqual(reasons[how])
  expect(still).toBe(1)
  await assertNoLeaks()
  expect(threadCount()).toBe(0)
})

test('a normal end, whose place nobody takes, is not put off', async () => {
  const pid = await start('nothing')
  const ref = Process.monitor(pid)
  await GenServer.stop(pid)
  await receive((message) => message[1] === ref)
  await assertNoLeaks()
  expect(still).toBe(0)
})

describe.each(['a port', 'a port that keeps nothing alive', 'a port for datagrams', 'a thread of its own', 'native code', 'a child'] as const)('who holds %s', (holding) => {
  test.each(ways)('does not linger after %s: it is free for the next', async (how) => {
    await using tree = await Supervisor.startLink([[Lingering, { holding, port, memory }]], { strategy: 'one_for_one', maxRestarts: 100 })
    for (let i = 0; i < 2; i++) {
      const before = Process.whereis('Lingering')!
      end(before, how)
      await restarted(tree, 'Lingering', before)
    }
    // A second try would be in the log.
    expect(log.events.filter((event) => event.kind === 'supervisor' && event.context === 'start_error')).toEqual([])
    expect(await GenServer.call('Lingering', 'there')).toBe(true)
    expect(still).toBe(0)
  })
})

const { navigator } = globalThis as { readonly navigator?: object }
const hasLocks = navigator !== undefined && 'locks' in navigator
;(hasLocks ? test.each(ways) : test.skip.each(ways))('%s: a lock is free for the next', async (how) => {
  await using tree = await Supervisor.startLink([[Lingering, { holding: 'a lock', port, memory }]], { strategy: 'one_for_one', maxRestarts: 100 })
  for (let i = 0; i < 5; i++) {
    const before = Process.whereis('Lingering')!
    end(before, how)
    await restarted(tree, 'Lingering', before)
  }
  expect(log.events.filter((event) => event.kind === 'supervisor' && event.context === 'start_error')).toEqual([])
  expect(still).toBe(0)
})

test.each(['throw', 'exit'] as const)('%s: a listener to exit that throws delays nothing, and is reported', async (how) => {
  using _clock = virtualClock() // no deadline passes
  const pid = await start('a listener that throws')
  await seenToEnd(pid, how)
  await assertNoLeaks()
  if (how === 'throw') expect(log.events).toContainEqual(expect.objectContaining({ kind: 'text', level: 'error', message: "a listener of Lingering to 'exit' failed: Error: in exit" }))
})

test('what a preloaded module does at the end is done before the process is said to be dead', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'starfish-')), 'said')
  const thread = { execArgv: ['--require', join(__dirname, '../fixtures/preloaded.js')], env: { ...process.env, SAY_IN: file } }
  const { pid } = await GenServer.start(Lingering, { holding: 'nothing', port, memory }, { thread })
  await seenToEnd(pid, 'throw')
  expect(readFileSync(file, 'utf8')).toBe('done')
  rmSync(dirname(file), { recursive: true })
})

test.each(ways.flatMap((how) => [[how, 'a listener'], [how, 'a hook']] as const))('%s: %s of the user’s has run when the process is said to be dead, or does not run', async (how, holding) => {
  const pid = await start(holding)
  await seenToEnd(pid, how)
  const heard = memory[Word.exitListeners]
  await assertNoLeaks()
  expect([heard, memory[Word.exitListeners]]).toEqual(how === 'kill' || how === 'shutdown' ? [0, 0] : [1, 1])
})

test.each([...ways.map((how) => [how, 'nothing'] as const), ...(['throw', 'kill', 'shutdown'] as const).map((how) => [how, 'process.exit'] as const)])(
  '%s: no timer fires once the process is said to be dead, whose module has replaced %s',
  async (how, holding) => {
    const pid = await start(holding)
    GenServer.cast(pid, 'tick')
    while (memory[Word.ticks] === 0) await sleep(1)
    await seenToEnd(pid, how)
    const ticks = memory[Word.ticks]
    await assertNoLeaks()
    expect(memory[Word.ticks]).toBe(ticks)
  },
)

test.each(['kill', 'shutdown'] as const)('%s: a thread that seems idle and is in a loop is ended all the same', async (how) => {
  const pid = await start('nothing')
  GenServer.cast(pid, 'spin')
  while (memory[Word.ticks] === 0) await sleep(1)
  expect(await seenToEnd(pid, how)).toBe(how === 'kill' ? 'killed' : 'shutdown')
  expect(still).toBe(0)
})
