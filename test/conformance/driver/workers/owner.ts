// The owner of the tasks of the family `task`: starts them and waits for them as the driver says. What is not for it to
// read stays in its mailbox, which is looked at in each step.

import { Process, Task, TaskSupervisor, type Outcome, type Pid, type Reason } from 'starfish'
import { here } from '#core/process/here'
import { compareTerms, guarded, type Place, type Result } from '../scenario.js'
import { format } from '../terms.js'
import { obey } from './obey.js'
import { record } from './record.js'
import { inThread, onMain, type TaskArgument } from './task.js'

export interface OwnerArgument {
  readonly trap: boolean
  readonly driver: Pid
  readonly supervisor: Pid
  readonly host: Place
}

/** A step of a scenario that is for the owner to do. */
export interface Errand {
  readonly op: string
  readonly t: string
  readonly ts: readonly string[]
  readonly how: string | number
  readonly plan: TaskArgument['plan']
  readonly timeout: number
  readonly items: readonly TaskArgument['plan'][]
  readonly max_concurrency?: number
  readonly ordered?: boolean
  readonly on_timeout?: 'exit' | 'kill_task'
  readonly take?: number
}

export default Process.define(__filename, (argument: OwnerArgument) => {
  record('enroll', 'owner', 'owner', 'owner', 'driver')
  if (argument.trap) Process.flag('trapExit', true)
  const owner = new Owner(argument)
  return obey<Errand>({ driver: argument.driver, perform: (errand) => attempt(() => owner.perform(errand)) })
})

/** What a function gives, or what Elixir raises where Starfish refuses. */
export async function attempt(action: () => Promise<Result>): Promise<Result> {
  try {
    return await guarded(action)
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'ERR_BAD_ARGUMENT') return ['raise', 'ArgumentError']
    if (code === 'ERR_CHILD') return ['raise', 'RuntimeError']
    throw error
  }
}

class Owner {
  private readonly tasks = new Map<string, Task.Task<number>>()
  private readonly body

  constructor(private readonly argument: OwnerArgument) {
    this.body = argument.host === 'thread' ? inThread : onMain
  }

  async perform(errand: Errand): Promise<Result> {
    const { op, t, plan, timeout } = errand
    switch (op) {
      case 'mailbox':
        return this.mailbox()
      case 'async':
        this.tasks.set(t, await this.launch(errand))
        return ['ok']
      case 'start_child':
        return TaskSupervisor.startChild(this.argument.supervisor, this.body, this.given(plan, t)).then(() => ['ok'], refusal)
      case 'start':
        await (errand.how === 'link' ? Task.startLink : Task.start)(this.body, this.given(plan, t))
        return ['ok']
      case 'await_many':
        return this.withTasks(errand.ts, async (tasks) => ['ok', await Task.awaitMany(tasks, timeout)])
      case 'yield_many':
        return this.withTasks(errand.ts, async (tasks) => ['many', (await Task.yieldMany(tasks, { timeout })).map(([, outcome]) => resultOf(outcome))])
      case 'stream':
        return ['stream', await this.stream(errand)]
      case 'task': {
        const task = this.tasks.get(t)
        return task === undefined ? ['none'] : [task.pid ?? '', task.ref, task.owner]
      }
      default:
        return this.withTasks([t], ([task]) => this.withTask(task!, errand))
    }
  }

  private async withTask(task: Task.Task<number>, { op, timeout, how }: Errand): Promise<Result> {
    switch (op) {
      case 'await':
        return ['ok', await Task.await(task, timeout)]
      case 'yield':
        return resultOf(await Task.yield(task, timeout))
      case 'shutdown':
        return resultOf(await Task.shutdown(task, how as number | 'brutal_kill'))
      case 'ignore':
        return resultOf(Task.ignore(task))
      default:
        throw new Error(`unknown operation ${op}`)
    }
  }

  private async withTasks(names: readonly string[], action: (tasks: Task.Task<number>[]) => Promise<Result>): Promise<Result> {
    const tasks = names.map((name) => this.tasks.get(name))
    return tasks.includes(undefined) ? ['none'] : action(tasks as Task.Task<number>[])
  }

  private given(plan: TaskArgument['plan'], name?: string): TaskArgument {
    return { plan, driver: this.argument.driver, ...(name === undefined ? {} : { name }) }
  }

  private async launch({ how, plan, t }: Errand): Promise<Task.Task<number>> {
    const { supervisor } = this.argument
    switch (how) {
      case 'link':
        return Task.async(this.body, this.given(plan, t))
      case 'sup':
        return TaskSupervisor.async(supervisor, this.body, this.given(plan, t))
      case 'nolink':
        return TaskSupervisor.asyncNolink(supervisor, this.body, this.given(plan, t))
      default:
        return Task.completed((plan as { v: number }).v)
    }
  }

  private async stream({ items, how, max_concurrency, ordered, timeout, on_timeout, take = Infinity }: Errand): Promise<Result> {
    const { supervisor } = this.argument
    const options = {
      ...(max_concurrency === undefined ? {} : { maxConcurrency: max_concurrency }),
      ...(ordered === undefined ? {} : { ordered }),
      ...(timeout === undefined ? {} : { timeout }),
      ...(on_timeout === undefined ? {} : { onTimeout: on_timeout }),
    }
    const given = items.map((plan) => this.given(plan))
    const outcomes =
      how === 'link' ? Task.asyncStream(given, this.body, options)
      : how === 'sup' ? TaskSupervisor.asyncStream(supervisor, given, this.body, options)
      : TaskSupervisor.asyncStreamNolink(supervisor, given, this.body, options)
    const found: Result[] = []
    for await (const outcome of outcomes) if (found.push(resultOf(outcome)) === take) break
    return ordered === false ? found.sort(compareTerms) : found
  }

  /** What lies unread. */
  private mailbox(): Result {
    return here.self.mailbox.peek(Infinity).map(({ body }) => describe(body as readonly unknown[]))
  }
}

function describe([tag, ...rest]: readonly unknown[]): string {
  switch (tag) {
    case 'TASK':
      return `reply ${format(rest[1])}`
    case 'DOWN':
      return `DOWN ${rest[1] as Pid} ${format(rest[2])}`
    case 'EXIT':
      return `EXIT ${rest[0] as Pid} ${format(rest[1])}`
    default:
      return `other ${format([tag, ...rest])}`
  }
}

const resultOf = (outcome: Outcome<number> | undefined): Result => (outcome === undefined ? ['nil'] : outcome[0] === 'ok' ? outcome : ['exit', format(outcome[1] as Reason)])

function refusal(error: { code?: string; reason?: unknown }): Result {
  if (error.code !== 'ERR_CHILD') throw error as Error
  return ['error', format(error.reason)]
}
