// What a server has to say at its end (gen_server.erl, error_info/8; proc_lib.erl, crash_report/4).

import { encodeReason } from '../wire/codec.js'
import { formatTerm } from '../term/format.js'
import { formatPid, type ProcessId } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import { wallTime } from '../process/clock.js'
import { here } from '../process/here.js'
import type { LocalProcess } from '../process/local-process.js'
import type { Server } from './server.js'

/** It ends for a reason that is not clean, at `message`, with `client` waiting for the answer. */
export function reportTerminate(server: Server, reason: Reason, message: unknown, client: ProcessId | undefined): void {
  const { pid, name } = server.process
  const status = server.status(message)
  const log = server.debug?.log ?? []
  here.role.log({
    kind: 'terminate', level: 'error', time: wallTime(), pid, name,
    reason: encodeReason(reason), lastMessage: formatTerm(status.message, 1000), state: formatTerm(status.state, 1000),
    client: client === undefined ? undefined : formatPid(client),
    ...(log.length === 0 ? {} : { log }), ...server.process.waiting,
  })
}

export function reportCrash(process: LocalProcess, reason: Reason, phase: 'init' | 'run'): void {
  const { pid, name, waiting } = process
  here.role.log({ kind: 'crash', level: 'error', time: wallTime(), pid, name, phase, reason: encodeReason(reason), ...waiting })
}
