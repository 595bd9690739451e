// Logger: how log events are written, and a few of one's own. They come out on the main thread, whichever thread they
// arose in.

import { misuse } from '../term/errors.js'
import type { Level } from '../term/log-event.js'
import { encodeTerm } from '../wire/codec.js'
import { wallTime } from './clock.js'
import { here } from './here.js'
import { checkKeys } from './keys.js'
import { LEVELS, type LoggerOptions, settings } from './log-output.js'

/**
 * Changes how log events are written. Only on the main thread: all events come out there.
 * Gives the settings as they were, to be restored. Throws ERR_BAD_ARGUMENT for an unknown level or format.
 *
 * @example
 * const before = Logger.configure({ level: 'warn', format: 'json' })
 * Logger.configure(before)
 */
export function configure(options: LoggerOptions): LoggerOptions {
  checkKeys(options, ['level', 'format', 'write', 'logger', 'onEvent'], 'logger option')
  if (options.level !== undefined && !LEVELS.includes(options.level)) misuse('ERR_BAD_ARGUMENT', 'a log level', options.level, `one of ${LEVELS.join(', ')}`)
  if (options.format !== undefined && options.format !== 'pretty' && options.format !== 'json') misuse('ERR_BAD_ARGUMENT', 'a log format', options.format, "'pretty' or 'json'")
  const before = { ...settings }
  Object.assign(settings, Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)))
  return before
}

function log(level: Level, message: string, data: unknown): void {
  here.role.log({ kind: 'text', level, time: wallTime(), pid: here.self.pid, message, ...(data === undefined ? {} : { data: encodeTerm(data) }) })
}

export const debug = (message: string, data?: unknown): void => log('debug', message, data)
export const info = (message: string, data?: unknown): void => log('info', message, data)
export const warn = (message: string, data?: unknown): void => log('warn', message, data)
export const error = (message: string, data?: unknown): void => log('error', message, data)
