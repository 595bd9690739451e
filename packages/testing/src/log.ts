// The log events of a test, collected instead of written.

import { Logger, type LogEvent } from 'starfish'

export interface CapturedLog extends Disposable {
  readonly events: readonly LogEvent[]
}

/**
 * Collects all log events and writes none, until it is disposed of.
 *
 * @example
 * using log = captureLog()
 */
export function captureLog(): CapturedLog {
  const events: LogEvent[] = []
  const before = Logger.configure({ level: 'silent', onEvent: (event) => void events.push(event) })
  return { events, [Symbol.dispose]: () => void Logger.configure(before) }
}
