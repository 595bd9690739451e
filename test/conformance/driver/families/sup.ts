// The family `sup`: supervision trees. Supervisors are Starfish's own; their workers are scripted and run in threads.

import { setTimeout as sleep } from 'node:timers/promises'
import { DynamicSupervisor, exit, GenServer, Process, StartError, Supervisor, Sys, type ChildSpec, type Pid, type Started, type StartedChild } from 'starfish'
import { caughtExit, cut, parse } from '../terms.js'
import { type Act, EventLog, type Event, received } from '../log.js'
import { inOrder } from '../order.js'
import { compareTerms, type Family, guarded, type Place, type Result, type Scenario, type ScenarioLog, type Step } from '../scenario.js'
import { endAll, isIdle, settle, until } from '../settle.js'
import { record } from '../workers/record.js'
import { exitFromStranger } from '../workers/stranger.js'
import { Dynamic, Tree, type TreeArgument } from '../workers/tree.js'
import Worker, { type WorkerArgument } from '../workers/worker.js'

/** A child as a scenario writes it. */
export interface ChildScript {
  readonly kind?: 'worker' | 'sup' | 'dynsup'
  readonly id: string
  readonly restart?: ChildSpec['restart']
  readonly shutdown?: ChildSpec['shutdown']
  readonly significant?: boolean
  readonly type?: 'worker' | 'supervisor'
  readonly trap?: boolean
  readonly name?: string
  readonly init?: readonly string[]
  readonly term?: string
  readonly strategy?: 'one_for_one' | 'one_for_all' | 'rest_for_one'
  readonly max_restarts?: number
  readonly max_seconds?: number
  readonly max_children?: number
  readonly auto_shutdown?: 'never' | 'any_significant' | 'all_significant'
  readonly children?: readonly ChildScript[]
}

/** A step, or an act of a burst. Which fields it has depends on `op`. */
interface Operation {
  readonly op: string
  readonly id: string
  readonly sup: string
  readonly reason: string
  readonly spec: ChildScript
  readonly name: string
  readonly ms: number
  readonly acts: readonly Operation[]
}

interface SupScenario extends Scenario {
  readonly tree: ChildScript
  readonly steps?: readonly Operation[]
}

interface SupStep extends Step {
  readonly ev: readonly Event[]
  readonly ic: readonly Event[]
  readonly ex: readonly Event[]
  readonly tree: unknown
  readonly counts: Readonly<Record<string, readonly number[]>>
  readonly po?: true
  readonly unstable?: true
}

const NOT_RUNNING: Result = ['not_running']
const SENT: Result = ['sent']
const REQUESTS = new Set(['start_child', 'terminate_child', 'restart_child', 'delete_child'])

export const family: Family = {
  where: { thread: 'workers in threads, supervisors on the main thread, as always', main: 'workers and supervisors on the main thread' },
  missing: () => undefined,
  async run(scenario, host) {
    using run = new SupRun(scenario as SupScenario, host)
    return await run.toEnd()
  },
}

class SupRun implements Disposable {
  private readonly log = new EventLog()
  private readonly attempts = new Map<string, number>()
  private readonly up = new Set<string>()
  private root: Pid | undefined

  constructor(private readonly scenario: SupScenario, private readonly host: Place) {}

  [Symbol.dispose](): void {
    this.log[Symbol.dispose]()
  }

  async toEnd(): Promise<ScenarioLog> {
    const { id, tree, steps = [] } = this.scenario
    const log: SupStep[] = [await this.finish(0, 'boot', await this.boot(tree))]
    for (const [index, step] of steps.entries()) {
      if (!this.rootIsAlive) break
      log.push(await this.finish(index + 1, step.op, await this.perform(step)))
    }
    if (this.rootIsAlive) {
      Process.exit(this.root, 'shutdown')
      log.push(await this.finish(steps.length + 1, 'end', ['ok']))
    }
    const leaked = this.log.living
    await endAll(this.log)
    const ended = await received<['EXIT', Pid, never]>((message) => message[0] === 'EXIT' && message[1] === this.root)
    const root = ended === undefined ? null : this.log.text(ended[2])
    return { id, log, end: { root, leaked: leaked.map(({ inst }) => inst).sort(), starts: Object.fromEntries(this.attempts) } }
  }

  private get rootIsAlive(): boolean {
    return this.root !== undefined && Process.isAlive(this.root)
  }

  // ---- starting

  private async boot(tree: ChildScript): Promise<Result> {
    try {
      const started = await this.startTree(tree)
      if (started === 'ignore') return ['ignore']
      this.root = started.pid
      return ['ok']
    } catch (error) {
      return ['error', this.log.text(startReason(error))]
    }
  }

  private childSpec(spec: ChildScript): ChildSpec {
    const { id, kind, restart, shutdown, significant } = spec
    const isWorker = kind === undefined || kind === 'worker'
    return {
      id,
      start: () => (isWorker ? this.startWorker(spec) : this.startTree(spec)),
      type: spec.type ?? (isWorker ? 'worker' : 'supervisor'),
      ...(restart === undefined ? {} : { restart }),
      ...(shutdown === undefined ? {} : { shutdown }),
      ...(significant === undefined ? {} : { significant }),
    }
  }

