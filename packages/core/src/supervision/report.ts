// What a supervisor says of a child, always with the same four fields (supervisor.erl, report_error).

import { encodeReason } from '../wire/codec.js'
import type { SupervisorEvent } from '../term/log-event.js'
import type { Pid } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import { wallTime } from '../process/clock.js'
import { here } from '../process/here.js'
import type { LocalProcess } from '../process/local-process.js'
import type { ChildState } from './child.js'
import { startedName } from './child-spec.js'

export function reportChild(supervisor: LocalProcess, context: SupervisorEvent['context'], child: ChildState, reason: Reason, pid?: Pid): void {
  const { spec } = child
  here.role.log({
    kind: 'supervisor',
    level: context === 'progress' ? 'debug' : 'error',
    time: wallTime(),
    pid: supervisor.pid,
    supervisor: supervisor.name,
    context,
    reason: encodeReason(reason),
    offender: {
      id: String(spec.id), pid: pid ?? (child.pid === 'restarting' ? undefined : child.pid), name: startedName(spec.start),
      restart: spec.restart, shutdown: String(spec.shutdown), type: spec.type, significant: spec.significant,
    },
  })
}
