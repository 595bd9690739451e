// The family `task`: one owner of tasks, one supervisor of tasks, and what becomes of each.

import { Process, Task, TaskSupervisor, Sys, type Pid } from 'starfish'
import { EventLog, type Event } from '../log.js'
import { enrolled, ping, tell } from '../orders.js'
import { compareTerms, type Family, type Place, type Result, type Scenario, type ScenarioLog, type Step } from '../scenario.js'
import { endAll, settle } from '../settle.js'
import { parse } from '../terms.js'
import Owner, { attempt, type Errand, type OwnerArgument } from '../workers/owner.js'

interface Operation extends Errand {
  readonly reason: string
}

interface TaskScenario extends Scenario {
  readonly trap?: boolean
  readonly max_children?: number
  readonly steps: readonly Operation[]
}

interface TaskStep extends Step {
  readonly begun: readonly string[]
  readonly mb: readonly string[]
  readonly ex: readonly Event[]
}

/** Times that decide an outcome are stretched: a thread needs tens of milliseconds to start, a BEAM process microseconds. */
const STRETCH = { stream: 20, shutdown: 4 }

const stretched = (step: Operation): Operation => ({
  ...step,
  ...(step.op === 'stream' && step.timeout !== undefined ? { timeout: step.timeout * STRETCH.stream } : {}),
  ...(step.op === 'shutdown' && typeof step.how === 'number' ? { how: step.how * STRETCH.shutdown } : {}),
})

export const family: Family = {
  where: { thread: 'owner and tasks in threads, the supervisor on the main thread, as always', main: 'owner, tasks and supervisor on the main thread' },
  missing: () => undefined,
  async run(scenario, host) {
    using run = new TaskRun(host)
    return await run.toEnd(scenario as TaskScenario)
  },
}

class TaskRun implements Disposable {
  private readonly log = new EventLog()
  private supervisor!: Pid

  constructor(private readonly host: Place) {}

  [Symbol.dispose](): void {
    this.log[Symbol.dispose]()
  }

  async toEnd({ id, trap = false, max_children, steps }: TaskScenario): Promise<ScenarioLog> {
    this.supervisor = (await TaskSupervisor.startLink(max_children === undefined ? {} : { maxChildren: max_children })).pid
    const argument: OwnerArgument = { trap, driver: this.log.driver, supervisor: this.supervisor, host: this.host }
    await Process.spawn(Owner, argument, { host: this.host })
    await enrolled(this.log, 'owner')
    const log: TaskStep[] = []
    for (const [index, step] of steps.entries()) log.push(await this.finish(index + 1, step.op, await this.perform(stretched(step))))
    await endAll(this.log)
    return { id, log }
  }

  private pidOf(name: string): Pid | undefined {
    return this.log.named(name)?.pid
  }

  private async perform(step: Operation): Promise<Result> {
    const { op, t } = step
    switch (op) {
      case 'go':
        return this.toProcess(t, (pid) => Process.send(pid, ['go', step.plan]))
      case 'kill':
        return this.toProcess(t, (pid) => Process.exit(pid, parse(step.reason)))
      case 'owner_exit':
        return this.toProcess('owner', (pid) => Process.exit(pid, parse(step.reason)))
      case 'children':
        return [(await TaskSupervisor.children(this.supervisor)).length]
      case 'await_other':
        return this.awaitOther(t)
      default: {
        const result = await tell(this.pidOf('owner'), step)
        const starts = op === 'start' || op === 'start_child' || (op === 'async' && step.how !== 'completed')
        if (starts && result[0] === 'ok') await this.begin(t)
        return result
      }
    }
  }

  // A process that is spawned on the BEAM runs after its owner's next few instructions, and cannot end the owner before.
  private async begin(name: string): Promise<void> {
    await enrolled(this.log, name)
    Process.send(this.pidOf(name)!, ['begin'] as never)
  }

  private toProcess(name: string, action: (pid: Pid) => void): Result {
    const pid = this.pidOf(name)
    if (pid === undefined) return ['none']
    action(pid)
    return ['ok']
  }

  /** Somebody who is not the owner waits for a task: the driver. */
  private async awaitOther(name: string): Promise<Result> {
    const task = await tell(this.pidOf('owner'), { op: 'task', t: name })
    if (task.length < 3) return task
    const [pid, ref, owner] = task as readonly [Pid, string, Pid]
    return attempt(async () => ['ok', await Task.await({ pid, ref, owner } as Task.Task<number>, 100)])
  }

  private async finish(i: number, op: string, r: Result): Promise<TaskStep> {
    const stable = await settle(this.log, {
      suspended: (pid) => pid !== this.supervisor, // what they do not read is theirs
      ping: (pid) => (pid === this.supervisor ? Sys.sync(pid) : ping(pid)),
    })
    const owner = this.pidOf('owner')!
    const unread = Process.isAlive(owner) ? await tell(owner, { op: 'mailbox' }) : []
    const mb = unread.map((text) => this.log.text(text)).sort(compareTerms)
    return {
      i, op, r,
      begun: this.log.takeActs().flatMap(({ event }) => (event[0] === 'begin' ? [event[1] as string] : [])).sort(compareTerms),
      mb: stable ? mb : ['unstable', ...mb],
      ex: this.log.takeExits().map(({ instance, reason }) => [instance.inst, reason]).sort(compareTerms),
    }
  }
}
