// The log events of a test, collected instead of written.

import { Logger, type LogEvent } from 'starfish'
import { atCleanup } from './cleanup.js'

export interface CapturedLog extends Disposable {
  readonly events: readonly LogEvent[]
}

/**
 * Collects all log events and writes none, until it is disposed of or, with `afterEach(cleanup)`, the test ends.
 *
 * @example
 * using log = captureLog()
 */
export function captureLog(): CapturedLog {
  const events: LogEvent[] = []
  const before = Logger.configure({ level: 'silent', onEvent: (event) => void events.push(event) })
  const restore = (): void => {
    restored()
    Logger.configure(before)
  }
  const restored = atCleanup(restore)
  return { events, [Symbol.dispose]: restore }
}
