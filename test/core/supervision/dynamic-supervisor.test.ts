// Children that come and go one by one. A start function runs here, so a test says what each start comes to.
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { DynamicSupervisor, exit, GenServer, Process, Supervisor, Sys, type LogEvent, type Pid, type Reason } from 'starfish'
import { assertNoLeaks, captureLog, down, receive, restarted, sync, virtualClock, type CapturedLog } from '@starfish/testing'
import { decodeReason } from '#core/wire/codec'
import Mannered, { type Manner } from '../fixtures/mannered.js'
import * as Counter from '../fixtures/counter.js'
import { Sessions } from '../fixtures/sessions.js'

let log: CapturedLog
beforeEach(() => void (log = captureLog()))
afterEach(() => log[Symbol.dispose]())
afterAll(() => assertNoLeaks())

type Children = Parameters<typeof DynamicSupervisor.startChild>[1]
const child = (rest: object = {}, argument?: unknown): Children => ({ id: 'any', start: [Mannered, argument], ...rest }) as Children
const mannered = (last: Manner['last'], rest: object = {}): Children => child(rest, { witness: Process.self(), last })
const counts = (specs: number, active = specs): object => ({ specs, active, supervisors: 0, workers: specs })
const started = async (supervisor: { readonly pid: Pid }, spec: Children): Promise<Pid> => (await DynamicSupervisor.startChild(supervisor, spec)).pid!
const reports = (context: string): unknown[] =>
  log.events.filter((event): event is LogEvent & { kind: 'supervisor' } => event.kind === 'supervisor' && event.context === context).map(({ reason }) => decodeReason(reason))

async function end(pid: Pid, reason: Reason): Promise<void> {
  const ended = down(pid)
  GenServer.cast(pid, ['end', reason])
  await ended
}

/** A child whose first start works and whose later ones come to this, in turn, until they work again. */
function scripted(...later: (() => unknown)[]): Children {
  let starts = 0
  return { id: 'scripted', start: () => (starts++ === 0 ? undefined : later.shift())?.() ?? GenServer.startLink(Mannered, starts) } as Children
}

const fail = (): never => exit('no')

/** Kills a child, and gives what `look` asks the supervisor between the first attempt to restart it and the next. */
async function afterFirstAttempt(supervisor: { readonly pid: Pid }, pid: Pid, look: () => Promise<unknown>): Promise<unknown> {
  await Sys.suspend(supervisor)
  Process.exit(pid, 'kill')
  await down(pid)
  while (Process.info(supervisor.pid)!.mailboxLength === 0) await new Promise((resolve) => setImmediate(resolve))
  const seen = look() // behind the death, ahead of the next attempt
  await Sys.resume(supervisor)
  return seen
}

