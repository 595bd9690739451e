// What a child may be written as, what each form means, and what is refused before anything starts.
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals'
import { GenServer, Process, Supervisor, type ChildSpec } from 'starfish'
import { assertNoLeaks, captureLog, type CapturedLog } from '@starfish/testing'
import Counter, * as CounterModule from '../fixtures/counter.js'
import Counters from '../fixtures/counters.js'
import { plant } from './scripted-tree.js'

let log: CapturedLog
beforeEach(() => void (log = captureLog()))
afterEach(() => log[Symbol.dispose]())
afterAll(() => assertNoLeaks())

const one = { strategy: 'one_for_one' } as const
const bad = (message: RegExp | string) => ({ code: 'ERR_BAD_CHILD_SPEC', message: expect.stringMatching(message) })

test.each<[string, unknown, number, string]>([
  ['a definition', Counter, 0, 'SpecCounter'],
  ['a definition with its argument', [Counter, 7], 7, 'SpecCounter'],
  ['a module with startLink', CounterModule, 0, 'SpecCounter'],
  ['a module with its argument', [CounterModule, 7], 7, 'SpecCounter'],
  ['a spec that starts a definition', { id: 'c', start: Counter }, 0, 'c'],
  ['a spec that starts a definition with its argument', { id: 'c', start: [Counter, 7] }, 7, 'c'],
  ['a spec with a start function that gives a handle', { id: 'c', start: () => CounterModule.startLink(7) }, 7, 'c'],
  ['a spec with a start function that gives a pid', { id: 'c', start: async () => (await CounterModule.startLink(7)).pid }, 7, 'c'],
  ['a spec with a start function that gives extra information', { id: 'c', start: async () => [await CounterModule.startLink(7), 'info'] }, 7, 'c'],
])('%s', async (_form, child, count, id) => {
  await using supervisor = await Supervisor.startLink([child] as readonly ChildSpec[], one)
  expect(await CounterModule.getCount()).toBe(count)
  expect(await Supervisor.whichChildren(supervisor)).toEqual([{ id, pid: Process.whereis(Counter), type: 'worker' }])
  Process.exit(Process.whereis(Counter), 'kill')
  expect(await CounterModule.getCount()).toBe(count)
})

test('childSpec changes fields of any form', async () => {
  const first = Supervisor.childSpec([Counter, 1], { id: 'first', name: 'First', restart: 'temporary', shutdown: 'brutal_kill' })
  const second = Supervisor.childSpec({ id: 'x', start: [Counter, 2, { name: 'Second' }] }, { id: 'second' })
  await using supervisor = await Supervisor.startLink([first, second, Supervisor.childSpec(CounterModule, { id: 'third' })], one)
  expect(await Promise.all(['First', 'Second', 'SpecCounter'].map((name) => GenServer.call(name, 'get')))).toEqual([1, 2, 0])
  expect(await Supervisor.getChildSpec(supervisor, 'first')).toEqual({ id: 'first', restart: 'temporary', shutdown: 'brutal_kill', type: 'worker', significant: false })
  expect(await Supervisor.getChildSpec(supervisor, 'second')).toMatchObject({ restart: 'permanent', shutdown: 5000 })
  const asSupervisor = { type: 'supervisor' } as const
  for (const form of [Counter, [Counter, 1], CounterModule, { id: 'x', start: [Counter, 1] }] as const) expect(Supervisor.childSpec(form as never, asSupervisor)).toMatchObject({ type: 'supervisor', shutdown: 'infinity' })
  expect(Supervisor.childSpec({ id: 'x', start: [Counter, 1], shutdown: 5000 }, asSupervisor).shutdown).toBe(5000)
  expect(() => Supervisor.childSpec([Counter, 0, { name: 'x' }] as never, {})).toThrow(/expected a pair, \[definition, argument\]/)
  expect(() => Supervisor.childSpec(Counter, { restrat: 'permanent' } as never)).toThrow(/restrat/)
})

test('a name of null registers none', async () => {
  await using _supervisor = await Supervisor.startLink([Supervisor.childSpec(Counter, { name: null })], one)
  expect(Process.whereis('SpecCounter')).toBeUndefined()
})

