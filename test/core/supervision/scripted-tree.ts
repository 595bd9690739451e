// A scripted tree under test and the record of what happened in it. Every wait is for a fact: a tree has settled when
// each supervisor and worker has answered, in turn, and nothing was recorded meanwhile.

import { GenServer, Logger, Process, Supervisor, Sys, type ChildCounts, type LogEvent, type Pid, type Reason } from 'starfish'
import { down } from '@starfish/testing'
import { decodeReason } from '#core/wire/codec'
import ScriptedSupervisor, { specOf, type Node, type Soil, type SupervisorNode } from '../fixtures/scripted-supervisor.js'
import { reasonOf, reasonText } from '../fixtures/scripted-worker.js'

/** `'one#2'`, or why there is none: `'one:undefined'`. A supervisor is a pair of itself and its children. */
export type Shape = string | [string, Shape[]]

type Root = Omit<SupervisorNode, 'id'>

const id = (instance: string): string => instance.replace(/#\d+$/, '')

class ScriptedTree implements AsyncDisposable {
  /** The supervisor at the root. */
  pid!: Pid
  /** What the root's start failed with, or `ignore`. */
  failure: Reason | undefined
  /** What happened while the tree started. */
  boot: readonly string[] = []
  readonly soil: Soil
  private record: string[] = []
  private count = 0
  private readonly awaited = new Map<string, () => void>()
  private readonly instances = new Map<Pid, string>()
  private readonly pids = new Map<string, Pid>()
  private readonly main = Process.self()
  private readonly before = Logger.configure({ level: 'silent', onEvent: (event) => this.note(event) })

  constructor(host: Soil['host']) {
    this.soil = { host, attempts: new Map(), supervisors: new Set(['s0']) }
  }

  async start(root: Root): Promise<this> {
    try {
      const started = await Supervisor.startLink(ScriptedSupervisor, { node: { ...root, id: 's0' }, soil: this.soil }, root.name === undefined ? {} : { name: root.name })
      if (started === 'ignore') this.failure = 'ignore'
      else this.pid = started.pid
    } catch (error) {
      this.failure = (error as { reason: Reason }).reason
    }
    this.boot = await this.news()
    return this
  }

  private note(event: LogEvent): void {
    const line = this.lineOf(event)
    if (line === undefined) return
    this.count++
    this.record.push(line)
    this.awaited.get(line)?.()
  }

  private lineOf(event: LogEvent): string | undefined {
    const who = this.instances.get(event.pid) ?? ('name' in event ? event.name : event.pid)
    switch (event.kind) {
      case 'text': {
        const [, instance] = /^init (\S+)/.exec(event.message) ?? []
        if (instance !== undefined) {
          this.instances.set(event.pid, instance)
          this.pids.set(instance, event.pid)
        }
        return this.named(event.level === 'info' ? event.message : `${who}: ${event.message}`)
      }
      case 'supervisor':
        return event.context === 'progress' ? undefined : `${who}: ${event.context} ${event.offender.id} ${this.text(decodeReason(event.reason))}`
      case 'terminate':
        return `error ${who} ${this.text(decodeReason(event.reason))}`
      case 'crash':
        // A failed init is told by its init line; a thread that could not say why it ended has nothing else.
        return event.phase === 'init' ? undefined : `crash ${who} ${this.text(decodeReason(event.reason))}`
    }
  }

  private readonly named = (text: string): string => text.replace(/#PID<[\d.]+>/g, (pid) => this.instances.get(pid as Pid) ?? (pid === this.main ? 'main' : pid))

  /** A reason as one line, with instances for pids. */
  text(reason: Reason | undefined): string {
    return this.named(reasonText(reason))
  }

  /** Waits for a line of the record that is still to come. */
  toCome(line: string): Promise<void> {
    return new Promise((resolve) => this.awaited.set(line, resolve))
  }

  /** What was recorded since the last call, once the tree has settled. */
  async news(): Promise<string[]> {
    await this.settled()
    return this.record.splice(0)
  }

  /** The pid of an instance (`'one#1'`), or of the latest one of an id. */
  pidOf(which: string): Pid {
    const pid = which.includes('#') ? this.pids.get(which) : [...this.pids].findLast(([instance]) => id(instance) === which)?.[1]
    if (pid === undefined) throw new Error(`${which} was never started`)
    return pid
  }

  instanceOf(pid: Pid | undefined): string | undefined {
    return pid && this.instances.get(pid)
  }

  /** Waits for the end of an instance; gives its reason. */
  async end(which: string): Promise<string> {
    return this.text(await down(this.pidOf(which)))
  }

  // ---- causes

  crash = (which: string, reason: string): void => void GenServer.cast(this.pidOf(which), ['crash', reason])
  raise = (which: string, message: string): void => void GenServer.cast(this.pidOf(which), ['raise', message])
  exitIn = (which: string, reason: string): void => void GenServer.cast(this.pidOf(which), ['exitIn', reason])
  throw = (which: string, value: string): void => void GenServer.cast(this.pidOf(which), ['throw', value])
  /** An exit signal from the main program: a stranger to all but the root, whose parent it is. */
  exit = (which: string, reason: string): void => Process.exit(this.pidOf(which), reasonOf(reason))
  /** An exit signal from another process of the tree. */
  signal = (from: string, to: string, reason: string): void => void GenServer.cast(this.pidOf(from), ['signal', this.pidOf(to), reasonOf(reason)])

  // ---- the API, its answers as text

  startChild = (sup: string, node: Node): Promise<string> =>
    this.answer(async () => {
      const { pid, info } = await Supervisor.startChild(this.pidOf(sup), specOf(node, this.soil) as never)
      return `${this.instanceOf(pid) ?? 'undefined'}${info === undefined ? '' : ` ${String(info)}`}`
    })

  restartChild = (sup: string, child: string): Promise<string> =>
    this.answer(async () => {
      const { pid, info } = await Supervisor.restartChild(this.pidOf(sup), child)
      return `${this.instanceOf(pid) ?? 'undefined'}${info === undefined ? '' : ` ${String(info)}`}`
    })

  terminateChild = (sup: string, child: string): Promise<string> => this.answer(() => Supervisor.terminateChild(this.pidOf(sup), child))
  deleteChild = (sup: string, child: string): Promise<string> => this.answer(() => Supervisor.deleteChild(this.pidOf(sup), child))
  stop = (which: string, reason: string): Promise<string> => this.answer(() => GenServer.stop(this.pidOf(which), reasonOf(reason)))

  private async answer(ask: () => Promise<string | void>): Promise<string> {
    try {
      return (await ask()) ?? 'ok'
    } catch (error) {
      return `${(error as { code: string }).code} ${this.text((error as { reason: Reason }).reason)}`
    }
  }

  /**
   * Holds a supervisor, does one thing after the other, each time until the death or the request lies in its mailbox,
   * and lets it go: the way to test what happens "at once". Gives the answers to requests.
   */
  async burst(sup: string, ...acts: readonly (() => void | Promise<string>)[]): Promise<string[]> {
    const pid = this.pidOf(sup)
    await Sys.suspend(pid)
    const answers: Promise<string>[] = []
    for (const act of acts) {
      const before = Process.info(pid)!.mailboxLength
      const answer = act()
      if (answer) answers.push(answer)
      while (Process.info(pid)!.mailboxLength === before) await new Promise((resolve) => setImmediate(resolve))
    }
    await Sys.resume(pid)
    return Promise.all(answers)
  }

  // ---- looking

  /** Waits until nothing goes on in the tree any more. */
  async settled(): Promise<Shape | null> {
    for (;;) {
      if (this.pid === undefined || !Process.isAlive(this.pid)) {
        if (this.pid !== undefined) await down(this.pid)
        return null
      }
      const before = this.count
      try {
        const shape = await this.walk(this.pid)
        await Sys.sync(this.pid)
        if (shape !== undefined && this.count === before) return shape
      } catch (error) {
        if (!String((error as { code?: string }).code).startsWith('ERR_CALL_')) throw error
      }
    }
  }

  /** The children of the root, or the root's end: `null`. The last started is first. */
  async shape(): Promise<Shape[] | null> {
    const shape = await this.settled()
    return shape === null ? null : (shape[1] as Shape[])
  }

  // Rejects when somebody ends meanwhile; undefined while a child is being restarted.
  private async walk(pid: Pid): Promise<Shape | undefined> {
    const children: Shape[] = []
    let settled = true
    for (const child of await Supervisor.whichChildren(pid)) {
      const key = String(child.id)
      if (child.pid === 'restarting') settled = false
      else if (child.pid === undefined) children.push(`${key}:undefined`)
      else if (this.soil.supervisors.has(key)) {
        const shape = await this.walk(child.pid)
        if (shape === undefined) settled = false
        else children.push(shape)
      } else {
        await Sys.sync(child.pid)
        children.push(this.instanceOf(child.pid) ?? key)
      }
    }
    return settled ? [this.instanceOf(pid) ?? pid, children] : undefined
  }

  counts = (sup = 's0'): Promise<ChildCounts> => Supervisor.countChildren(this.pidOf(sup))

  /** How often a child's start was attempted. */
  starts = (which: string): number => this.soil.attempts.get(which)?.[0] ?? 0

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.pid !== undefined && Process.isAlive(this.pid)) {
      Process.exit(this.pid, 'shutdown')
      await down(this.pid)
    }
    Logger.configure(this.before)
  }
}

/** Starts a tree under the supervisor `s0`. Its workers live on the main thread unless told otherwise. */
export const plant = (root: Root, { host = 'main' }: { readonly host?: Soil['host'] } = {}): Promise<ScriptedTree> => new ScriptedTree(host).start(root)