describe('starting', () => {
  test('children have no ids, and the same spec serves many', async () => {
    await using supervisor = await DynamicSupervisor.startLink()
    const pids = [await started(supervisor, child()), await started(supervisor, child()), await started(supervisor, [Mannered, 0])]
    expect(new Set(pids).size).toBe(3)
    expect(await DynamicSupervisor.countChildren(supervisor)).toEqual(counts(3))
    expect(await DynamicSupervisor.whichChildren(supervisor)).toEqual(pids.map((pid) => ({ id: undefined, pid, type: 'worker' })))
  })

  test('a supervisor as a child counts as one', async () => {
    await using supervisor = await DynamicSupervisor.startLink()
    await DynamicSupervisor.startChild(supervisor, DynamicSupervisor.spec())
    await DynamicSupervisor.startChild(supervisor, child())
    expect(await DynamicSupervisor.countChildren(supervisor)).toEqual({ specs: 2, active: 2, supervisors: 1, workers: 1 })
  })

  test('what a start function gives', async () => {
    await using supervisor = await DynamicSupervisor.startLink()
    const by = (start: () => unknown): Promise<unknown> => DynamicSupervisor.startChild(supervisor, { id: 'f', start } as Children).catch((error: { code: string; reason: Reason }) => [error.code, error.reason])
    const other = async (): Promise<unknown> => [await GenServer.startLink(Mannered, 0), 'info']
    expect(await by(other)).toEqual({ pid: expect.any(String), info: 'info' })
    expect(await by(() => 'ignore')).toEqual({ pid: undefined })
    expect(await by(() => 'junk')).toEqual(['ERR_START', 'junk'])
    expect(await by(() => exit('why'))).toEqual(['ERR_START', 'why'])
    expect(await by(() => { throw 'value' })).toEqual(['ERR_START', ['nocatch', 'value']]) // eslint-disable-line no-throw-literal
    expect(await by(() => { throw new RangeError('told') })).toEqual(['ERR_START', ['error', expect.objectContaining({ name: 'RangeError', message: 'told' })]])
    expect(await DynamicSupervisor.countChildren(supervisor)).toEqual(counts(1))
  })

  test('a failed start is told to who asked, and costs nothing', async () => {
    await using supervisor = await DynamicSupervisor.startLink({ maxRestarts: 0, maxChildren: 1 })
    for (let i = 0; i < 2; i++) await expect(DynamicSupervisor.startChild(supervisor, { id: 'f', start: fail })).rejects.toMatchObject({ code: 'ERR_START', reason: 'no' })
    expect(await started(supervisor, child())).toEqual(expect.any(String))
  })

  test.each([
    ['no start', { id: 1 }],
    ['a shutdown below 0', { id: 1, start: [Mannered, 0], shutdown: -1 }],
    ['a restart type that is none', { id: 1, start: [Mannered, 0], restart: 'always' }],
    ['significant', { id: 1, start: [Mannered, 0], restart: 'temporary', significant: true }],
  ])('a spec with %s is refused where it is written', async (_, spec) => {
    await expect(DynamicSupervisor.startChild('nobody', spec as never)).rejects.toMatchObject({ code: 'ERR_BAD_CHILD_SPEC' })
  })

  test.each([
    { strategy: 'one_for_all' }, { maxRestarts: -1 }, { maxSeconds: 0 }, { maxChildren: -1 }, { maxChildren: 1.5 }, { extraArguments: 'list' }, { autoShutdown: 'never' },
  ])('the options %j are refused', async (options) => {
    await expect(DynamicSupervisor.startLink(options as never)).rejects.toMatchObject({ code: 'ERR_BAD_CHILD_SPEC' })
    expect(() => DynamicSupervisor.spec(options as never)).toThrow(expect.objectContaining({ code: 'ERR_BAD_CHILD_SPEC' }))
  })

  test('a spec refuses a signal, which it could not keep', () => {
    expect(() => DynamicSupervisor.spec({ signal: new AbortController().signal } as never)).toThrow(expect.objectContaining({ code: 'ERR_BAD_CHILD_SPEC' }))
  })
})

describe('extraArguments', () => {
  test('come before the argument, at every start', async () => {
    await using supervisor = await DynamicSupervisor.startLink({ extraArguments: ['a', 'b'] })
    const first = await started(supervisor, child({}, 'own'))
    expect(await GenServer.call(first, 'get')).toEqual(['a', 'b', 'own'])
    await end(first, 'oops')
    const [again] = await DynamicSupervisor.whichChildren(supervisor)
    expect(again!.pid).not.toBe(first)
    expect(await GenServer.call(again!.pid as Pid, 'get')).toEqual(['a', 'b', 'own'])
  })

  test('a start function and the startLink of a module get them as their arguments', async () => {
    await using supervisor = await DynamicSupervisor.startLink({ extraArguments: ['a', 'b'] })
    const seen: unknown[] = []
    const start = (...args: unknown[]): unknown => (seen.push(args), GenServer.startLink(Mannered, 0))
    await started(supervisor, { id: 'f', start } as Children)
    await started(supervisor, [{ startLink: start, default: Counter.default }, 'own'] as Children)
    expect(seen).toEqual([['a', 'b'], ['a', 'b', 'own']])
  })
})

