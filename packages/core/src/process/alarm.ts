// Alarms: what should be known of a process and ends nothing. Main thread only.

import type { AlarmEvent, Level } from '../term/log-event.js'
import { formatPid, type ProcessId } from '../term/pid.js'
import { wallTime } from './clock.js'
import { writeLog } from './log-output.js'

/** Logs an alarm about a process. */
export function raiseAlarm(level: Level, alarm: AlarmEvent['alarm'], id: ProcessId, name: string, details: AlarmEvent['details']): void {
  writeLog({ kind: 'alarm', level, time: wallTime(), pid: formatPid(id), alarm, name, details })
}
