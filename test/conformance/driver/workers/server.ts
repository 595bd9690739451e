// The scripted server of the family `gs`: its state is a number, and each message is a plan of what to do.

import { setTimeout as sleep } from 'node:timers/promises'
import { exit, GenServer, ignore, noreply, ok, Process, reply, stop, type From, type Next, type Pid, type Reason } from 'starfish'
import { cut, format, parse } from '../terms.js'
import { record } from './record.js'

/** What a callback is to do, in the order of the fields. */
export interface Plan {
  readonly sleep?: number
  /** How terminate is to behave from now on. */
  readonly term?: string
  /** Replies at once. */
  readonly early?: number
  /** Keeps the caller for later. */
  readonly defer?: boolean
  /** Replies to all callers that were kept. */
  readonly release?: number
  readonly self_cast?: Plan
  readonly self_info?: Plan
  readonly trap?: boolean
  readonly self_call?: boolean
  readonly add?: number
  readonly ret?: string
  readonly v?: number
  readonly n?: number
  readonly reason?: string
  readonly act?: 'hibernate' | { readonly timeout?: number; readonly continue?: Plan }
}

export interface ServerArgument {
  readonly plan: Plan
  readonly trap: boolean
}

/** What a server remembers besides its state, as a process dictionary would. */
interface Memory {
  term?: string
  deferred: From[]
}

const memories = new Map<Pid, Memory>()

function memoryOf(pid: Pid): Memory {
  const memory = memories.get(pid) ?? { deferred: [] }
  memories.set(pid, memory)
  return memory
}

function next({ act }: Plan): Next {
  if (act === undefined) return {}
  if (act === 'hibernate') return { hibernate: true }
  return act.continue === undefined ? { timeout: act.timeout! } : { continue: ['plan', act.continue] }
}

async function init({ plan, trap }: ServerArgument): Promise<any> {
  record('enroll', 'srv', 'srv', 'worker', 'driver')
  if (trap) Process.flag('trapExit', true)
  record('event', 'init')
  if (plan.sleep !== undefined) await sleep(plan.sleep)
  const { n = 0, ret = 'ok', reason = '' } = plan
  switch (ret) {
    case 'ok':
      return ok(n, next(plan))
    case 'throw_ok':
      throw ok(n) as never
    case 'ignore':
      return ignore()
    case 'stop':
      return stop(parse(reason))
    default:
      return end(ret, reason)
  }
}

async function run(plan: Plan, self: Pid, from: From | undefined, n: number): Promise<any> {
  const memory = memoryOf(self)
  if (plan.sleep !== undefined) await sleep(plan.sleep)
  if (plan.term !== undefined) memory.term = plan.term
  if (from && plan.early !== undefined) GenServer.reply(from, plan.early)
  if (from && plan.defer) memory.deferred.push(from)
  if (plan.release !== undefined) for (const caller of memory.deferred.splice(0)) GenServer.reply(caller, plan.release)
  if (plan.self_cast) GenServer.cast(self, ['plan', plan.self_cast])
  if (plan.self_info) Process.send(self, ['plan', plan.self_info])
  if (plan.trap !== undefined) Process.flag('trapExit', plan.trap)
  if (plan.self_call) await GenServer.call(self, 'x', { timeout: 1000 })
  const { add = 0, ret = 'noreply', v, reason = '' } = plan
  switch (ret) {
    case 'reply':
      return reply(v, n + add, next(plan))
    case 'noreply':
      return noreply(n + add, next(plan))
    case 'throw_noreply':
      throw noreply(n + add, next(plan)) as never
    case 'stop':
      return stop(parse(reason), n + add)
    case 'stop_reply':
      return stop(parse(reason), v, n + add)
    default:
      return end(ret, reason)
  }
}

/** The ways in which a callback does not return what it should. */
function end(how: string, reason: string): unknown {
  switch (how) {
    case 'bad':
      return 'bad_ret'
    case 'raise':
      throw new Error(reason)
    case 'throw':
      throw parse(reason) as never
    default:
      return exit(parse(reason))
  }
}

type Info = readonly ['plan', Plan] | readonly ['EXIT', Pid, Reason]

async function handleInfo(n: number, message: 'timeout' | Info, { self }: { self: Pid }): Promise<any> {
  if (message !== 'timeout' && message[0] === 'plan') {
    record('event', 'handle_info', 'plan', n)
    return run(message[1], self, undefined, n)
  }
  const what = message === 'timeout' ? message : message[0] === 'EXIT' ? `EXIT:${message[1]}:${format(message[2])}` : 'other'
  record('event', 'handle_info', what, n)
  return noreply(n)
}

async function terminate(reason: Reason, n: number, { self }: { self: Pid }): Promise<void> {
  record('event', 'terminate', format(reason), n)
  const [how, detail] = cut(memoryOf(self).term ?? 'ok')
  if (how === 'sleep') await sleep(Number(detail))
  else if (how !== 'ok') end(how, detail)
}

export default GenServer.define(__filename, {
  init,
  handleCall: {
    plan: async (n: number, plan: Plan, { self, from }): Promise<any> => {
      record('event', 'handle_call', n)
      return run(plan, self, from, n)
    },
  },
  handleCast: {
    plan: async (n: number, plan: Plan, { self }): Promise<any> => {
      record('event', 'handle_cast', n)
      return run(plan, self, undefined, n)
    },
  },
  handleInfo,
  handleContinue: {
    plan: async (n: number, plan: Plan, { self }): Promise<any> => {
      record('event', 'handle_continue', n)
      return run(plan, self, undefined, n)
    },
  },
  terminate,
})
