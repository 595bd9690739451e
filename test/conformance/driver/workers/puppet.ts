// The process of the family `proc`: does what the driver says, and notes all else that it receives.

import { exit, Process, type Message, type Pid, type Reason, type Ref } from 'starfish'
import { here } from '#core/process/here'
import { formatPid } from '#core/term/pid'
import type { Result } from '../scenario.js'
import { format, parse } from '../terms.js'
import { obey } from './obey.js'
import { record } from './record.js'

export interface PuppetArgument {
  readonly name: string
  readonly trap: boolean
  readonly driver: Pid
  readonly host: 'thread' | 'main'
}

/** What to do: a step of a scenario, the process that it is about found already. */
export interface Command {
  readonly op: string
  readonly target: Pid
  readonly name: string
  readonly p: string
  readonly trap?: boolean
  readonly how: string
  readonly m: string
  readonly opts?: readonly string[]
  readonly reason: string
  readonly on: boolean
  readonly texts: readonly string[]
  readonly then?: string
  readonly text: string
  readonly ms: number
  readonly timer: string
  readonly alias?: Ref | undefined
}

type Incoming =
  | readonly ['msg', from: string, text: string]
  | readonly ['EXIT', Pid, Reason]
  | readonly ['DOWN', Ref, object: string, Reason]

class Puppet {
  private readonly monitors = new Map<string, Ref>()
  private readonly timers = new Map<string, Ref>()

  constructor(private readonly argument: PuppetArgument, private readonly self: Pid) {}

  live(): Promise<never> {
    return obey<Command>({
      driver: this.argument.driver,
      perform: (command) => this.attempt(command),
      early: ({ op, target }) => {
        if (op === 'hold') return ['ok']
        // Over a link, what this does to another may strike back at once.
        return op === 'exit' && target !== this.self ? ['true'] : undefined
      },
      other: (message) => record('event', 'got', this.describe(message as unknown as Incoming)),
    })
  }

  private describe(message: Incoming): string {
    switch (message[0]) {
      case 'msg':
        return `msg ${message[1]} ${message[2]}`
      case 'EXIT':
        return `EXIT ${message[1]} ${format(message[2])}`
      case 'DOWN': {
        const [, ref, object, reason] = message
        const name = [...this.monitors].find(([, one]) => one === ref)?.[0] ?? '?'
        return `DOWN ${name} ${object.startsWith('#PID') ? object : `name:${object}`} ${format(reason)}`
      }
    }
  }

  private async attempt(command: Command): Promise<Result> {
    try {
      return await this.perform(command)
    } catch (error) {
      const { code, reason } = error as { code?: string; reason?: string }
      if (code === 'ERR_CALL_NOPROC') return ['raise', reason!]
      // Elixir's Process.register explains itself; the others are Erlang's own.
      if (command.op === 'register') return ['raise', 'raise:ArgumentError']
      if (code === 'ERR_NOT_ALIVE' || code === 'ERR_NAME_TAKEN' || code === 'ERR_BAD_ARGUMENT') return ['raise', 'badarg']
      throw error
    }
  }

  private async perform(command: Command): Promise<Result> {
    const { target, reason, name, m } = command
    switch (command.op) {
      case 'hold':
        await Process.receive((message) => message === 'release')
        return ['ok']
      case 'spawn':
        await this.spawn(command)
        return ['ok']
      case 'link':
        Process.link(target)
        return ['ok']
      case 'unlink':
        Process.unlink(target)
        return ['ok']
      case 'monitor':
        this.monitors.set(m, Process.monitor(target))
        return ['ok']
      case 'monitor_name':
        this.monitors.set(m, Process.monitor(name))
        return ['ok']
      case 'demonitor':
        return this.demonitor(m, command.opts ?? [])
      case 'exit':
        Process.exit(target, parse(reason))
        return ['true']
      case 'die':
        return this.die(command.how, reason)
      case 'trap':
        return [String(Process.flag('trapExit', command.on))]
      case 'send':
        for (const text of command.texts) Process.send(target, ['msg', command.p, text] as unknown as Message)
        return command.then === undefined ? ['ok'] : exit(parse(command.then))
      case 'register':
        await Process.register(this.self, name)
        return ['true']
      case 'unregister':
        await Process.unregister(name)
        return ['true']
      case 'send_name':
        Process.send(name, ['msg', command.p, command.text] as unknown as Message)
        return ['ok']
      case 'send_after':
        this.timers.set(command.timer, Process.sendAfter(target, ['msg', 'timer', command.text] as unknown as Message, command.ms))
        return ['ok']
      case 'cancel_timer': {
        const timer = this.timers.get(command.timer)
        if (timer === undefined) return ['no_timer']
        return [Process.cancelTimer(timer) === false ? 'false' : 'left']
      }
      case 'alias':
        return ['ok', Process.alias()]
      case 'unalias':
        return [command.alias === undefined ? 'no_alias' : String(Process.unalias(command.alias))]
      case 'send_alias':
        if (command.alias === undefined) return ['no_alias']
        Process.send(command.alias, ['msg', command.p, command.text] as unknown as Message)
        return ['ok']
      case 'links':
        return [...here.self.links].map(formatPid)
      default:
        throw new Error(`unknown operation ${command.op}`)
    }
  }

  private async spawn({ name, trap = false, how, m }: Command): Promise<void> {
    const { driver, host } = this.argument
    const argument: PuppetArgument = { name, trap, driver, host }
    if (how === 'link') await Process.spawnLink(definition, argument, { host })
    else if (how === 'monitor') this.monitors.set(m, (await Process.spawnMonitor(definition, argument, { host }))[1])
    else await Process.spawn(definition, argument, { host })
  }

  private demonitor(m: string, opts: readonly string[]): Result {
    const ref = this.monitors.get(m)
    if (ref === undefined) return ['no_ref']
    const active = Process.demonitor(ref, { flush: opts.includes('flush') })
    return [String(opts.includes('info') ? active : true)]
  }

  private die(how: string, reason: string): Result {
    if (how === 'exit') return exit(parse(reason))
    if (how === 'raise') throw new Error(reason)
    Process.exit(this.self, parse(reason))
    return ['true']
  }
}

const definition = Process.define(__filename, async (argument: PuppetArgument, { self }): Promise<void> => {
  record('enroll', argument.name, argument.name, 'puppet', 'driver')
  if (argument.trap) Process.flag('trapExit', true)
  await new Puppet(argument, self).live()
})
export default definition
