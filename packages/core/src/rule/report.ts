// How log events read: for people on several lines, for machines on one. Pure: time, source maps and output are others'.

import { formatReason, formatTerm } from '../term/format.js'
import type { AlarmEvent, CrashEvent, LogEvent, SupervisorEvent, TaskEvent, TerminateEvent, TextEvent } from '../term/log-event.js'
import { errorOf, isErrorLike, type Reason } from '../term/reason.js'
import { plain } from './plain.js'
import { formatEvent } from './sys-event.js'

/** A log event whose reason has been decoded. `mapStack` turns compiled positions into source positions. */
export interface ReportContext {
  readonly reason: Reason | undefined
  readonly mapStack: (stack: string) => string
}

/** Several lines, the first with time and level, as Elixir's console logger writes them. */
export function formatPretty(event: LogEvent, context: ReportContext): string {
  const time = new Date(event.time).toISOString().slice(11, 23)
  return `${time} [${event.level}] ${body(event, context).join('\n')}`
}

function body(event: LogEvent, context: ReportContext): string[] {
  switch (event.kind) {
    case 'text':
      return textBody(event, context)
    case 'terminate':
      return terminateBody(event, context)
    case 'crash':
      return crashBody(event, context)
    case 'task':
      return taskBody(event, context)
    case 'supervisor':
      return supervisorBody(event, context)
    case 'trace':
      return [`*DBG* ${event.name} ${formatEvent(event.event)}`]
    case 'alarm':
      return alarmBody(event)
  }
}

function textBody({ message, data }: TextEvent, { mapStack }: ReportContext): string[] {
  if (isErrorLike(data)) return [message, ...reasonLines({ reason: ['error', data], mapStack })]
  return [data === undefined ? message : `${message} ${formatTerm(data, 2000)}`]
}

function terminateBody(event: TerminateEvent, context: ReportContext): string[] {
  return [
    `GenServer ${named(event.name, event.pid)} terminating`,
    ...reasonLines(context),
    `Last message: ${event.lastMessage}`,
    `State: ${event.state}`,
    ...(event.client === undefined ? [] : [`Client: ${event.client}`]),
    ...(event.log === undefined ? [] : ['Last events:', ...event.log.map((one) => `    ${formatEvent(one)}`)]),
  ]
}

const crashBody = (event: CrashEvent, context: ReportContext): string[] => [
  `Process ${named(event.name, event.pid)} ${event.phase === 'init' ? 'failed to start' : 'crashed'}`,
  ...reasonLines(context),
]

const taskBody = (event: TaskEvent, context: ReportContext): string[] => [
  `Task ${named(event.name, event.pid)} started from ${event.starter} terminating`,
  ...reasonLines(context),
  `Function: ${event.function}`,
  ...(event.argument === undefined ? [] : [`Argument: ${event.argument}`]),
]

const ALARMS: Record<AlarmEvent['alarm'], string> = {
  heap_soft: 'uses more memory than its soft limit',
  zombie: 'was ended, but its thread runs native code that cannot be stopped: it was given up and replaced',
  zombie_ended: 'left a thread that did not end: it has ended now',
}

const alarmBody = (event: AlarmEvent): string[] => [
  `Process ${named(event.name, event.pid)} ${ALARMS[event.alarm]}`,
  Object.entries(event.details).map(([what, value]) => `${what}: ${value}`).join(', '),
]

const CONTEXTS: Record<SupervisorEvent['context'], string> = {
  child_terminated: 'terminated',
  start_error: 'failed to start',
  shutdown_error: 'shut down abnormally',
  shutdown: 'caused shutdown',
  progress: 'started',
}

function supervisorBody(event: SupervisorEvent, context: ReportContext): string[] {
  const { offender } = event
  const head = `Child ${offender.id} of Supervisor ${named(event.supervisor, event.pid)} ${CONTEXTS[event.context]}`
  if (event.context === 'progress') return [`${head}, pid ${offender.pid ?? 'undefined'}`]
  return [
    head,
    `** (exit) ${formatReason(context.reason)}`,
    `Pid: ${offender.pid ?? 'undefined'}`,
    `Start: ${offender.name}, restart: ${offender.restart}, shutdown: ${offender.shutdown}, type: ${offender.type}${offender.significant ? ', significant' : ''}`,
  ]
}

// The error with its stack, however deep in the reason it lies; the reason itself when there is none.
function reasonLines({ reason, mapStack }: ReportContext): string[] {
  const error = errorOf(reason)
  if (error === undefined) {
    const isNothing = Array.isArray(reason) && reason[0] === 'bad_return_value' && reason[1] === undefined
    return [`** (stop) ${formatReason(reason)}`, ...(isNothing ? ['   a callback returned nothing; write `return noreply(state)`, or `return reply(value, state)` in handleCall'] : [])]
  }
  const stack = mapStack(error.stack ?? '')
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line))
  const tag = Array.isArray(reason) && typeof reason[0] === 'string' && reason[0] !== 'error' ? `${reason[0]}: ` : ''
  const code = (error as NodeJS.ErrnoException).code
  return [
    `** (${tag}${error.name}) ${error.message}${code === undefined ? '' : ` [${code}]`}`,
    ...frames,
    ...(error.cause === undefined ? [] : [`  caused by ${formatReason(error.cause)}`]),
  ]
}

const named = (name: string, pid: string): string => (name === pid ? pid : `${name} (${pid})`)

/** The fields of one JSON line. */
export function toJson(event: LogEvent, context: ReportContext): Record<string, unknown> {
  const { time, level, pid, kind, ...rest } = event
  const error = errorOf(context.reason)
  return {
    time: new Date(time).toISOString(),
    level,
    kind,
    pid,
    ...rest,
    ...('data' in rest ? { data: plain(rest.data, context.mapStack) } : {}),
    ...(context.reason === undefined ? {} : { reason: formatReason(context.reason) }),
    ...(error === undefined ? {} : { error: { name: error.name, message: error.message, code: (error as NodeJS.ErrnoException).code, stack: context.mapStack(error.stack ?? '') } }),
  }
}

/** One sentence for loggers that take an object and a message. */
export const headline = (event: LogEvent, context: ReportContext): string => body(event, context)[0]!
