// The family `gs`: one scripted GenServer in a thread, called by the driver and by other clients in threads.

import { setTimeout as sleep } from 'node:timers/promises'
import { GenServer, Process, Sys, type Message, type Pid, type Started, type StartError } from 'starfish'
import { EventLog, received, type Event } from '../log.js'
import { type Family, guarded, type Place, type Result, type Scenario, type ScenarioLog, type Step } from '../scenario.js'
import { endAll, settle } from '../settle.js'
import { parse } from '../terms.js'
import Client, { type ClientReport } from '../workers/client.js'
import Server, { type Plan } from '../workers/server.js'
import { exitFromStranger } from '../workers/stranger.js'

interface Operation {
  readonly op: string
  readonly plan: Plan
  readonly timeout?: number
  readonly name: string
  readonly c: string
  readonly reason: string
  readonly ms: number
  readonly add: number
}

interface GsScenario extends Scenario {
  readonly init?: Plan
  readonly trap?: boolean
  readonly link?: boolean
  readonly name?: string
  readonly start_timeout?: number
  readonly steps?: readonly Operation[]
}

interface GsStep extends Step {
  readonly ev: readonly Event[]
  readonly ex: readonly string[]
  readonly alive: boolean
}

const DEFAULT_TIMEOUT = 5000
/** A start with a timeout is stretched: a thread needs tens of milliseconds to start, a BEAM process microseconds. */
const STRETCH = 20
/** A call waits at least this long: a server that fails needs milliseconds to end, of which a busy machine makes many. */
const PATIENCE_MS = 120

export const family: Family = {
  where: { thread: 'server and clients in threads', main: 'server and clients on the main thread' },
  missing: () => undefined,
  async run(scenario, host) {
    using run = new GsRun(scenario as GsScenario, host)
    return await run.toEnd()
  },
}

class GsRun implements Disposable {
  private readonly log = new EventLog()
  private server: Pid | undefined
  private suspended = false

  constructor(private readonly scenario: GsScenario, private readonly host: Place) {}

  [Symbol.dispose](): void {
    this.log[Symbol.dispose]()
  }

  async toEnd(): Promise<ScenarioLog> {
    const { id, steps = [] } = this.scenario
    const log: GsStep[] = [await this.finish(0, 'start', await this.start())]
    // Whether a start that failed leaves an EXIT message differs between versions of OTP.
    if (this.server === undefined) await this.strays()
    for (const [index, step] of steps.entries()) log.push(await this.finish(index + 1, step.op, await this.perform(step)))
    await endAll(this.log)
    await this.strays()
    return { id, log }
  }

  private async start(): Promise<Result> {
    const { init: plan = {}, trap = false, link = true, name, start_timeout } = this.scenario
    const timeout = start_timeout === undefined ? {} : { timeout: start_timeout * STRETCH }
    const options = { host: this.host, name: name ?? null, ...timeout }
    const stretched = start_timeout !== undefined && plan.sleep !== undefined ? { ...plan, sleep: plan.sleep * STRETCH } : plan
    try {
      const started: Started | 'ignore' = await GenServer[link ? 'startLink' : 'start'](Server, { plan: stretched, trap }, options)
      if (started === 'ignore') return ['ignore']
      this.server = started.pid
      return ['ok', this.log.instanceOf(started.pid)]
    } catch (error) {
      const { code, reason } = error as StartError
      if (code !== 'ERR_START') throw error
      return ['error', this.log.text(reason)]
    }
  }

  private async perform(step: Operation): Promise<Result> {
    switch (step.op) {
      case 'call_name':
        return guarded(() => this.call(step.name, step))
      case 'cast_name':
        GenServer.cast(step.name, ['plan', step.plan])
        return ['ok']
      case 'await':
        return this.report(step.c)
      case 'sleep':
        await sleep(step.ms)
        return ['ok']
      case 'whereis': {
        const pid = Process.whereis(step.name)
        return pid === undefined ? ['none'] : ['ok', this.log.instanceOf(pid)]
      }
      case 'mailbox':
        return this.strays()
      default:
        return this.server === undefined ? ['no_server'] : guarded(() => this.toServer(this.server!, step))
    }
  }

  private async toServer(server: Pid, step: Operation): Promise<Result> {
    const { op, plan, timeout = DEFAULT_TIMEOUT } = step
    switch (op) {
      case 'call':
        return this.call(server, step)
      case 'acall':
        await GenServer.start(Client, { name: step.c, server, plan, timeout }, { host: this.host })
        return ['ok']
      case 'cast':
        GenServer.cast(server, ['plan', plan])
        return ['ok']
      case 'info':
        Process.send(server, ['plan', plan])
        return ['ok']
      case 'stop':
        await GenServer.stop(server, parse(step.reason), timeout)
        return ['ok']
      case 'exit':
        await exitFromStranger(server, parse(step.reason))
        return ['ok']
      case 'parent_exit':
        Process.exit(server, parse(step.reason))
        return ['ok']
      case 'suspend':
        await Sys.suspend(server)
        this.suspended = true
        return ['ok']
      case 'resume':
        await Sys.resume(server)
        this.suspended = false
        return ['ok']
      case 'get_state':
        return ['ok', await Sys.getState<number>(server)]
      case 'replace_state':
        return this.replaceState(server, step.add)
      case 'status':
        return [(await Sys.getStatus(server)).status]
      default:
        throw new Error(`unknown operation ${op}`)
    }
  }

  private async call(server: Pid | string, { plan, timeout = DEFAULT_TIMEOUT }: Operation): Promise<Result> {
    return ['ok', await GenServer.call<number>(server, ['plan', plan], { timeout: Math.max(timeout, PATIENCE_MS) })]
  }

  // One request in OTP, whose replace_state takes a function; a function does not cross threads.
  private async replaceState(server: Pid, add: number): Promise<Result> {
    const [outcome, state] = await guarded(async () => ['ok', await Sys.getState<number>(server)])
    if (outcome === 'exit') return ['exit', (state as string).replace('get_state', 'replace_state')]
    return ['ok', await Sys.replaceState(server, (state as number) + add)]
  }

  private async report(name: string): Promise<Result> {
    const report = await received<ClientReport>((message) => message[0] === 'client' && message[1] === name)
    return report === undefined ? ['pending'] : [...report[2], report[3]]
  }

  /** The messages of the driver that no call has taken. */
  private async strays(): Promise<Result> {
    const found: string[] = []
    for (;;) {
      const message = await received<Message>((one) => one[0] !== 'client')
      if (message === undefined) return found
      const [tag, ...rest] = message as [string, ...unknown[]]
      if (tag === 'EXIT') found.push(`EXIT:${this.log.instanceOf(rest[0] as Pid)}:${this.log.text(rest[1])}`)
      else found.push(tag === 'DOWN' ? `DOWN:${this.log.text(rest[2])}` : 'stray')
    }
  }

  private async finish(i: number, op: string, r: Result): Promise<GsStep> {
    const stable = await settle(this.log, { suspended: (pid) => this.suspended && pid === this.server })
    const ev = this.log.takeActs().map(({ event }) => event)
    if (!stable) ev.push(['unstable'])
    return { i, op, r, ev, ex: this.log.takeExits().map(({ reason }) => reason), alive: this.server !== undefined && Process.isAlive(this.server) }
  }
}