describe('what the end of a child means', () => {
  test.each([
    ['permanent', ['normal', 'shutdown', 'oops'], []],
    ['transient', ['oops'], ['normal', 'shutdown', ['shutdown', 'x']]],
    ['temporary', [], ['normal', 'shutdown', 'oops']],
  ])('%s: started again after %j, gone after %j', async (restart, again, gone) => {
    await using supervisor = await DynamicSupervisor.startLink({ maxRestarts: 9 })
    for (const reason of [...again, ...gone] as Reason[]) {
      const pid = await started(supervisor, child({ restart }))
      await end(pid, reason)
      const children = await DynamicSupervisor.whichChildren(supervisor)
      expect([reason, children.length]).toEqual([reason, again.includes(reason as never) ? 1 : 0])
      for (const { pid: next } of children) {
        expect(next).not.toBe(pid)
        await DynamicSupervisor.terminateChild(supervisor, next as Pid)
      }
    }
  })

  test('a start that is done again may come to something else: a pid, ignore, an error, junk', async () => {
    await using supervisor = await DynamicSupervisor.startLink({ maxRestarts: 100 })
    const pids = await Promise.all([scripted(), scripted(() => 'ignore')].map((spec) => started(supervisor, spec)))
    for (const pid of pids) await end(pid, 'oops')
    const left = await DynamicSupervisor.whichChildren(supervisor)
    expect(left.map(({ pid }) => typeof pid)).toEqual(['string'])
    expect(pids).not.toContain(left[0]!.pid)
    const failing = await started(supervisor, scripted(fail, () => 'junk'))
    await end(failing, 'oops')
    for (let specs = 0; (await DynamicSupervisor.countChildren(supervisor)).active < 2; specs++) expect(specs).toBeLessThan(10)
    expect(reports('start_error')).toEqual(['no', 'junk'])
  })

  test('too many restarts end the supervisor and all children', async () => {
    const supervisor = await DynamicSupervisor.startLink({ maxRestarts: 1 })
    const bystander = down(await started(supervisor, child()))
    const ended = down(supervisor)
    const pid = await started(supervisor, scripted(fail, fail))
    Process.exit(pid, 'kill')
    expect([await ended, await bystander]).toEqual(['shutdown', 'shutdown'])
    expect(reports('shutdown')).toEqual(['reached_max_restart_intensity'])
  })
})

describe('a child that is being restarted', () => {
  test('counts: as a spec, for maxChildren, and is listed; but is not active', async () => {
    await using supervisor = await DynamicSupervisor.startLink({ maxChildren: 1, maxRestarts: 9 })
    const pid = await started(supervisor, scripted(fail))
    const seen = await afterFirstAttempt(supervisor, pid, () => Promise.all([
      DynamicSupervisor.countChildren(supervisor),
      DynamicSupervisor.whichChildren(supervisor),
      DynamicSupervisor.startChild(supervisor, child()).catch(({ code, reason }: { code: string; reason: Reason }) => [code, reason]),
    ]))
    expect(seen).toEqual([counts(1, 0), [{ id: undefined, pid: 'restarting', type: 'worker' }], ['ERR_CHILD', 'max_children']])
  })

  test('is found by its old pid, and not tried again when it is terminated', async () => {
    await using supervisor = await DynamicSupervisor.startLink({ maxRestarts: 9 })
    const pid = await started(supervisor, scripted(fail))
    const seen = await afterFirstAttempt(supervisor, pid, () => Promise.all([
      DynamicSupervisor.terminateChild(supervisor, pid),
      DynamicSupervisor.terminateChild(supervisor, pid).catch(({ reason }: { reason: Reason }) => reason),
    ]))
    expect(seen).toEqual([undefined, 'not_found'])
    await sync(supervisor.pid)
    expect(await DynamicSupervisor.countChildren(supervisor)).toEqual(counts(0))
  })
})

