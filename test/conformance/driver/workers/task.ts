// What the tasks of the family `task` do: as their plan says, at once or when they are told.

import { exit, Process, Task, type Message, type Pid } from 'starfish'
import { parse } from '../terms.js'
import { record } from './record.js'

/** What a task is to do. */
export type TaskPlan =
  | { readonly do: 'value'; readonly v: number }
  | { readonly do: 'raise' | 'exit' | 'throw'; readonly reason: string }
  | { readonly do: 'wait' | 'forever' }

export interface TaskArgument {
  readonly plan: TaskPlan & { readonly trap?: boolean }
  /** One with a name begins when the driver says so; the items of a stream have none. */
  readonly name?: string
  readonly driver: Pid
}

async function run({ plan, name, driver }: TaskArgument): Promise<number> {
  if (name !== undefined) {
    record('enroll', name, name, 'task', 'owner')
    if (plan.trap) Process.flag('trapExit', true)
    record('event', 'begin', name)
    await Process.receive((message) => message[0] === 'begin')
  }
  return carryOut(plan, driver)
}

async function carryOut(plan: TaskPlan, driver: Pid): Promise<number> {
  switch (plan.do) {
    case 'value':
      return plan.v
    case 'raise':
      throw new Error(plan.reason)
    case 'throw':
      throw parse(plan.reason) as never
    case 'exit':
      return exit(parse(plan.reason))
    default:
      return wait(plan.do, driver)
  }
}

/** Gives the driver signs of life until it is told to go on, if that is what it waits for; leaves all else unread. */
async function wait(how: 'wait' | 'forever', driver: Pid): Promise<number> {
  const isForIt = (message: readonly unknown[]): boolean => message[0] === 'ping' || (how === 'wait' && message[0] === 'go')
  for (;;) {
    const [kind, detail] = (await Process.receive(isForIt)) as unknown as ['ping', number] | ['go', TaskPlan]
    if (kind === 'go') return carryOut(detail, driver)
    Process.send(driver, ['answer', detail] as unknown as Message)
  }
}

export const inThread = Task.define(`${__filename}#inThread`, run)
export const onMain = Task.define(`${__filename}#onMain`, run, { host: 'main' })