test('a defined supervisor, started by itself and as a child', async () => {
  {
    await using supervisor = await Supervisor.startLink(Counters, 3)
    expect(Process.whereis(Counters)).toBe(supervisor.pid)
    expect(await CounterModule.getCount()).toBe(3)
  }
  await using supervisor = await Supervisor.startLink([[Counters, 5]], one)
  expect(await CounterModule.getCount()).toBe(5)
  expect(await Supervisor.getChildSpec(supervisor, 'Counters')).toMatchObject({ type: 'supervisor', shutdown: 'infinity', restart: 'permanent' })
  expect(await Supervisor.whichChildren(Counters)).toMatchObject([{ id: 'SpecCounter', type: 'worker' }])
  await expect(Supervisor.startLink(Counters, 0, { name: null })).rejects.toMatchObject({
    code: 'ERR_START', reason: ['shutdown', ['failed_to_start_child', 'SpecCounter', ['already_started', Process.whereis(Counter)]]],
  })
})

test('a supervisor written in place', async () => {
  await using supervisor = await Supervisor.startLink(
    [
      Supervisor.spec([[Counter, 1]], { strategy: 'one_for_all', name: 'Inner', restart: 'transient', shutdown: 1000 }),
      Supervisor.spec([], { strategy: 'one_for_one', id: 'empty' }),
      Supervisor.spec([], { strategy: 'one_for_one' }),
    ],
    one,
  )
  expect((await Supervisor.whichChildren(supervisor)).map(({ id, type }) => [id, type])).toEqual([['Supervisor', 'supervisor'], ['empty', 'supervisor'], ['Inner', 'supervisor']])
  expect(await Supervisor.getChildSpec(supervisor, 'Inner')).toMatchObject({ restart: 'transient', shutdown: 1000 })
  expect(await Supervisor.countChildren('Inner')).toMatchObject({ active: 1 })
})

test('the argument of a child is checked by the compiler', async () => {
  // @ts-expect-error: a counter starts from a number
  const starting = Supervisor.startLink([[Counter, 'zero']], one)
  await using _supervisor = await starting
})

// ---- refused

const badFields: [string, object, RegExp][] = [
  ['no id', { start: Counter }, /an id/],
  ['an empty id', { id: '', start: Counter }, /an id/],
  ['an id that is no word', { id: {}, start: Counter }, /an id/],
  ['no start', { id: 'c' }, /expected a child/],
  ['a start that is a word', { id: 'c', start: 'Counter' }, /a start/],
  ['a start that is a pair of nothing', { id: 'c', start: [undefined, 1] }, /a start/],
  ['a start with an unknown option', { id: 'c', start: [Counter, 1, { nmae: 'x' }] }, /nmae/],
  ['a start with a transfer list', { id: 'c', start: [Counter, 1, { transfer: [] }] }, /transfer/],
  ['a restart type', { id: 'c', start: Counter, restart: 'prmanent' }, /prmanent/],
  ['a shutdown below zero', { id: 'c', start: Counter, shutdown: -1 }, /-1/],
  ['a shutdown that is no number', { id: 'c', start: Counter, shutdown: NaN }, /NaN/],
  ['a shutdown word', { id: 'c', start: Counter, shutdown: 'brutal' }, /brutal/],
  ['a type', { id: 'c', start: Counter, type: 'wrker' }, /wrker/],
  ['significant', { id: 'c', start: Counter, significant: 'yes' }, /significant/],
  ['significant and permanent', { id: 'c', start: Counter, significant: true }, /transient or temporary/],
  ['an unknown key', { id: 'c', start: Counter, restrat: 'permanent' }, /restrat/],
  ['a name beside a start function', { id: 'c', start: () => 'ignore', name: 'x' }, /name/],
  ['a module without a definition', { startLink: () => 'ignore' }, /default export/],
]