test('maxChildren 0 allows none, and a place is free again when a temporary child has ended', async () => {
  await using none = await DynamicSupervisor.startLink({ maxChildren: 0 })
  await expect(DynamicSupervisor.startChild(none, child())).rejects.toMatchObject({ code: 'ERR_CHILD', reason: 'max_children' })
  await using one = await DynamicSupervisor.startLink({ maxChildren: 1 })
  const pid = await started(one, child({ restart: 'temporary' }))
  await expect(DynamicSupervisor.startChild(one, child())).rejects.toMatchObject({ reason: 'max_children' })
  await end(pid, 'oops')
  expect(await started(one, child())).not.toBe(pid)
})

describe('stopping', () => {
  test('terminateChild stops one for good; a pid that is no child is not found, and what is no pid refused', async () => {
    await using supervisor = await DynamicSupervisor.startLink()
    const [one, two] = [await started(supervisor, mannered('at once')), await started(supervisor, child({ shutdown: 'brutal_kill' }))]
    const ends = [down(one), down(two)]
    await DynamicSupervisor.terminateChild(supervisor, one)
    await DynamicSupervisor.terminateChild(supervisor, { pid: two })
    expect(await Promise.all(ends)).toEqual(['shutdown', 'killed'])
    expect(await DynamicSupervisor.countChildren(supervisor)).toEqual(counts(0))
    await expect(DynamicSupervisor.terminateChild(supervisor, one)).rejects.toMatchObject({ code: 'ERR_CHILD', reason: 'not_found' })
    await expect(DynamicSupervisor.terminateChild(supervisor, undefined as never)).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
  })

  test('all children are told at once, and waited for together', async () => {
    const supervisor = await DynamicSupervisor.startLink()
    const pids = [await started(supervisor, mannered('held')), await started(supervisor, mannered('held'))]
    const stopping = DynamicSupervisor.stop(supervisor)
    for (const pid of pids) await receive((message) => message[0] === 'terminating' && message[1] === pid && message[2] === 'shutdown')
    expect(pids.map(Process.isAlive)).toEqual([true, true])
    for (const pid of pids) Process.send(pid, 'go on')
    await stopping
    expect(pids.map(Process.isAlive)).toEqual([false, false])
  })

  test('each has its own time: brutal_kill none, a number that many ms, infinity as long as it takes', async () => {
    using clock = virtualClock()
    const supervisor = await DynamicSupervisor.startLink()
    const [brutal, short, long, patient] = [
      await started(supervisor, mannered('hanging', { shutdown: 'brutal_kill' })), await started(supervisor, mannered('hanging', { shutdown: 100 })),
      await started(supervisor, mannered('hanging', { shutdown: 1000 })), await started(supervisor, mannered('held', { shutdown: 'infinity' })),
    ]
    const ends = [brutal, short, long, patient].map((pid) => down(pid, { timeout: Infinity }))
    const stopping = DynamicSupervisor.stop(supervisor)
    expect(await ends[0]).toBe('killed')
    await receive((message) => message[0] === 'terminating' && message[1] === patient)
    await clock.advance(99)
    expect([short, long, patient].map(Process.isAlive)).toEqual([true, true, true])
    await clock.advance(1)
    expect(await ends[1]).toBe('killed')
    await clock.advance(899)
    expect([long, patient].map(Process.isAlive)).toEqual([true, true])
    await clock.advance(1)
    expect(await ends[2]).toBe('killed')
    await clock.advance(3_600_000)
    expect(Process.isAlive(patient)).toBe(true)
    Process.send(patient, 'go on')
    await stopping
    expect(await ends[3]).toBe('shutdown')
    expect(reports('shutdown_error')).toEqual(['killed', 'killed'])
  })

  test.each([
    ['permanent', ['normal', 'oops']],
    ['transient', ['oops']],
  ])('what %s children end with is reported: %j', async (restart, reported) => {
    const supervisor = await DynamicSupervisor.startLink()
    for (const reason of ['normal', ['shutdown', 'x'], 'oops'] as Reason[]) await started(supervisor, mannered(['exits', reason], { restart }))
    await DynamicSupervisor.stop(supervisor)
    expect(reports('shutdown_error').toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual(reported)
  })

  test('when its signal fires', async () => {
    const abort = new AbortController()
    const supervisor = await DynamicSupervisor.startLink({ signal: abort.signal })
    const ends = [down(supervisor), down(await started(supervisor, child()))]
    abort.abort()
    expect(await Promise.all(ends)).toEqual(['normal', 'shutdown'])
  })
})

test('it comes back empty when it is restarted itself', async () => {
  await using top = await Supervisor.startLink([DynamicSupervisor.spec({ name: 'Sessions' })], { strategy: 'one_for_one' })
  const pid = (await DynamicSupervisor.startChild('Sessions', child())).pid!
  const [ended, before] = [down(pid), Process.whereis('Sessions')!]
  Process.exit(before, 'kill')
  const after = await restarted(top, 'Sessions', before)
  expect(await ended).toBe('killed')
  expect(Process.whereis('Sessions')).toBe(after)
  expect(await DynamicSupervisor.countChildren('Sessions')).toEqual(counts(0))
})

describe('as a module', () => {
  const startSessions = (init: () => unknown): Promise<unknown> => DynamicSupervisor.startLink(Sessions, init as never)

  test('its init gives the options; its name is the one of the definition', async () => {
    await using _sessions = (await startSessions(() => ({ maxChildren: 1 }))) as AsyncDisposable
    const pid = await started({ pid: Process.whereis('Sessions')! }, child())
    expect(await DynamicSupervisor.whichChildren('Sessions')).toEqual([{ id: undefined, pid, type: 'worker' }])
    await expect(DynamicSupervisor.startChild('Sessions', child())).rejects.toMatchObject({ reason: 'max_children' })
    await expect(startSessions(() => ({}))).rejects.toMatchObject({ reason: ['already_started', Process.whereis('Sessions')] })
  })

  test('an init that says ignore leaves nothing', async () => {
    expect(await startSessions(() => 'ignore')).toBe('ignore')
    expect(Process.whereis('Sessions')).toBeUndefined()
  })

  const comes: [what: string, init: () => unknown, reason: unknown][] = [
    ['junk', () => 'junk', ['bad_return', ['Sessions', 'init', 'junk']]],
    ['an option that is none', () => ({ maxChildren: -1 }), ['error', expect.objectContaining({ code: 'ERR_BAD_CHILD_SPEC' })]],
    ['an exit', () => exit('no'), 'no'],
  ]

  test.each(comes)('an init that comes to %s fails the start', async (_, init, reason) => {
    await expect(startSessions(init)).rejects.toMatchObject({ code: 'ERR_START', reason })
    expect(Process.whereis('Sessions')).toBeUndefined()
  })
})

test('two hundred children at once: the list and the counts agree, and none is left when all were killed', async () => {
  await using supervisor = await DynamicSupervisor.startLink()
  const pids = await Promise.all(Array.from({ length: 200 }, () => started(supervisor, child({ restart: 'temporary' }))))
  expect((await DynamicSupervisor.whichChildren(supervisor)).map(({ pid }) => pid).toSorted()).toEqual(pids.toSorted())
  expect(await DynamicSupervisor.countChildren(supervisor)).toEqual(counts(200))
  const ended = pids.map((pid) => down(pid))
  for (const pid of pids) Process.exit(pid, 'kill')
  await Promise.all(ended)
  expect(await DynamicSupervisor.countChildren(supervisor)).toEqual(counts(0))
})
