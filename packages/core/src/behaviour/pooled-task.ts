// A task whose function runs in a pool: its process is a light one on the main thread, which asks the pool and waits. A
// pool is any server that answers the call `['run_task', order]`; when the process of the task ends, it gives the order up.

import { Kind } from '../wire/envelope.js'
import { decodeTerm } from '../wire/codec.js'
import type { DefinitionRef, StartOptions } from '../term/definition.js'
import { exit } from '../term/errors.js'
import type { Reason } from '../term/reason.js'
import { type Address, checkAddress, labelOf } from '../process/address.js'
import { DEFINITION, type Definition, refOf, remember } from '../process/definition.js'
import type { LocalProcess } from '../process/local-process.js'
import { request } from './request.js'
import { runTask, type TaskOrder, TRANSFER } from './task-process.js'

/** What a pool is asked: to run the function of this definition, in a thread of its choice. */
export interface PoolOrder {
  readonly definition: DefinitionRef
  readonly argument: unknown
}

/** What it answers. Errors and reasons are encoded: they keep their own fields. */
export type PoolOutcome =
  /** `moved`: parts of the value that are moved on, not copied. */
  | readonly ['ok', value: unknown, moved?: readonly unknown[]]
  | readonly ['error', thrown: unknown]
  /** The thread has died. */
  | readonly ['exit', reason: unknown]
  /** The pool ends before it has begun. */
  | readonly ['closed', reason: unknown]
  /** It ran longer than the pool allows. */
  | readonly ['timeout', ms: number]
  /** The pool takes no more at the moment. */
  | readonly ['overload']

interface PooledOrder extends TaskOrder {
  readonly definition: DefinitionRef
  readonly pool: string
}

const pooledTask: Definition = remember({
  [DEFINITION]: refOf('process', `${__filename}#pooledTask`, 'pooled task', 'main'),
  begin(process: LocalProcess, argument: unknown): void {
    const order = argument as PooledOrder
    void runTask(process, order.definition, (input: unknown) => runIn(order, input), order)
  },
})

async function runIn({ definition, pool }: PooledOrder, argument: unknown): Promise<unknown> {
  const order: PoolOrder = { definition, argument }
  const outcome = (await request(Kind.call, pool, ['run_task', order], { timeout: Infinity }, 'Task.run')) as PoolOutcome
  switch (outcome[0]) {
    case 'ok':
      return outcome[2] === undefined ? outcome[1] : { value: outcome[1], [TRANSFER]: outcome[2] }
    case 'error':
      throw decodeTerm(outcome[1])
    case 'exit':
    case 'closed':
      return exit(decodeTerm(outcome[1]) as Reason)
    default:
      return exit(outcome[0])
  }
}

/** The start of a task, in the pool instead of a thread of its own. Other processes start as they do. */
export function startInPool(pool: string, [definition, argument, options]: readonly [DefinitionRef, unknown, StartOptions?]): readonly [DefinitionRef, unknown, StartOptions?] {
  if (definition.kind !== 'process') return [definition, argument, options]
  const order: PooledOrder = { ...(argument as TaskOrder), definition, pool }
  return [{ ...pooledTask[DEFINITION], name: definition.name, registered: false }, order, { name: null }]
}

/** How a pool is remembered: by its name, which outlives it, else by its pid. Throws ERR_BAD_ARGUMENT for what is no process. */
export function labelOfPool(pool: Address): string {
  checkAddress(pool)
  return labelOf(pool)
}
