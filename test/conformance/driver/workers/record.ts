// How a scripted process says what it does: through the logger, whose events come out on the main thread in the order
// in which the process brought them about, its crash reports and those of its supervisor among them.

import { Logger } from 'starfish'

/** Marks the log events of scripted processes. */
export const MARK = 'conformance'

/** What a process tells the driver. */
export type Note =
  | readonly ['enroll', inst: string, id: string, kind: string, parent: string]
  | readonly ['event', ...event: readonly (string | number)[]]
  | readonly ['hanging']

export const record = (...note: Note): void => Logger.debug(MARK, note)