  /** The start functions run in the supervisor and say so. */
  private attempt(spec: ChildScript): { inst: string; token: string; parent: string } {
    const attempt = (this.attempts.get(spec.id) ?? 0) + 1
    this.attempts.set(spec.id, attempt)
    const inst = `${spec.id}#${attempt}`
    const parent = this.log.instanceOf(Process.self())
    record('event', 'start', inst)
    return { inst, token: spec.init?.[attempt - 1] ?? 'ok', parent }
  }

  private async startTree(spec: ChildScript): Promise<Started | 'ignore'> {
    const argument: TreeArgument = { spec, ...this.attempt(spec), children: (spec.children ?? []).map((child) => this.childSpec(child)) }
    return spec.kind === 'dynsup' ? DynamicSupervisor.startLink(Dynamic, argument) : Supervisor.startLink(Tree, argument)
  }

  private async startWorker(spec: ChildScript): Promise<any> {
    const { inst, token, parent } = this.attempt(spec)
    const [word, detail] = cut(token)
    const launch = (how: string): Promise<Started | 'ignore'> => {
      const argument: WorkerArgument = { spec, inst, token: how, parent }
      return GenServer.startLink(Worker, argument, { host: this.host, name: spec.name ?? null })
    }
    switch (word) {
      case 'fn_error':
        throw new StartError(parse(detail), spec.id)
      case 'fn_raise':
        throw new Error(detail)
      case 'fn_exit':
        return exit(parse(detail))
      case 'fn_throw':
        throw parse(detail) as never
      case 'fn_ignore':
        return 'ignore'
      case 'fn_bad':
        return 'bad_fn'
      case 'fn_extra':
        return [await launch('ok'), 'extra']
      default:
        return launch(token)
    }
  }

  // ---- operations

  private async perform(step: Operation): Promise<Result> {
    switch (step.op) {
      case 'crash':
      case 'raise':
      case 'exit_in':
      case 'throw':
      case 'inc':
        return this.toLiving(step.id, (pid) => {
          Process.send(pid, ['do', step.op, step.reason])
          return SENT
        })
      case 'exit':
        return this.toLiving(step.id, async (pid) => {
          await exitFromStranger(pid, parse(step.reason))
          return SENT
        })
      case 'parent_exit':
        Process.exit(this.root, parse(step.reason))
        return SENT
      case 'get':
        return this.toLiving(step.id, async (pid) => ['ok', await GenServer.call<number>(pid, 'get')])
      case 'stop':
        return this.toLiving(step.id, async (pid) => {
          await GenServer.stop(pid, parse(step.reason), 10_000)
          return ['ok']
        })
      case 'whereis': {
        const pid = Process.whereis(step.name)
        return pid === undefined ? ['none'] : ['ok', this.log.instanceOf(pid)]
      }
      case 'sleep':
        await sleep(step.ms)
        return ['ok']
      case 'burst':
        return this.toLiving(step.sup, (pid) => this.burst(pid, step.acts))
      default:
        return this.toLiving(step.sup, (pid) => this.ask(pid, step))
    }
  }

  private async toLiving(id: string, action: (pid: Pid) => Result | Promise<Result>): Promise<Result> {
    const pid = this.log.current.get(id)
    if (pid === undefined || !Process.isAlive(pid)) return NOT_RUNNING
    return guarded(() => action(pid))
  }

  /** A request to a supervisor about a child. */
  private async ask(supervisor: Pid, { op, id, spec }: Operation): Promise<Result> {
    const dynamic = this.log.instances.get(supervisor)!.kind === 'dynsup'
    const ok = ({ pid, info }: StartedChild): Result => {
      if (pid === undefined) return dynamic ? ['ignore'] : ['ok', 'undefined']
      return ['ok', this.log.instanceOf(pid), ...(info === undefined ? [] : [String(info)])]
    }
    try {
      switch (op) {
        case 'start_child':
          return ok(await (dynamic ? DynamicSupervisor : Supervisor).startChild(supervisor, this.childSpec(spec)))
        case 'terminate_child':
          if (dynamic) return await this.terminateDynamic(supervisor, id)
          await Supervisor.terminateChild(supervisor, id)
          return ['ok']
      }
      if (dynamic) return ['n/a']
      switch (op) {
        case 'restart_child':
          return ok(await Supervisor.restartChild(supervisor, id))
        case 'delete_child':
          await Supervisor.deleteChild(supervisor, id)
          return ['ok']
        case 'get_childspec': {
          const { restart, shutdown, type, significant } = await Supervisor.getChildSpec(supervisor, id)
          return ['ok', restart, String(shutdown), type, String(significant)]
        }
        default:
          throw new Error(`unknown operation ${op}`)
      }
    } catch (error) {
      const { code, reason } = error as { code?: unknown; reason?: unknown }
      if (code === 'ERR_CHILD' || code === 'ERR_START') return ['error', this.log.text(reason)]
      if (code === 'ERR_BAD_CHILD_SPEC') return ['error', code]
      throw error
    }
  }

