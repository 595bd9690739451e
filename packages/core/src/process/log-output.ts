// Where log events come out, all of them on the main thread: readable lines on stderr unless told otherwise. A logger that
// throws does not take its process along.

import { dirname, sep } from 'node:path'
import { formatPretty, headline, type ReportContext, toJson } from '../rule/report.js'
import type { Level, LogEvent } from '../term/log-event.js'
import { isErrorLike, type Reason } from '../term/reason.js'
import { decodeReason, decodeTerm } from '../wire/codec.js'
import { mapStack } from './source-map.js'

export const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const

/** A logger of the pino kind: one method per level, taking an object and a message. */
export interface PinoLike {
  debug(object: object, message: string): void
  info(object: object, message: string): void
  warn(object: object, message: string): void
  error(object: object, message: string): void
}

export interface LoggerOptions {
  /** The least level that is written; `'silent'` writes nothing. `'info'` by default. */
  readonly level?: Level | 'silent'
  /** `'pretty'` lines for people (the default), or one line of `'json'` per event. */
  readonly format?: 'pretty' | 'json'
  /** Where lines go; stderr by default. */
  readonly write?: (line: string) => void
  /** A pino-like logger that gets every event instead of `write`. */
  readonly logger?: PinoLike | null
  /** Sees every event, of any level, before it is written: for tests and observers. */
  readonly onEvent?: ((event: LogEvent) => void) | null
}

interface Settings {
  level: Level | 'silent'
  format: 'pretty' | 'json'
  write: (line: string) => void
  logger: PinoLike | null
  onEvent: ((event: LogEvent) => void) | null
}

/** What is wrong with the environment: said with the first event, by the main thread alone. */
let complaint: string | undefined

export const settings: Settings = {
  ...fromEnvironment(process.env['STARFISH_LOG']),
  write: (line) => void process.stderr.write(`${line}\n`),
  logger: null,
  onEvent: null,
}

/** `STARFISH_LOG` holds a level, a format, or both: `silent`, `json`, `debug,json`. */
function fromEnvironment(text = ''): { level: Level | 'silent'; format: 'pretty' | 'json' } {
  const words = text.toLowerCase().split(/[\s,]+/).filter((word) => word !== '')
  const unknown = words.filter((word) => !['json', 'pretty', ...LEVELS].includes(word))
  if (unknown.length > 0) complaint = `starfish: expected STARFISH_LOG to hold a level (${LEVELS.join(', ')}), a format (pretty, json), or both, got ${unknown.join(', ')}\n`
  return { level: LEVELS.find((level) => words.includes(level)) ?? 'info', format: words.includes('json') ? 'json' : 'pretty' }
}

/** Writes an event that has arrived on the main thread. */
export function writeLog(arrived: LogEvent): void {
  if (complaint !== undefined) process.stderr.write(complaint)
  complaint = undefined
  try {
    const event = decoded(arrived)
    heed(settings.onEvent?.(event), loggerFailed)
    if (LEVELS.indexOf(event.level) < LEVELS.indexOf(settings.level)) return
    const context: ReportContext = { reason: 'reason' in event ? (event.reason as Reason) : undefined, mapStack: readableStack }
    const written: unknown = settings.logger
      ? settings.logger[event.level](toJson(event, context), headline(event, context))
      : settings.write(settings.format === 'json' ? JSON.stringify(toJson(event, context)) : formatPretty(event, context))
    heed(written, loggerFailed)
  } catch (error) {
    loggerFailed(error)
  }
}

const loggerFailed = (error: unknown): void => void process.stderr.write(`starfish: the logger failed: ${isErrorLike(error) ? error.message : String(error)}\n`)

/** A function of the user's may be async, whatever its type says: what it fails with later is no end of the program. */
export function heed(result: unknown, failed: (error: unknown) => void): void {
  if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function') Promise.resolve(result).catch(failed)
}

function decoded(event: LogEvent): LogEvent {
  if (event.kind === 'text') return event.data === undefined ? event : { ...event, data: decodeTerm(event.data) }
  return 'reason' in event ? { ...event, reason: decodeReason(event.reason) } : event
}

// The frames of this library, and of Node between them, say nothing to its user, unless there are no others.
const OWN = dirname(__dirname) + sep

/** Whether a place in a stack or a profile is in this library. */
export const isOwn = (place: string): boolean => place.includes(OWN)

function readableStack(stack: string): string {
  const lines = stack.split('\n')
  const theirs = lines.filter((line) => !isOwn(line) && !/\bnode:(internal|async_hooks)\b/.test(line))
  return mapStack((theirs.some((line) => /^\s+at /.test(line)) ? theirs : lines).join('\n'))
}
