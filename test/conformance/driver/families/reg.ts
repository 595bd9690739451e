// The family `reg`: a registry and the processes in it, which enter themselves and die.

import { GenServer, Process, Registry, Sys, type Pid } from 'starfish'
import { EventLog } from '../log.js'
import { enrolled, ping, tell } from '../orders.js'
import { compareTerms, type Family, type Place, type Result, type Scenario, type ScenarioLog, type Step } from '../scenario.js'
import { endAll, settle, until } from '../settle.js'
import { parse } from '../terms.js'
import Registrant, { type Entering, refusal, type RegistrantArgument } from '../workers/registrant.js'

interface Operation extends Entering {
  readonly p: string
  readonly reason: string
}

// How many partitions there are is not looked at: a registry of Starfish has one, which shows in no result.
interface RegScenario extends Scenario {
  readonly keys: 'unique' | 'duplicate'
  readonly steps: readonly Operation[]
}

const NAME = 'conformance'

export const family: Family = {
  where: { thread: 'registered processes in threads, the registry on the main thread, as always', main: 'registered processes and registry on the main thread' },
  missing: () => undefined,
  async run(scenario, host) {
    using run = new RegRun(host)
    return await run.toEnd(scenario as RegScenario)
  },
}

class RegRun implements Disposable {
  private readonly log = new EventLog()
  private registry!: Pid

  constructor(private readonly host: Place) {}

  [Symbol.dispose](): void {
    this.log[Symbol.dispose]()
  }

  async toEnd({ id, keys, steps }: RegScenario): Promise<ScenarioLog> {
    this.registry = (await Registry.startLink({ name: NAME, keys })).pid
    const log: Step[] = []
    for (const [index, step] of steps.entries()) {
      const r = await this.perform(step)
      const stable = await settle(this.log, { ping: (pid) => (pid === this.registry ? Sys.sync(pid) : ping(pid)) })
      log.push({ i: index + 1, op: step.op, r: stable ? r : ['unstable'] })
    }
    await endAll(this.log)
    return { id, log }
  }

  private async perform(step: Operation): Promise<Result> {
    const { op, k, v, p } = step
    const pattern = v as unknown // `_` among the values of scenarios means any, as it does here
    switch (op) {
      case 'spawn':
        return this.spawn(p)
      case 'die':
        return this.ofProcess(p, async (pid) => {
          Process.exit(pid, parse(step.reason))
          await until(() => !Process.isAlive(pid))
          return ['ok']
        })
      case 'lookup':
        return this.pairs(await Registry.lookup<number>(NAME, k))
      case 'match':
        return this.pairs(await Registry.match<number>(NAME, k, pattern))
      case 'keys':
        return this.ofProcess(p, async (pid) => ((await Registry.keys(NAME, pid)) as string[]).sort(compareTerms))
      case 'values':
        return this.ofProcess(p, async (pid) => (await Registry.values<number>(NAME, k, pid)).sort(compareTerms))
      case 'count':
        return [await Registry.count(NAME)]
      case 'count_match':
        return [await Registry.countMatch(NAME, k, pattern)]
      case 'select_all':
        return (await Registry.select<number>(NAME)).map(([key, pid, value]) => [key as string, this.log.instanceOf(pid), value]).sort(compareTerms)
      case 'dispatch':
        return this.dispatch(k)
      case 'whereis': {
        const pid = GenServer.whereis(Registry.via(NAME, k))
        return [pid === undefined ? 'undefined' : this.log.instanceOf(pid)]
      }
      case 'send':
        return this.send(k)
      case 'meta': {
        const value = await Registry.meta<number>(NAME, k)
        return value === undefined ? ['error'] : ['ok', value]
      }
      case 'put_meta':
        await Registry.putMeta(NAME, k, v)
        return ['ok']
      case 'delete_meta':
        await Registry.deleteMeta(NAME, k)
        return ['ok']
      default:
        return (await tell(this.log.named(p)?.pid, step)).map((part) => (typeof part === 'string' ? this.log.text(part) : part))
    }
  }

  private async spawn(name: string): Promise<Result> {
    const argument: RegistrantArgument = { name, registry: NAME, driver: this.log.driver }
    await Process.spawn(Registrant, argument, { host: this.host })
    await enrolled(this.log, name)
    return ['ok']
  }

  private async ofProcess(name: string, action: (pid: Pid) => Promise<Result>): Promise<Result> {
    const pid = this.log.named(name)?.pid
    return pid === undefined ? ['none'] : action(pid)
  }

  private pairs(entries: readonly (readonly [Pid, number])[]): Result {
    return entries.map(([pid, value]) => [this.log.instanceOf(pid), value]).sort(compareTerms)
  }

  private async dispatch(key: string): Promise<Result> {
    let found: Result = []
    await Registry.dispatch<number>(NAME, key, (entries) => (found = this.pairs(entries)))
    return ['ok', found]
  }

  private send(key: string): Result {
    try {
      Process.send(Registry.via(NAME, key), ['msg', 'drv', 'x'])
      return ['ok']
    } catch (error) {
      return refusal(error as { code?: string })
    }
  }
}
