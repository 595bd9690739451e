// Chaos against a model: a tree of counters, called, cast, killed and crashed in any order. Each call settles; what was
// acknowledged since a counter's last start is in its state, and nothing else; who did not die was not restarted.
// `npm run prove -- chaos --seed 7 --runs 500` takes as long as one likes.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { GenServer, Process, Supervisor, Sys, type CallError, type Pid, type Started, type Strategy } from 'starfish'
import { assertNoLeaks, captureLog, down, type CapturedLog } from '@starfish/testing'
import { here } from '#core/process/here'
import { affected } from '#core/rule/strategy'
import Tally, { type End } from '../fixtures/tally.js'
import Steward from '../fixtures/steward.js'

let log: CapturedLog
let steward: Started<typeof Steward>
beforeAll(async () => {
  log = captureLog()
  steward = await GenServer.start(Steward, undefined)
})
afterAll(async () => {
  await GenServer.stop(steward)
  log[Symbol.dispose]()
  await assertNoLeaks()
})

const NAMES = ['tally a', 'tally b', 'tally c'] as const

/** What is known of a counter without asking it. */
interface Known {
  readonly name: string
  pid: Pid
  /** All that was added since its last start. */
  sum: number
}

interface Model {
  readonly strategy: Strategy
  readonly tallies: Known[]
}

interface Real {
  readonly tree: Pid
}

type Command = fc.AsyncCommand<Model, Real>

const command = (text: string, run: (model: Model, real: Real) => Promise<void>): Command => ({ check: () => true, run, toString: () => text })

/** Those that go down with one: they begin at 0, with another pid. */
async function restarted(model: Model, tally: Known): Promise<void> {
  const swept = affected(model.strategy, model.tallies, tally)
  await Promise.all(swept.map(({ pid }) => down(pid)))
  for (const one of model.tallies) {
    if (!swept.includes(one)) {
      expect(Process.whereis(one.name)).toBe(one.pid)
      continue
    }
    // By name it waits until it is back.
    one.sum = await GenServer.call<number>(one.name, 'sum', { timeout: Infinity })
    expect([one.name, one.sum, Process.whereis(one.name) === one.pid]).toEqual([one.name, 0, false])
    one.pid = Process.whereis(one.name)!
  }
}

const which = fc.nat(NAMES.length - 1)
const commands = [
  fc.tuple(which, fc.integer({ min: 1, max: 9 }), fc.boolean()).map(([at, by, fromWorker]) => command(`call ${NAMES[at]} add ${by}${fromWorker ? ' from a worker' : ''}`, async ({ tallies }) => {
    const tally = tallies[at]!
    tally.sum += by
    const sum = fromWorker ? await GenServer.call(steward, ['call', [tally.name, ['add', by], Infinity]]) : { value: await GenServer.call(tally.name, ['add', by]) }
    expect(sum).toEqual({ value: tally.sum })
  })),
  fc.tuple(which, fc.integer({ min: 1, max: 30 })).map(([at, times]) => command(`cast ${NAMES[at]} ${times} times`, async ({ tallies }) => {
    const tally = tallies[at]!
    for (let i = 0; i < times; i++) GenServer.cast(tally.name, ['add', 1])
    tally.sum += times
    await Sys.sync(tally.name)
  })),
  fc.tuple(which, fc.constantFrom<End>('throw', 'exit', 'stop', 'timer', 'spin'), fc.nat(5)).map(([at, end, queued]) => command(`end ${NAMES[at]} by ${end} with ${queued} callers behind`, async (model) => {
    const tally = model.tallies[at]!
    const { pid } = tally
    const waiting = [GenServer.call(pid, ['end', end], { timeout: Infinity }), ...Array.from({ length: queued }, () => GenServer.call(pid, 'sum', { timeout: Infinity }))]
    const fates = waiting.map((call) => call.then(() => 'answered', (error: CallError) => error.code))
    if (end === 'spin') Process.exit(pid, 'kill')
    expect(new Set(await Promise.all(fates))).toEqual(new Set(['ERR_CALL_EXIT']))
    await restarted(model, tally)
  })),
  fc.tuple(which, fc.nat(30)).map(([at, casts]) => command(`kill ${NAMES[at]} behind ${casts} casts`, async (model) => {
    const tally = model.tallies[at]!
    for (let i = 0; i < casts; i++) GenServer.cast(tally.pid, ['add', 1])
    Process.exit(tally.pid, 'kill')
    await restarted(model, tally)
  })),
  fc.constant(command('kill all at once', async (model) => {
    const pids = model.tallies.map(({ pid }) => pid)
    for (const pid of pids) Process.exit(pid, 'kill')
    await Promise.all(pids.map((pid) => down(pid)))
    for (const tally of model.tallies) {
      tally.sum = await GenServer.call<number>(tally.name, 'sum', { timeout: Infinity })
      expect(tally.sum).toBe(0)
    }
    // Of one_for_all, each death that was not met in a sweep is a restart of all.
    await settled(model)
  })),
]

/** Until the tree is at rest, every supervised one having answered. */
async function settled({ tallies }: Model): Promise<void> {
  for (let before = ''; ; ) {
    for (const { name } of tallies) await GenServer.call(name, 'sum', { timeout: Infinity })
    for (const tally of tallies) tally.pid = Process.whereis(tally.name) ?? tally.pid
    const now = tallies.map(({ pid }) => pid).join()
    if (now === before) return
    before = now
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('each call settles, and what was acknowledged since the last start is there', async () => {
  const strategy = fc.constantFrom<Strategy>('one_for_one', 'one_for_all', 'rest_for_one')
  const seed = process.env['STARFISH_SEED']
  await fc.assert(
    fc.asyncProperty(strategy, fc.commands(commands, { maxCommands: process.env['STARFISH_PROOF'] === 'full' ? 20 : 8 }), async (of, plan) => {
      const children = NAMES.map((name) => ({ id: name, start: [Tally, undefined, { name }] as const }))
      await using tree = await Supervisor.startLink(children, { strategy: of, maxRestarts: 1_000_000 })
      const tallies = NAMES.map((name) => ({ name, pid: Process.whereis(name)!, sum: 0 }))
      await fc.asyncModelRun(() => ({ model: { strategy: of, tallies }, real: { tree: tree.pid } }), plan)
      for (const { name, sum } of tallies) expect([name, await GenServer.call(name, 'sum')]).toEqual([name, sum])
      expect(here.calls.size).toBe(0)
      expect(await Supervisor.countChildren(tree)).toMatchObject({ specs: NAMES.length, active: NAMES.length })
    }),
    { numRuns: Number(process.env['STARFISH_RUNS'] ?? 3), endOnFailure: true, ...(seed === undefined ? {} : { seed: Number(seed) }) },
  )
}, 3_600_000)
