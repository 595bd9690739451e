// The process of a task: runs one function once and sends what it returns to the task's owner.

import { Kind } from '../wire/envelope.js'
import { encodeReason } from '../wire/codec.js'
import type { DefinitionRef } from '../term/definition.js'
import { exitReasonOf } from '../term/errors.js'
import { formatTerm } from '../term/format.js'
import { formatPid, parsePid, type Pid } from '../term/pid.js'
import { isClean, isErrorLike, type Reason } from '../term/reason.js'
import { wallTime } from '../process/clock.js'
import { here } from '../process/here.js'
import type { LocalProcess } from '../process/local-process.js'
import { postTaskReply } from '../process/post.js'
import { demonitor, monitor } from '../process/process.js'
import type { Context } from './types.js'

/** What a task is started with. */
export interface TaskOrder {
  /** Who gets the answer, and under which ref; nobody, when it was started for its effect. */
  readonly owner?: Pid
  readonly ref?: string
  /** The argument comes later, from the owner, when it has linked itself and watches (a supervised task). */
  readonly waits?: boolean
  readonly argument?: unknown
}

/** A result with objects that are moved, not copied. */
export interface Transferred<V = unknown> {
  readonly [TRANSFER]: readonly unknown[]
  readonly value: V
}

/** What the owner of a task gets for what its function returns. */
export type Result<R> = Awaited<R> extends Transferred<infer V> ? V : Awaited<R>

export const TRANSFER: unique symbol = Symbol.for('starfish.transfer') as never

export async function runTask(process: LocalProcess, definition: DefinitionRef, run: (argument: never, context: Context) => unknown, order: TaskOrder): Promise<void> {
  here.role.started(process, { kind: 'ok' })
  let argument: unknown
  let begun = false
  try {
    argument = order.waits ? await argumentFrom(process, order.owner!) : order.argument
    begun = true
    const result = await process.run(() => run(argument as never, { self: process.pid, get signal() { return process.signal } }))
    if (process.ended) return
    if (order.ref !== undefined) answer(process, order, result)
    process.end('normal')
  } catch (thrown) {
    if (process.ended) return
    const reason: Reason = exitReasonOf(thrown) ?? (isErrorLike(thrown) ? ['error', thrown] : ['nocatch', thrown])
    if (!isClean(reason)) {
      here.role.log({
        kind: 'task', level: 'error', time: wallTime(), pid: process.pid, name: process.name, reason: encodeReason(reason), starter: formatPid(here.table.parent(process.id)),
        function: `${definition.url}#${definition.exportName}`, argument: begun ? formatTerm(argument, 1000) : undefined,
      })
    }
    process.end(reason)
  }
}

function answer(process: LocalProcess, { owner, ref }: TaskOrder, result: unknown): void {
  const moved = typeof result === 'object' && result !== null && TRANSFER in result ? (result as Transferred) : undefined
  postTaskReply(parsePid(owner!)!, process.id, ref!, moved ? moved.value : result, moved?.[TRANSFER])
}

// If the owner dies before it has handed the argument over, there is nothing to do (task/supervised.ex).
async function argumentFrom(process: LocalProcess, owner: Pid): Promise<unknown> {
  const watch = process.run(() => monitor(owner))
  const letter = (await process.wait((one) => one.kind === Kind.info && (one.tag === watch || (Array.isArray(one.body) && one.body[0] === 'TASK_GO')), Infinity))!
  process.run(() => demonitor(watch, { flush: true }))
  if (letter.tag !== watch) return (letter.body as unknown[])[1]
  process.end(['shutdown', (letter.body as unknown[])[3]])
  return new Promise(() => undefined)
}
