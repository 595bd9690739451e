// Every call settles: each way to die at each moment of a life. Whoever waits for the one that dies, whoever is queued
// behind, and whoever comes later is told what the documentation says. `npm test` takes a part of the product, so that
// each way and each moment is there; `npm run prove -- settle` takes all of it.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Worker } from 'node:worker_threads'
import { rmSync, writeFileSync } from 'node:fs'
import { GenServer, Process, Supervisor, type CallError, type Pid, type Started } from 'starfish'
import { assertNoLeaks, captureLog, down, gate, virtualClock, type CapturedLog } from '@starfish/testing'
import type { Arbiter } from '#core/process/arbiter'
import { here } from '#core/process/here'
import { parsePid } from '#core/term/pid'
import Mortal, { type Moment, type Plan, VANISHED, type Way, WAYS } from '../fixtures/mortal.js'
import Steward from '../fixtures/steward.js'

let log: CapturedLog
/** A caller in another thread. */
let steward: Started<typeof Steward>
beforeAll(async () => {
  log = captureLog()
  steward = await GenServer.start(Steward, undefined)
})
afterAll(async () => {
  await steward[Symbol.asyncDispose]()
  log[Symbol.dispose]()
  await assertNoLeaks()
})

const boom = expect.objectContaining({ name: 'RangeError', message: 'boom' }) as unknown
const overflow = expect.objectContaining({ name: 'RangeError', message: 'Maximum call stack size exceeded' }) as unknown
const coded = (code: string): unknown => expect.objectContaining({ code })

interface Death {
  /** Out of a callback, and from outside of any. */
  readonly reason: unknown
  readonly outside?: unknown
  /** The process itself, or its starter, says that the start failed: a call by name is made once more. */
  readonly failsStart?: boolean
  /** It does not die by itself. */
  readonly hangs?: boolean
}

const deaths: Readonly<Record<Way, Death>> = {
  'throws': { reason: ['error', boom], outside: ['uncaught_exception', boom], failsStart: true },
  'throws after an await': { reason: ['error', boom], outside: ['unhandled_rejection', boom], failsStart: true },
  'throws in a stray timer': { reason: ['uncaught_exception', boom] },
  'leaves a promise rejected': { reason: ['unhandled_rejection', boom] },
  'process.exit(0)': { reason: ['process_exit', 0] },
  'process.exit(3)': { reason: ['process_exit', 3] },
  'exit(reason)': { reason: ['my', 'reason'], failsStart: true },
  'runs out of memory': { reason: ['out_of_memory', coded('ERR_WORKER_OUT_OF_MEMORY')] },
  'overflows the stack': { reason: ['error', overflow], outside: ['uncaught_exception', overflow], failsStart: true },
  'spins': { reason: 'killed', hangs: true, failsStart: true },
  'waits for ever': { reason: 'killed', hangs: true, failsStart: true },
  'is killed': { reason: 'killed' },
  'is terminated': { reason: ['terminated', 1] },
  'answers what cannot be copied': { reason: ['error', coded('ERR_NOT_CLONEABLE')] },
  'its module is missing': { reason: ['undef', expect.objectContaining({ message: expect.stringMatching('Cannot find module') as unknown })], failsStart: true },
}

const moments: readonly Moment[] = ['idle', 'in a handler', 'with callers queued', 'during init', 'during terminate', 'while being restarted']
const inStart = (moment: Moment): boolean => moment === 'during init' || moment === 'while being restarted'

/** What can be. */
function isPossible(way: Way, moment: Moment): boolean {
  if (way === 'its module is missing') return inStart(moment)
  if (way === 'answers what cannot be copied') return !inStart(moment) && moment !== 'idle'
  return !(way === 'waits for ever' && moment === 'idle')
}

const all = WAYS.flatMap((way) => moments.filter((moment) => isPossible(way, moment)).map((moment) => [way, moment] as const))
/** Each way at one moment, each moment in two ways or three. */
const part = all.filter(([way, moment]) => WAYS.indexOf(way) % 6 === moments.indexOf(moment) || (way === 'answers what cannot be copied' && moment === 'during terminate') || (way === 'its module is missing' && moment === 'while being restarted'))
const product = process.env['STARFISH_PROOF'] === 'full' ? all : part

/** What a caller is told. */
type Fate = { readonly value: unknown } | { readonly reason: unknown }
const fate = (call: Promise<unknown>): Promise<Fate> => call.then((value) => ({ value }), (error: CallError) => ({ reason: error.reason }))
const callFromWorker = async (message: string): Promise<Fate> => {
  const answer = await GenServer.call(steward, ['call', ['mortal', message, Infinity]], { timeout: Infinity })
  return 'value' in answer ? answer : { reason: answer.reason }
}

/** How long callers wait for one that hangs, and starts for an init that does not come back, in ms of a clock of our own. */
const PATIENCE = 1000

