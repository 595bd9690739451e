// Messages every server understands, whatever its callbacks: look at it, hold it, watch it, change it, stop it (sys.erl).

import { Kind } from '../wire/envelope.js'
import type { DefinitionRef } from '../term/definition.js'
import { misuse, StarfishError, UsageError } from '../term/errors.js'
import { formatReason, formatTerm } from '../term/format.js'
import { formatPid, parsePid, type Pid } from '../term/pid.js'
import { isReason, type Reason } from '../term/reason.js'
import type { Ref } from '../term/ref.js'
import type { LocalProcess } from '../process/local-process.js'
import type { Letter } from '../process/mailbox.js'
import { postAnswer } from '../process/post.js'
import { changeCode } from './code-change.js'
import { Debug } from './debug.js'
import type { Server } from './server.js'
import { functionOf, type FunctionRef } from './sys-function.js'
import { EventLog, Installed, LoggerTrace, ProcessTrace, Statistics, traceId } from './watchers.js'

export type SystemRequest =
  | readonly ['sync']
  | readonly ['get_state']
  | readonly ['replace_state', unknown]
  | readonly ['replace_state_by', FunctionRef, readonly unknown[]]
  | readonly ['suspend']
  | readonly ['resume']
  | readonly ['get_status']
  | readonly ['statistics', 'get' | boolean]
  | readonly ['trace', boolean, { readonly to?: Pid; readonly ref?: Ref }]
  | readonly ['log', 'get' | false | number]
  | readonly ['install', string, FunctionRef, unknown]
  | readonly ['remove', string]
  | readonly ['no_debug']
  | readonly ['change_code', DefinitionRef | null, unknown, unknown]
  /** The end of the process is the only answer, unless it is to be acknowledged before. */
  | readonly ['terminate', Reason, 'acknowledge'?]

/** Does one request. The reply is posted before the server goes on. */
export function answerSystem(server: Server, letter: Letter): void | Promise<void> {
  const request = letter.body as SystemRequest
  const answer = (kind: number, value: unknown): void => postAnswer(kind, letter.from, letter.tag as number, value)
  const refuse = (error: unknown): void => answer(Kind.failure, error)
  const reply = (value: unknown): void => {
    try {
      answer(Kind.reply, value)
    } catch (error) {
      refuse(error)
    }
  }
  if (!Array.isArray(request)) return refuse(new UsageError('ERR_BAD_ARGUMENT', `expected a system request, got ${formatTerm(request)}; write the functions of Sys`))
  if (request[0] === 'terminate' && isReason(request[1])) {
    if (request[2] !== undefined) reply('ok')
    return server.finishAsTold(request[1], request.slice(0, 2))
  }
  try {
    const result = perform(server, request)
    if (!(result instanceof Promise)) return reply(result)
    return result.then(reply, refuse)
  } catch (error) {
    refuse(error)
  }
}

function perform(server: Server, request: SystemRequest): unknown {
  const { process } = server
  switch (request[0]) {
    case 'sync':
      return 'ok'
    case 'get_state':
      return server.view
    case 'replace_state':
      checkReplaceable(server)
      return (server.state = request[1])
    case 'replace_state_by':
      checkReplaceable(server)
      return replaceStateBy(server, request[1], request[2])
    case 'suspend':
      process.suspended = true
      return 'ok'
    case 'resume':
      process.suspended = false
      return 'ok'
    case 'get_status':
      return {
        pid: process.pid,
        name: process.name,
        parent: process.parent === process.id ? undefined : formatPid(process.parent),
        status: process.suspended ? 'suspended' : 'running',
        mailbox: process.mailbox.length,
        state: formatTerm(server.status(undefined).state, 10_000),
        log: server.debug?.log ?? [],
      }
    case 'statistics':
      return statistics(server, request[1])
    case 'trace':
      return trace(server, request[1], request[2])
    case 'log':
      return log(server, request[1])
    case 'install':
      return functionOf(request[2]).then((run) => Debug.of(server).add(new Installed(request[1], run as never, request[3], process)))
    case 'remove':
      return server.debug?.remove(request[1])
    case 'no_debug':
      return (server.debug = undefined)
    case 'change_code':
      return changeCode(server, request[1], request[2], request[3])
    default:
      throw new UsageError('ERR_BAD_ARGUMENT', `expected a system request, got ${formatTerm(request)}; write the functions of Sys`)
  }
}

function checkReplaceable({ callbacks, process }: Server): void {
  if (callbacks.view !== undefined) misuse('ERR_BAD_ARGUMENT', 'a server whose state is of your own making', process.name, 'the functions of its module: the state of supervisors and registries can be looked at, not replaced')
}

async function replaceStateBy(server: Server, ref: FunctionRef, payload: readonly unknown[]): Promise<unknown> {
  const run = await functionOf(ref)
  try {
    const state = await server.process.run(() => run(server.state, ...payload))
    return (server.state = state)
  } catch (error) {
    throw new StarfishError('ERR_CALLBACK_FAILED', `the function that was to replace the state of ${server.process.name} threw ${formatReason(error)}; the state is as it was`, { cause: error })
  }
}

function statistics(server: Server, what: 'get' | boolean): unknown {
  if (what === 'get') return server.debug?.find<Statistics>('statistics')?.now
  if (what) Debug.of(server).add(new Statistics())
  else server.debug?.remove('statistics')
  return undefined
}

/** Gives the pid of who is traced. */
function trace(server: Server, on: boolean, { to, ref }: { readonly to?: Pid; readonly ref?: Ref }): Pid {
  const { process } = server
  if (on) Debug.of(server).add(to === undefined ? new LoggerTrace(process) : traceTo(process, to, ref))
  else server.debug?.remove(to === undefined ? 'trace' : traceId(to, ref))
  return process.pid
}

function traceTo(process: LocalProcess, to: Pid, ref: Ref | undefined): ProcessTrace {
  // Each message of the trace would be another event.
  if (to === process.pid) misuse('ERR_BAD_ARGUMENT', 'another process to tell of what this one does', to, 'the pid of a process that is not traced')
  return new ProcessTrace(process.id, parsePid(to)!, ref)
}

function log(server: Server, what: 'get' | false | number): unknown {
  if (what === 'get') return server.debug?.log ?? []
  if (what === false) server.debug?.remove('log')
  else {
    Debug.of(server).add(new EventLog(what))
    server.debug!.find<EventLog>('log')!.keep(what)
  }
  return undefined
}
