// What a thread may post on the runtime's own lines without harm to others: anything. It can end itself; it cannot forge
// another's end, name, start or report, and nobody else is hurt.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { GenServer, Process, Supervisor, Sys, type Pid } from 'starfish'
import { assertNoLeaks, captureLog, down, restarted, type CapturedLog } from '@starfish/testing'
import { batchOfOne, Kind } from '#core/wire/envelope'
import { parsePid } from '#core/term/pid'
import Garbling, { Victim } from '../fixtures/garbling.js'
import Counter from '../fixtures/counter.js'

const id = (pid: Pid): number => parsePid(pid)!
const entry = (kind: number, to: number, from: number, tag: unknown, body: unknown): unknown[] => batchOfOne(kind, to, from, tag, body, false)

interface Scene {
  garbler: Pid
  /** On a thread of its own, and on the main thread; each is linked to `other` and monitors it. */
  readonly victims: readonly Pid[]
  readonly other: Pid
  /** On the main thread. */
  readonly supervisor: Pid
  /** Beside the garbler. */
  readonly child: Pid
}

let log: CapturedLog
let all: Scene
beforeAll(async () => {
  log = captureLog()
  const other = await GenServer.start(Victim, null, { name: 'other' })
  const threaded = await GenServer.start(Victim, other.pid, { name: 'victim' })
  const hosted = await GenServer.start(Victim, other.pid, { host: 'main' })
  const tree = await Supervisor.startLink([{ id: 'garbler', start: [Garbling, undefined] }, { id: 'child', start: [Counter, 0, { name: 'child' }] }], { strategy: 'one_for_one', maxRestarts: 1_000_000 })
  const garbler = (await Supervisor.whichChildren(tree)).find((one) => one.id === 'garbler')!.pid as Pid
  all = { garbler, victims: [threaded.pid, hosted.pid], other: other.pid, supervisor: tree.pid, child: Process.whereis('child')! }
})

/** Those who posted nothing are as they were. */
afterEach(async () => {
  for (const pid of all.victims) expect([await GenServer.call(pid, 'ping'), await GenServer.call(pid, 'heard')]).toEqual(['pong', []])
  expect(await GenServer.call(all.other, 'ping')).toBe('pong')
  expect([Process.whereis('other'), Process.whereis('victim'), Process.whereis('child')]).toEqual([all.other, all.victims[0], all.child])
  expect((await Supervisor.whichChildren(all.supervisor)).map((one) => one.id)).toEqual(['child', 'garbler'])
})

afterAll(async () => {
  for (const pid of [all.supervisor, ...all.victims, all.other]) await GenServer.stop(pid)
  log[Symbol.dispose]()
  await assertNoLeaks()
})

const post = (garbler: Pid, to: Pid | 'main', ...batches: unknown[]): void => void GenServer.cast(garbler, ['post', [batches, to]])

const nonsense: [string, (scene: Scene) => unknown][] = [
  ['nothing', () => null],
  ['a word', () => 'hello'],
  ['an object', () => ({ to: 'you' })],
  ['half a run', ({ garbler }) => [Kind.info, id(garbler)]],
  ['a run of a billion', ({ victims: [victim], garbler }) => [Kind.info, id(victim!), id(garbler), 1e9, 0, 'x']],
  ['a run for nobody', ({ garbler }) => entry(Kind.info, NaN, id(garbler), 0, 'x')],
  ['a run from a text', ({ victims: [victim] }) => entry(Kind.info, id(victim!), 'me' as never, 0, 'x')],
  ['a kind that is none', ({ garbler }) => entry(59, 0, id(garbler), 0, 0)],
  ['what only the main thread says', ({ victims: [victim], garbler }) => entry(Kind.died, id(victim!), id(garbler), 1, 'normal')],
  ['the end of itself without a reason', ({ garbler }) => entry(Kind.ended, 0, id(garbler), 0, undefined)],
  ['an exit signal without a reason', ({ victims: [victim], garbler }) => entry(Kind.signal, id(victim!), id(garbler), 0, 7)],
  ['a start that came to nothing known', ({ garbler }) => entry(Kind.started, 0, id(garbler), 0, undefined)],
  ['a letter to forward that is none', ({ garbler }) => entry(Kind.forward, 0, id(garbler), Kind.cast, undefined)],
  ['an order to forward', ({ garbler }) => entry(Kind.forward, 0, id(garbler), Kind.boot, [{ via: 'registry', name: 'x', key: 1 }, 1])],
  ['a port that is none', ({ garbler, victims: [victim] }) => entry(Kind.connect, 0, id(garbler), 1, id(victim!))],
  ['output to nowhere', ({ garbler }) => entry(Kind.output, 0, id(garbler), 'exit', 'x')],
  ['the start of a process by another', ({ garbler, other }) => entry(Kind.spawn, 0, id(garbler), 1, { parent: id(other), name: 'forged', definition: {} })],
  ['a name for itself that is none', ({ garbler }) => entry(Kind.register, 0, id(garbler), 1, [id(garbler), { name: 'x' }])],
  ['a report of another', ({ garbler, other }) => entry(Kind.report, 0, id(garbler), 0, { kind: 'crash', level: 'error', time: 1, pid: other, name: 'other', phase: 'run', reason: 'forged' })],
  ['an EXIT from a link of another', ({ victims: [, hosted], other }) => entry(Kind.exit, id(hosted!), id(other), 1, 'forged')],
  ['an exit signal of another', ({ victims: [, hosted], other }) => entry(Kind.exit, id(hosted!), id(other), 0, 'forged')],
  ['the end of a sibling to its supervisor', ({ supervisor }) => entry(Kind.exit, id(supervisor), id(Process.whereis('child')!), 0, 'forged')],
  ['a DOWN', ({ victims: [, hosted], garbler, other }) => entry(Kind.down, id(hosted!), id(garbler), '#Ref<0.0.1>', [other, 'forged'])],
]