test.each(product)('%s, %s', async (way, moment) => {
  const { reason: inside, outside = inside, hangs = false, failsStart = false } = deaths[way]
  const reason = moment === 'idle' ? outside : inside
  using clock = virtualClock()
  const spot = gate()
  const plan: Plan = { way, moment, lives: new Int32Array(new SharedArrayBuffer(4)), spot }
  await using tree = await Supervisor.startLink([], { strategy: 'one_for_one', maxRestarts: 1000 })
  const options = { name: 'mortal', ...(inStart(moment) && hangs ? { timeout: PATIENCE } : {}), ...(way === 'runs out of memory' ? { thread: { resourceLimits: { maxOldGenerationSizeMb: 24 } } } : {}) }
  const start = Supervisor.startChild(tree, { id: 'mortal', start: [Mortal, plan, options] })
  const started = fate(start)

  /** Calls while it stands at the gate: by pid, by name, by name from another thread. */
  const callEarly = async (pid: Pid): Promise<Promise<Fate>[]> => {
    const before = Process.info(pid)!.mailboxLength
    const calls = [fate(GenServer.call(pid, 'ping', { timeout: Infinity })), fate(GenServer.call('mortal', 'ping', { timeout: Infinity })), callFromWorker('ping')]
    while (Process.info(pid)!.mailboxLength < before + calls.length) await new Promise((resolve) => setImmediate(resolve))
    return calls
  }
  /** Lets it die: by itself, or by our hand. */
  const go = async (pid: Pid): Promise<void> => {
    if (way === 'is killed') Process.exit(pid, 'kill')
    else if (way === 'is terminated') await ((here.role as Arbiter)['entries'].get(parsePid(pid)!)!.thread as unknown as { worker: Worker }).worker.terminate()
    else gate.open(spot)
    if (hangs) await clock.advance(PATIENCE)
  }
  const seen = log.events.length
  const missing = way === 'its module is missing'
  if (missing && moment === 'during init') writeFileSync(VANISHED, '')

  try {
    if (moment === 'during init') {
      if (missing) return expect(await started).toEqual({ reason })
      await gate.arrival(spot)
      const pid = Process.whereis('mortal')!
      const early = await callEarly(pid)
      await go(pid)
      expect(await started).toEqual({ reason: hangs ? 'timeout' : reason })
      const byName = failsStart ? 'noproc' : reason
      expect(await Promise.all(early)).toEqual([{ reason }, { reason: byName }, { reason: byName }])
      expect(await fate(GenServer.call(pid, 'ping'))).toEqual({ reason: 'noproc' })
      expect(await fate(GenServer.call('mortal', 'ping'))).toEqual({ reason: 'noproc' })
      return
    }

    const { pid } = (await start) as { pid: Pid }
    if (moment === 'while being restarted') {
      if (missing) writeFileSync(VANISHED, '')
      Process.exit(pid, 'kill')
      if (missing) {
        const waiting = [fate(GenServer.call('mortal', 'ping', { timeout: Infinity })), callFromWorker('ping')]
        await expect(start).resolves.toBeDefined()
        while (!log.events.slice(seen).some((event) => event.kind === 'supervisor' && event.context === 'start_error')) await new Promise((resolve) => setImmediate(resolve))
        rmSync(VANISHED)
        expect(await Promise.all(waiting)).toEqual([{ value: 'pong' }, { value: 'pong' }])
      } else {
        await gate.arrival(spot)
        const next = Process.whereis('mortal')!
        const early = await callEarly(next)
        await go(next)
        const byName = failsStart ? { value: 'pong' } : { reason }
        expect(await Promise.all(early)).toEqual([{ reason }, byName, byName])
      }
    } else {
      // The one in flight: he waits only so long for one that hangs.
      const timeout = hangs ? PATIENCE : Infinity
      let inFlight: Promise<Fate>
      if (moment === 'idle') {
        GenServer.cast(pid, 'dieLater')
        await gate.arrival(spot)
        inFlight = fate(GenServer.call(pid, 'ping', { timeout }))
      } else {
        if (moment !== 'during terminate') inFlight = fate(GenServer.call(pid, 'die', { timeout }))
        else if (way === 'answers what cannot be copied') inFlight = fate(GenServer.call(pid, 'stop', { timeout }))
        else inFlight = fate(GenServer.stop(pid, 'normal', timeout))
        await gate.arrival(spot)
      }
      const queued = moment === 'with callers queued' || moment === 'during terminate' ? await callEarly(pid) : []
      await go(pid)
      const told = { reason: hangs ? 'timeout' : reason }
      // An idle one may still answer, before a timer strikes.
      if (moment === 'idle') expect([told, { value: 'pong' }]).toContainEqual(await inFlight)
      else expect(await inFlight).toEqual(told)
      if (hangs) Process.exit(pid, 'kill')
      if (hangs || moment === 'idle') await down(pid)
      expect(await Promise.all(queued)).toEqual(queued.map(() => ({ reason })))
    }
    expect(await fate(GenServer.call(pid, 'ping'))).toEqual({ reason: 'noproc' })
    expect(await fate(GenServer.call('mortal', 'ping'))).toEqual({ value: 'pong' })
  } finally {
    rmSync(VANISHED, { force: true })
    gate.open(spot)
  }
}, 20_000)

test('nobody waits any more', () => {
  expect(here.calls.size).toBe(0)
})
