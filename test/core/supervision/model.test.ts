// Whole supervisors against a model: whatever children they have and however these end, the supervisor stops and starts
// what OTP's rules say, in that order, and gives up when they say so. The model knows nothing of processes.
import { afterAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { assertNoLeaks, virtualClock } from '@starfish/testing'
import type { AutoShutdown, Restart, Strategy } from 'starfish'
import { plant } from './scripted-tree.js'

afterAll(() => assertNoLeaks())

interface Child {
  readonly id: string
  readonly restart: Restart
  readonly significant: boolean
  /** What its attempts to start come to; `ok` after the last. */
  readonly init: readonly string[]
}

interface Plan {
  readonly strategy: Strategy
  readonly autoShutdown: AutoShutdown
  readonly maxRestarts: number
  readonly children: readonly Child[]
}

/** A supervisor on paper. Its children are a list, a life is a number, and all it does is write down what it would do. */
class Model {
  readonly children: (Child & { attempt: number; up: boolean })[]
  gone = false
  log: string[] = []
  private restarts = 0

  constructor(private readonly plan: Plan) {
    this.children = plan.children.map((child) => ({ ...child, attempt: 0, up: false }))
    this.start([...this.children])
  }

  ends(id: string, reason: string): void {
    const child = this.children.find((one) => one.id === id)!
    const clean = ['normal', 'shutdown', 'shutdown:why'].includes(reason)
    child.up = false
    if (!clean || child.restart === 'permanent') this.log.push(`s0#1: child_terminated ${id} ${reason}`)
    if (child.restart === 'permanent' || (child.restart === 'transient' && !clean)) return this.restart(child)
    if (child.restart === 'temporary') this.drop(child)
    if (!child.significant) return
    const others = this.children.some((one) => one.significant && one.up)
    if (this.plan.autoShutdown === 'any_significant' || (this.plan.autoShutdown === 'all_significant' && !others)) this.giveUp()
  }

  private restart(first: Model['children'][number]): void {
    for (let failed: typeof first | undefined = first; failed !== undefined; ) {
      if (++this.restarts > this.plan.maxRestarts) {
        this.log.push(`s0#1: shutdown ${failed.id} reached_max_restart_intensity`)
        return this.giveUp()
      }
      const from = { one_for_one: this.children.indexOf(failed), rest_for_one: this.children.indexOf(failed), one_for_all: 0 }[this.plan.strategy]
      const group = this.plan.strategy === 'one_for_one' ? [failed] : this.children.slice(from)
      this.stop(group)
      for (const one of group) if (one.restart === 'temporary') this.drop(one)
      failed = this.start(group.filter((one) => one.restart !== 'temporary'))
    }
  }

  private start(group: readonly Model['children'][number][]): Model['children'][number] | undefined {
    for (const child of group) {
      const outcome = child.init[child.attempt++] ?? 'ok'
      this.log.push(`init ${child.id}#${child.attempt}${outcome === 'ok' ? '' : ` ${outcome}`}`)
      if (outcome === 'stop:no') {
        this.log.push(`s0#1: start_error ${child.id} no`)
        return child
      }
      child.up = outcome === 'ok'
      if (!child.up && child.restart === 'temporary') this.drop(child)
    }
    return undefined
  }

  private stop(group: readonly Model['children'][number][]): void {
    for (const child of group.toReversed()) {
      if (child.up) this.log.push(`terminate ${child.id}#${child.attempt} shutdown`)
      child.up = false
    }
  }

  private giveUp(): void {
    this.stop(this.children)
    this.gone = true
  }

  private drop(child: Child): void {
    this.children.splice(this.children.findIndex(({ id }) => id === child.id), 1)
  }

  get shape(): string[] | null {
    return this.gone ? null : this.children.map(({ id, attempt, up }) => (up ? `${id}#${attempt}` : `${id}:undefined`)).toReversed()
  }
}

const strategy = fc.constantFrom<Strategy>('one_for_one', 'one_for_all', 'rest_for_one')
const plans: fc.Arbitrary<Plan> = fc
  .record({
    strategy,
    autoShutdown: fc.constantFrom<AutoShutdown>('never', 'any_significant', 'all_significant'),
    maxRestarts: fc.nat(4),
    children: fc.array(
      fc.record({
        restart: fc.constantFrom<Restart>('permanent', 'transient', 'temporary'),
        significant: fc.boolean(),
        init: fc.tuple(fc.constantFrom('ok', 'ok', 'ok', 'ignore'), fc.array(fc.constantFrom('ok', 'ok', 'stop:no', 'ignore'), { maxLength: 3 })).map(([first, more]) => [first, ...more]),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  })
  .map((plan) => ({
    ...plan,
    children: plan.children.map((child, i) => ({ ...child, id: 'abcd'[i]!, significant: child.significant && child.restart !== 'permanent' && plan.autoShutdown !== 'never' })),
  }))

/** Which of those that run ends, and how. */
const ends = fc.array(fc.tuple(fc.nat(), fc.constantFrom('normal', 'shutdown', 'shutdown:why', 'boom', 'killed')), { minLength: 1, maxLength: 6 })

// What the children say of their own ends, and of the reports about them, is left out: it is the supervisor that is tested.
const doings = (lines: readonly string[]): string[] => lines.filter((line) => /^(init|s0#1: )|^terminate .* shutdown$/.test(line) && !line.startsWith('init s0'))

test('a supervisor does what the model does, whatever its children are and however they end', async () => {
  await fc.assert(
    fc.asyncProperty(plans, ends, async (plan, causes) => {
      const model = new Model(plan)
      await using tree = await plant({ ...plan, maxSeconds: 3600, children: plan.children.map((child) => ({ ...child, trap: true })) })
      expect(doings(tree.boot)).toEqual(model.log.splice(0))
      const end = tree.end('s0')
      for (const [n, reason] of causes) {
        const running = model.children.filter(({ up }) => up)
        if (model.gone || running.length === 0) break
        const { id, attempt } = running[n % running.length]!
        if (reason === 'killed') tree.exit(id, 'kill')
        else tree.crash(id, reason)
        model.ends(id, reason)
        const shape = await tree.shape()
        const own = `terminate ${id}#${attempt} shutdown`
        expect(doings(await tree.news()).filter((line) => line !== own)).toEqual(model.log.splice(0))
        expect(shape).toEqual(model.shape)
      }
      if (model.gone) expect(await end).toBe('shutdown')
    }),
    { numRuns: 200 },
  )
}, 30_000)

interface Stopped {
  readonly shutdown: 'brutal_kill' | number
  /** Whether it takes for ever to stop, or does as it is told. */
  readonly hangs: boolean
}

test('a tree stops the last child first, and takes as long as those take that do not stop in time', async () => {
  const children = fc.array(fc.record<Stopped>({ shutdown: fc.oneof(fc.constant('brutal_kill' as const), fc.integer({ min: 1, max: 60_000 })), hangs: fc.boolean() }), { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(children, async (list) => {
      using clock = virtualClock()
      const named = list.map((child, i) => ({ ...child, id: 'abcde'[i]! }))
      await using tree = await plant({ children: named.map(({ id, shutdown, hangs }) => ({ id, shutdown, trap: true, term: hangs ? 'hang' : 'ok' })) })
      let stopped = false
      const stopping = tree.stop('s0', 'normal').then(() => (stopped = true))
      const expected: string[] = []
      let late = 0
      for (const { id, shutdown, hangs } of named.toReversed()) {
        if (shutdown === 'brutal_kill') continue
        expected.push(`terminate ${id}#1 shutdown`)
        if (!hangs) continue
        await clock.advance(shutdown - 1)
        expect(stopped).toBe(false)
        await clock.advance(1)
        late += shutdown
        expected.push(`s0#1: shutdown_error ${id} killed`)
      }
      await stopping
      expect(clock.now).toBe(late)
      expect(await tree.news()).toEqual(expected)
    }),
    { numRuns: 50 },
  )
}, 30_000)
