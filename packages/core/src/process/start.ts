// Starts a process of any behaviour: refuses what would breed without end, tells the outcome.

import type { DefinitionRef, SpawnRequest, StartOptions } from '../term/definition.js'
import { misuse, UsageError } from '../term/errors.js'
import type { ProcessId } from '../term/pid.js'
import { here, MAIN_THREAD } from './here.js'
import type { Outcome } from './role.js'
import { checkHasHandlers, checkStartOptions } from './start-options.js'
import { checkCanIsolate } from './thread-options.js'

interface How {
  readonly link: boolean
  readonly monitor?: string
  readonly immediate?: boolean
  /** Who starts it; the process whose code is running by default. */
  readonly parent?: ProcessId
}

export function startProcess(definition: DefinitionRef, argument: unknown, options: StartOptions, how: How): Promise<Outcome> {
  refuseWhileLoading(definition)
  refuseInPool(`starts ${definition.name}`)
  checkStartOptions(options)
  if (options.maxHandlerTime !== undefined) checkHasHandlers(definition)
  if (definition.kind === 'function') misuse('ERR_BAD_ARGUMENT', 'the definition of a process', `the function ${definition.name}`, 'what define of GenServer, Agent, Supervisor or Process gave')
  if (definition.kind === 'process' && options.debug !== undefined) misuse('ERR_BAD_ARGUMENT', 'no debug option for a process that is not a server', options.debug, 'no debug option')
  const { host = definition.host, isolation = definition.child.isolation ?? 'thread', thread = definition.child.thread, standby = definition.child.standby ?? false } = options
  if (standby && host === 'main') misuse('ERR_BAD_ARGUMENT', 'standby only for a process with a thread of its own', "host: 'main'", "host: 'thread', or no standby")
  if (isolation === 'process') checkCanIsolate(host, thread)
  const request: SpawnRequest = {
    definition: host === definition.host ? definition : { ...definition, host },
    argument,
    parent: how.parent ?? here.self.id,
    link: how.link,
    name: options.name === undefined ? (definition.registered ? definition.name : null) : options.name,
    timeout: options.timeout ?? Infinity,
    isolation,
    thread,
    standby,
    maxHandlerTime: options.maxHandlerTime ?? definition.child.maxHandlerTime,
    maxMailbox: options.maxMailbox ?? definition.child.maxMailbox,
    ...(how.monitor === undefined ? {} : { monitor: how.monitor }),
    ...(how.immediate === undefined ? {} : { immediate: how.immediate }),
    ...(options.transfer === undefined ? {} : { transfer: options.transfer }),
    ...(options.debug === undefined ? {} : { debug: options.debug }),
  }
  return here.role.spawn(request)
}

// A worker imports the file of its definition. If that file starts processes as it is imported, each worker starts
// another, for ever.
function refuseWhileLoading(definition: DefinitionRef): void {
  if (here.loading === undefined || (here.thread === MAIN_THREAD && !here.inPool)) return
  here.refusal = new UsageError(
    'ERR_START_WHILE_LOADING',
    `expected a module that starts nothing while a worker imports it for a definition, got ${here.loading}, which starts ${definition.name} at its top level; ` +
      'write the definition into a file of its own (an entry of its own in a bundle), or start processes only `if (isMainThread)` (from node:worker_threads)',
  )
  throw here.refusal
}

/** Throws ERR_IN_POOL in a thread of a pool: no process of the program is known there, and one that is started belongs to nobody. */
export function refuseInPool(what: string): void {
  if (!here.inPool) return
  throw new UsageError('ERR_IN_POOL', `expected a task of a pool to compute, and nothing else, got one that ${what}; write that where the task is run, and pass it what it needs`)
}
