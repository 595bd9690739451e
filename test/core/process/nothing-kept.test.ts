// What is over leaves nothing in memory: not in who did it, and not in the thread that keeps the books.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { DynamicSupervisor, GenServer, Process, Registry, Supervisor, Sys } from 'starfish'
import { assertNoLeaks, captureLog, down, type CapturedLog } from '@starfish/testing'
import Hoarder, { collect, type Deed, DEEDS, EchoServer, entriesInBooks } from '../fixtures/hoarder.js'

let log: CapturedLog
beforeAll(() => void (log = captureLog()))
afterAll(async () => {
  log[Symbol.dispose]()
  await assertNoLeaks()
})

test.each(['thread', 'main'] as const)('calls, monitors, timers and keys, by hundreds, of a server on %s leave no entry in any book', async (host) => {
  await using _registry = await Registry.startLink({ name: 'Keys', keys: 'unique' })
  await Registry.register('Keys', 'taken')
  await using echo = await GenServer.start(EchoServer, undefined)
  await using server = await GenServer.start(Hoarder, echo.pid, { host })
  /** Whether more is left than by chance, there or here. */
  const leaves = async (...names: Deed[]): Promise<boolean> => {
    const before = entriesInBooks()
    const there = await GenServer.call(server, ['growth', { names, times: 250 }], { timeout: 60_000 })
    return there > 20 || entriesInBooks() - before > 20
  }
  const guilty: Deed[] = []
  if ((await leaves(...DEEDS)) && (await leaves(...DEEDS))) for (const deed of DEEDS) if (await leaves(deed)) guilty.push(deed)
  expect(guilty).toEqual([])
})

test('the argument of a temporary child goes with it; that of one that may come back stays', async () => {
  await using dynamic = await DynamicSupervisor.startLink()
  await using tree = await Supervisor.startLink([], { strategy: 'one_for_one' })
  const start = async (supervisor: typeof tree, restart: 'temporary' | 'permanent', id: string): Promise<WeakRef<object>> => {
    const argument = { id }
    const spec = { id, start: [EchoServer, argument as never, { host: 'main' as const }] as const, restart }
    const { pid } = await (supervisor === dynamic ? DynamicSupervisor.startChild(dynamic, spec) : Supervisor.startChild(tree, spec))
    const ended = down(pid!)
    Process.exit(pid!, 'kill')
    await ended
    await Sys.sync(supervisor)
    return new WeakRef(argument)
  }
  const gone = [await start(dynamic, 'temporary', 'a'), await start(tree, 'temporary', 'b')]
  const stays = [await start(dynamic, 'permanent', 'c'), await start(tree, 'permanent', 'd')]
  for (let i = 0; i < 20 && gone.some((one) => one.deref()); i++) {
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
  expect(gone.map((one) => one.deref())).toEqual([undefined, undefined])
  expect(stays.map((one) => one.deref())).toEqual([{ id: 'c' }, { id: 'd' }])
})