test.each(badFields)('refused: %s', async (_what, child, message) => {
  await using tree = await plant({ children: [] })
  await expect(Supervisor.startLink([{ id: 'before', start: Counter }, child] as readonly ChildSpec[], one)).rejects.toMatchObject({ message: expect.stringMatching(message) })
  await expect(Supervisor.startChild(tree.pid, child as ChildSpec)).rejects.toMatchObject({ message: expect.stringMatching(message) })
  expect(() => Supervisor.spec([child] as readonly ChildSpec[], one)).toThrow(message)
  expect(Process.whereis(Counter)).toBeUndefined()
  expect(await tree.shape()).toEqual([])
})

test.each([undefined, null, 'Counter', 5, [], ['Counter', 1], {}, { default: {} }])('refused: %j as a child', async (child) => {
  await expect(Supervisor.startLink([child] as never, one)).rejects.toMatchObject({ code: 'ERR_BAD_CHILD_SPEC' })
})

test('refused: two children with one id', async () => {
  await expect(Supervisor.startLink([Counter, [Counter, 1]], one)).rejects.toMatchObject(bad('different ids.*SpecCounter'))
})

test.each<[string, object | undefined, RegExp]>([
  ['no options', undefined, /options/],
  ['no strategy', {}, /strategy/],
  ['a strategy', { strategy: 'one_for_two' }, /one_for_two/],
  ['simple_one_for_one', { strategy: 'simple_one_for_one' }, /simple_one_for_one/],
  ['maxRestarts below zero', { ...one, maxRestarts: -1 }, /maxRestarts.*-1/],
  ['half a restart', { ...one, maxRestarts: 0.5 }, /maxRestarts/],
  ['maxSeconds of zero', { ...one, maxSeconds: 0 }, /maxSeconds/],
  ['maxSeconds without end', { ...one, maxSeconds: Infinity }, /maxSeconds/],
  ['autoShutdown', { ...one, autoShutdown: 'some' }, /autoShutdown.*some/],
  ['a name that is none', { ...one, name: 5 }, /name/],
  ['an empty name', { ...one, name: '' }, /name/],
  ['an unknown option', { ...one, maxRestart: 3 }, /maxRestart/],
  ['a field of a child spec', { ...one, restart: 'transient' }, /restart/],
])('refused: %s', async (_what, options, message) => {
  await expect(Supervisor.startLink([Counter], options as never)).rejects.toThrow(message)
  expect(Process.whereis(Counter)).toBeUndefined()
})

test('refused: an option that a start of a defined supervisor does not have', async () => {
  await expect(Supervisor.startLink(Counters, 0, { strategy: 'one_for_one' } as never)).rejects.toThrow(/strategy/)
  expect(() => Supervisor.init([Counter], { ...one, name: 'Elsewhere' } as never)).toThrow(/name/)
})

test('init of a defined supervisor that describes it badly fails the start, and says why', async () => {
  const define = (init: () => unknown): typeof Counters => Supervisor.define(`${__filename}#Bad${Math.random().toString(36).slice(2)}`, { init: init as never })
  await expect(Supervisor.startLink(define(() => Supervisor.init([Counter, Counter], one)), 0)).rejects.toMatchObject({ code: 'ERR_START', cause: bad('different ids') })
  await expect(Supervisor.startLink(define(() => ({ children: 'none', options: one })), 0)).rejects.toMatchObject({ cause: bad('list of children') })
  await expect(Supervisor.startLink(define(() => 42), 0)).rejects.toMatchObject({ reason: ['bad_return', ['Supervisor', 'init', 42]] })
})

test('every valid combination is taken', async () => {
  const restarts = ['permanent', 'transient', 'temporary'] as const
  const shutdowns = [0, 1, 1000, Infinity, 'infinity', 'brutal_kill'] as const
  const types = ['worker', 'supervisor'] as const
  const children = restarts.flatMap((restart) => shutdowns.flatMap((shutdown) => types.map((type) => ({ id: `${restart} ${shutdown} ${type}`, start: () => 'ignore' as const, restart, shutdown, type }))))
  await using supervisor = await Supervisor.startLink(children, one)
  // Temporary children that say ignore are dropped.
  expect(await Supervisor.countChildren(supervisor)).toEqual({ specs: 24, active: 0, supervisors: 12, workers: 12 })
})