describe('to the main thread', () => {
  test.each(nonsense)('%s: who posted it is ended, with a report, and nobody else', async (_, batch) => {
    const seen = log.events.length
    const end = down(all.garbler)
    post(all.garbler, 'main', batch(all))
    expect(await end).toEqual(['garbled', expect.objectContaining({ message: expect.any(String) as unknown })])
    expect(log.events.slice(seen).filter(({ kind, pid }) => kind === 'crash' && pid === all.garbler)).toHaveLength(1)
    all.garbler = await restarted(all.supervisor, 'garbler', all.garbler)
  })

  test.each<[string, (scene: Scene) => unknown]>([
    ['the end of another', ({ other }) => entry(Kind.ended, 0, id(other), 0, 'forged')],
    ['the start of another', ({ other }) => entry(Kind.started, 0, id(other), 0, { kind: 'error', reason: 'forged' })],
    ['the end of a link of others', ({ victims: [victim], other }) => entry(Kind.unlink, id(victim!), id(other), 0, 0)],
    ['the end of a monitor of another', ({ victims: [victim] }) => entry(Kind.demonitor, 0, id(victim!), '#Ref<0.2.1>', 0)],
    ['an exit signal by another', ({ victims: [victim], other }) => entry(Kind.signal, id(victim!), id(other), 0, 'kill')],
    ['a name that is taken', ({ garbler }) => entry(Kind.register, 0, id(garbler), 1, [id(garbler), 'other'])],
    ['an answer to nobody', () => entry(Kind.reply, 0, 0, 123_456_789, 'forged')],
  ])('%s: nobody is moved', async (_, batch) => {
    post(all.garbler, 'main', batch(all))
    expect(await GenServer.call(all.garbler, ['meet', all.victims[1]!])).toBe('pong') // nor is the garbler
  })

  test('a monitor with the ref of another’s: that one still hears of the end', async () => {
    await using garbler = await GenServer.start(Garbling, undefined)
    const watched = await GenServer.start(Victim, null)
    const ref = Process.monitor(watched.pid)
    post(garbler.pid, 'main', entry(Kind.monitor, id(watched.pid), id(garbler.pid), ref, undefined))
    await Sys.sync(garbler)
    await GenServer.stop(watched)
    expect(await Process.receive((message) => message[1] === ref, { timeout: 5000 })).toEqual(['DOWN', ref, watched.pid, 'normal'])
  })
})

test('to another worker: it says so in the log, and goes on', async () => {
  const [victim] = all.victims as [Pid]
  await GenServer.call(all.garbler, ['meet', victim])
  const seen = log.events.length
  post(all.garbler, victim, null, 'hello', [Kind.info, 1], entry(Kind.exit, id(victim), id(all.other), 1, 'forged'), entry(Kind.exit, id(victim), id(all.other), 0, 'forged'),
    entry(Kind.down, id(victim), id(all.other), '#Ref<0.1.1>', [all.other, 'forged']), entry(Kind.died, id(all.other), 0, 1, 'forged'), entry(Kind.boot, id(victim), 0, 0, {}))
  expect(await GenServer.call(all.garbler, ['meet', victim])).toBe('pong')
  await Sys.sync(victim)
  expect(log.events.slice(seen).filter(({ kind, pid }) => kind === 'text' && pid === victim)).toHaveLength(8)
})

/** Every entry there could be, from itself and from others, to anybody, with anything in it. What a process may do to others by right is left out. */
const anything = fc.anything({ maxDepth: 3, withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true })
const entries = fc.record({ kind: fc.nat(63), to: fc.nat(5), from: fc.nat(5), tag: fc.oneof(fc.nat(100), anything), body: anything, count: fc.constantFrom(1, 1, 1, 0, 2, 1e9) })
const isEntry = (one: unknown): one is { kind: number; to: number; from: number; tag: unknown; body: unknown; count: number } => typeof one === 'object' && one !== null && 'kind' in one && 'count' in one
const BY_RIGHT: readonly number[] = [Kind.cast, Kind.call, Kind.system, Kind.signal, Kind.exit, Kind.link, Kind.unregister, Kind.prepare]

test('whatever it posts, nobody else is hurt', async () => {
  const cloneable = (value: unknown): boolean => {
    try {
      structuredClone(value)
      return true
    } catch {
      return false
    }
  }
  const runs = Number(process.env['STARFISH_RUNS'] ?? 25)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof({ weight: 4, arbitrary: entries }, { weight: 1, arbitrary: anything }), { minLength: 1, maxLength: 20 }), async (what) => {
      const people = [0, id(all.garbler), ...all.victims.map(id), id(all.other), id(Process.self())]
      const batches = what.filter(cloneable).map((one) => {
        if (!isEntry(one)) return one
        const { kind, to, from, tag, body, count } = one
        return [BY_RIGHT.includes(kind) ? 59 : kind, people[to], people[from], count, tag, body]
      })
      if (batches.length === 0) return
      post(all.garbler, 'main', ...batches)
      if (await Sys.sync(all.garbler).then(() => false, () => true)) all.garbler = await restarted(all.supervisor, 'garbler', all.garbler)
      expect(Process.isAlive(all.other) && Process.whereis('other') === all.other).toBe(true)
    }),
    { numRuns: runs, ...(process.env['STARFISH_SEED'] && { seed: Number(process.env['STARFISH_SEED']) }) },
  )
}, 600_000)
