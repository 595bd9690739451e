// The family `proc`: bare processes in threads with links, monitors, exit signals, names, timers and aliases.

import { setTimeout as sleep } from 'node:timers/promises'
import { Process, type Pid, type Ref } from 'starfish'
import { EventLog, type Event } from '../log.js'
import { enrolled, ping, tell } from '../orders.js'
import { compareTerms, type Family, type Place, type Result, type Scenario, type ScenarioLog, type Step } from '../scenario.js'
import { endAll, settle, until } from '../settle.js'
import Puppet, { type Command, type PuppetArgument } from '../workers/puppet.js'

interface Operation extends Command {
  readonly q?: string
  readonly by?: string
  readonly a?: string
}

interface ProcStep extends Step {
  readonly got: Readonly<Record<string, readonly string[]>>
  readonly ex: readonly Event[]
}

/** Short times are stretched: to come to rest takes threads longer than the shortest timers of the scenarios. */
const STRETCH = 5
const SHORT_MS = 1000
const stretch = (ms: number): number => (ms < SHORT_MS ? ms * STRETCH : ms)

export const family: Family = {
  where: { thread: 'all processes in threads', main: 'all processes on the main thread' },
  missing: () => undefined,
  async run(scenario, host) {
    using run = new ProcRun(host)
    return await run.toEnd(scenario.id, (scenario as Scenario & { steps: readonly Operation[] }).steps)
  },
}

class ProcRun implements Disposable {
  private readonly log = new EventLog()
  /** The refs of the aliases, by their names in the scenario. */
  private readonly aliases = new Map<string, string>()

  constructor(private readonly host: Place) {}

  [Symbol.dispose](): void {
    this.log[Symbol.dispose]()
  }

  async toEnd(id: string, steps: readonly Operation[]): Promise<ScenarioLog> {
    const log: ProcStep[] = []
    for (const [index, step] of steps.entries()) log.push(await this.finish(index + 1, step.op, await this.perform(step)))
    await endAll(this.log)
    return { id, log }
  }

  private pidOf(name: string): Pid | undefined {
    return this.log.named(name)?.pid
  }

  private async perform(step: Operation): Promise<Result> {
    const { op, p, q, name } = step
    switch (op) {
      case 'spawn':
        return this.spawn(step)
      case 'whereis': {
        const pid = Process.whereis(name)
        return [pid === undefined ? 'nil' : this.log.instanceOf(pid)]
      }
      case 'alive': {
        const pid = this.pidOf(p)
        return [String(pid !== undefined && Process.isAlive(pid))]
      }
      case 'sleep':
        await sleep(stretch(step.ms))
        return ['ok']
      case 'links':
        return (await tell(this.pidOf(p), step)).map((part) => this.log.text(part)).sort()
      case 'alias': {
        const [word, ref] = await tell(this.pidOf(p), step)
        if (ref !== undefined) this.aliases.set(step.a!, String(ref))
        return [word!]
      }
      case 'unalias':
      case 'send_alias':
        return tell(this.pidOf(p), { ...step, alias: this.aliases.get(step.a!) as Ref | undefined })
      case 'send':
        if (step.then !== undefined && q !== undefined && q !== p) return this.lastWords(step, q)
        return this.toPuppet(step)
      default:
        return this.toPuppet(step)
    }
  }

  private toPuppet(step: Operation): Promise<Result> | Result {
    const { p, q } = step
    if (q !== undefined && this.pidOf(q) === undefined) return ['none']
    return tell(this.pidOf(p), { ...step, ms: stretch(step.ms), ...(q === undefined ? {} : { target: this.pidOf(q)! }) })
  }

  /**
   * A process sends and ends. Whom it takes along by a link has no time on the BEAM to read that; a thread, which takes
   * milliseconds to end, would have. So the receiver reads nothing until all that follows from the end has happened.
   */
  private async lastWords(step: Operation, receiver: string): Promise<Result> {
    await tell(this.pidOf(receiver), { op: 'hold' })
    const result = await this.toPuppet(step)
    await until(() => [...this.log.instances.keys()].every((pid) => Process.info(pid)?.status !== 'exiting'))
    const pid = this.pidOf(receiver)
    if (pid !== undefined && Process.isAlive(pid)) Process.send(pid, 'release')
    return result
  }

  private async spawn(step: Operation): Promise<Result> {
    const { p, by, trap = false } = step
    let result: Result = ['ok']
    if (by === undefined) {
      const argument: PuppetArgument = { name: p, trap, driver: this.log.driver, host: this.host }
      await Process.spawn(Puppet, argument, { host: this.host })
    } else {
      result = await tell(this.pidOf(by), { ...step, name: p })
    }
    if (result[0] === 'ok') await enrolled(this.log, p)
    return result
  }

  private async finish(i: number, op: string, r: Result): Promise<ProcStep> {
    const stable = await settle(this.log, { ping })
    const got: Record<string, string[]> = {}
    for (const { actor, event } of this.log.takeActs()) if (event[0] === 'got') (got[actor] ??= []).push(event[1] as string)
    for (const texts of Object.values(got)) texts.splice(0, Infinity, ...inOrder(texts))
    if (!stable) got['driver'] = ['unstable']
    return { i, op, r, got, ex: this.log.takeExits().map(({ instance, reason }) => [instance.inst, reason]).sort(compareTerms) }
  }
}

// Plain messages keep their order up to the first signal; between signals of different processes there is none.
function inOrder(texts: readonly string[]): string[] {
  const first = texts.findIndex((text) => !text.startsWith('msg'))
  return first < 0 ? [...texts] : [...texts.slice(0, first), ...texts.slice(first).sort(compareTerms)]
}