  private async terminateDynamic(supervisor: Pid, id: string): Promise<Result> {
    const pid = this.log.current.get(id)
    if (pid === undefined) return ['no_pid']
    await DynamicSupervisor.terminateChild(supervisor, pid)
    return ['ok']
  }

  /** Freezes a supervisor, lets things happen in a fixed order, each one in its mailbox before the next, and goes on. */
  private async burst(supervisor: Pid, acts: readonly Operation[]): Promise<Result> {
    await Sys.suspend(supervisor)
    const answers: { readonly result: Promise<Result> }[] = []
    for (const act of acts) answers.push(await this.queue(supervisor, act))
    await guarded(() => Sys.resume(supervisor).then(() => ['ok']))
    return ['burst', ...(await Promise.all(answers.map(({ result }) => result)))]
  }

  private async queue(supervisor: Pid, act: Operation): Promise<{ result: Promise<Result> }> {
    const mailboxLength = (): number => Process.info(supervisor)?.mailboxLength ?? Infinity
    const before = mailboxLength()
    if (REQUESTS.has(act.op)) {
      const result = guarded(() => this.ask(supervisor, act))
      await until(() => mailboxLength() > before)
      return { result }
    }
    const victim = this.log.current.get(act.id)
    const result = await this.perform(act)
    if (victim !== undefined && result !== NOT_RUNNING) {
      await until(async () => !Process.isAlive(victim) || ((await hasHandledAll(victim)) && isIdle(victim)))
      if (!Process.isAlive(victim)) await until(() => mailboxLength() > before)
    }
    return { result: Promise.resolve(result) }
  }

  // ---- the log of a step

  private async finish(i: number, op: string, r: Result): Promise<SupStep> {
    let view: View = { tree: null, counts: {} }
    const stable = await settle(this.log, {
      also: async () => {
        view = this.rootIsAlive ? await look(this.log, this.root!) : { tree: null, counts: {} }
        return view.tree !== GONE
      },
    })
    const exits = this.log.takeExits()
    // The children of a supervisor that was killed die at the same time as all else happens: each has its own order.
    const po = exits.some(({ instance, reason }) => instance.kind !== 'worker' && reason === 'killed')
    const { ev, ic } = this.sortActs(po)
    return {
      i, op, r, ev, ic,
      ex: exits.map(({ instance, reason }) => [instance.inst, reason]).sort(compareTerms),
      ...view,
      ...(po ? { po } : {}),
      ...(stable ? {} : { unstable: true }),
    }
  }

  // Crash reports of processes that failed to start stand apart: on OTP 25 they race with the supervisor.
  private sortActs(po: boolean): { ev: Event[]; ic: Event[] } {
    const acts = this.log.takeActs()
    for (const { event } of acts) if (event[0] === 'init' && event[2] === 'ok') this.up.add(event[1] as string)
    const isLate = ({ actor, event }: Act): boolean => event[0] === 'crash' && !this.up.has(actor)
    const ev = acts.filter((act) => !isLate(act))
    const ic = acts.filter(isLate).map(({ event }) => event.slice(1)).sort(compareTerms)
    return { ev: inOrder(ev, this.log, po).map(({ event }) => event), ic }
  }
}

const startReason = (error: unknown): unknown => {
  if ((error as { code?: unknown }).code !== 'ERR_START') throw error
  return (error as StartError).reason
}

const hasHandledAll = (pid: Pid): Promise<boolean> => Sys.sync(pid).then(() => true, () => false)

// ---- what a tree looks like

interface View {
  tree: unknown
  readonly counts: Record<string, readonly number[]>
}

const GONE = 'gone'

/** The tree below a supervisor as `whichChildren` shows it; `GONE` while it changes. */
async function look(log: EventLog, root: Pid): Promise<View> {
  const counts: View['counts'] = {}
  try {
    return { tree: await branch(log, root, counts), counts }
  } catch (error) {
    if (!(error instanceof Changing)) caughtExit(error) // somebody died meanwhile
    return { tree: GONE, counts }
  }
}

async function branch(log: EventLog, supervisor: Pid, counts: View['counts']): Promise<unknown> {
  const { inst, kind } = log.instances.get(supervisor)!
  const module = kind === 'dynsup' ? DynamicSupervisor : Supervisor
  const children = await module.whichChildren(supervisor)
  const { specs, active, supervisors, workers } = await module.countChildren(supervisor)
  counts[inst] = [specs, active, supervisors, workers]
  const shown: unknown[] = []
  for (const { id, pid } of children) {
    if (pid === 'restarting') throw new Changing()
    if (pid === undefined) shown.push(`${id}:undefined`)
    else shown.push(log.instances.get(pid)?.kind === 'worker' ? log.instanceOf(pid) : await branch(log, pid, counts))
  }
  return [inst, kind === 'dynsup' ? shown.sort(compareTerms) : shown]
}

/** The tree is not at rest: a child is about to be started again. */
class Changing extends Error {}
