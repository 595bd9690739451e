// One report for each process that dies abnormally: all that is known of it, gathered before its slot is free. Off until
// somebody asks for it. Main thread only.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HotFunction } from '../rule/hot-functions.js'
import { formatReason } from '../term/format.js'
import { misuse } from '../term/errors.js'
import type { CrashEvent, LogEvent, TerminateEvent } from '../term/log-event.js'
import { formatPid, type Pid, type ProcessId } from '../term/pid.js'
import { errorOf, isErrorLike, type Reason } from '../term/reason.js'
import { wallTime } from './clock.js'
import { type Entry, nameOf } from './entry.js'
import { here } from './here.js'
import { checkKeys } from './keys.js'
import { heed, isOwn, writeLog } from './log-output.js'

export interface Autopsy {
  readonly pid: Pid
  readonly name: string
  /** When it died, in ms since the epoch. */
  readonly time: number
  readonly reason: Reason
  /** What it had taken up last: `'call bump'`. Empty for a bare process. */
  readonly message: string
  /** The last message and the state in short, as in the crash report; undefined when it could not say: it was ended from outside. */
  readonly lastMessage: string | undefined
  readonly state: string | undefined
  /** Messages that were waiting, the one in hand included. */
  readonly mailboxLength: number
  /**
   * The kinds and tags of the oldest that waited, the one in hand not included, at most ten: `['cast inc', 'call get']`. Undefined when that could
   * not be known: it was ended from outside, and had a thread of its own.
   */
  readonly waiting: readonly string[] | undefined
  readonly messagesHandled: number
  /** How many processes of this name, of the same parent, have died abnormally before. */
  readonly deathsBefore: number
  /** The last lines it wrote to stdout and stderr, at most 20. Of a process with a thread of its own. */
  readonly output: readonly string[]
  /** Where it spent its time, if it was ended because it hung, and Node can tell: `Worker.startCpuProfile`, in Node 24 and 26 and the later versions of 22. */
  readonly hot: readonly HotFunction[] | undefined
}

export interface AutopsyOptions {
  /** Gets each report. What it throws is logged. */
  readonly onReport?: (report: Autopsy) => void
  /** Gets each report as a file `<name>-<time>.crash.json`; made if it is not there. */
  readonly directory?: string
}

const LINES = 20

export function checkAutopsy(options: unknown): asserts options is AutopsyOptions | null {
  if (options === null) return
  checkKeys(options, ['onReport', 'directory'], 'autopsy option')
  const { onReport, directory } = options as AutopsyOptions
  if (onReport !== undefined && typeof onReport !== 'function') misuse('ERR_BAD_ARGUMENT', 'a function onReport', onReport, 'onReport: (report) => ...')
  if (directory !== undefined && (typeof directory !== 'string' || directory === '')) misuse('ERR_BAD_ARGUMENT', 'the path of a directory', directory, "directory: 'crashes'")
  if (onReport === undefined && directory === undefined) misuse('ERR_BAD_ARGUMENT', 'onReport or directory', options, 'null for no autopsies')
}

export class Autopsies {
  options: AutopsyOptions | null = null
  private readonly said = new Map<Pid, TerminateEvent | CrashEvent>()
  private readonly hot = new Map<ProcessId, readonly HotFunction[]>()
  /** By parent and name. */
  private readonly deaths = new Map<ProcessId, Map<string, number>>()

  /** What a process says of its end. */
  note(event: LogEvent): void {
    if (this.options && (event.kind === 'terminate' || event.kind === 'crash')) this.said.set(event.pid, event)
  }

  /** What it spent its time in; what V8 has made one with our own code is its handler. */
  noteHot({ id, definition }: Entry, functions: readonly HotFunction[] | undefined): void {
    const asTheirs = (hot: HotFunction): HotFunction => (isOwn(hot.at) ? { ...hot, function: here.table.busyWith(id), at: definition!.url } : hot)
    if (functions) this.hot.set(id, functions.map(asTheirs))
  }

  /** Call it for each death, while the slot is still the process's own. */
  perform(entry: Entry, reason: Reason, isAbnormal: boolean, waiting: readonly string[] | undefined): void {
    if (this.options && isAbnormal) this.report(this.options, entry, reason, waiting)
    this.said.delete(formatPid(entry.id))
    this.hot.delete(entry.id)
    this.deaths.delete(entry.id)
  }

  private report(options: AutopsyOptions, entry: Entry, reason: Reason, waiting: readonly string[] | undefined): void {
    const { id, parent, output } = entry
    const pid = formatPid(id)
    const said = this.said.get(pid)
    const words = said?.kind === 'terminate' ? said : undefined
    const report: Autopsy = {
      pid, name: nameOf(entry), time: wallTime(), reason, message: here.table.busyWith(id), lastMessage: words?.lastMessage, state: words?.state,
      mailboxLength: here.table.mailboxLength(id), waiting: waiting ?? (said && (said.waiting ?? [])), messagesHandled: here.table.handled(id), deathsBefore: this.countDeath(parent, nameOf(entry)),
      output: output?.lastLines(LINES) ?? [], hot: this.hot.get(id),
    }
    const failed = (error: unknown): void => writeLog({ kind: 'text', level: 'error', time: wallTime(), pid, message: `the autopsy of ${report.name} failed: ${isErrorLike(error) ? error.message : formatReason(error)}` })
    try {
      if (options.directory !== undefined) write(options.directory, report)
      heed(options.onReport?.(report), failed)
    } catch (error) {
      failed(error)
    }
  }

  private countDeath(parent: ProcessId, name: string): number {
    const counts = this.deaths.get(parent) ?? new Map<string, number>()
    const before = counts.get(name) ?? 0
    this.deaths.set(parent, counts.set(name, before + 1))
    return before
  }
}

function write(directory: string, report: Autopsy): void {
  mkdirSync(directory, { recursive: true })
  const error = errorOf(report.reason)
  const fields = error && { name: error.name, message: error.message, code: (error as NodeJS.ErrnoException).code, stack: error.stack }
  const file = `${report.name.replace(/[^\w.-]/g, '_')}-${Math.round(report.time)}-${report.pid.replace(/\D+/g, '_').replace(/^_|_$/g, '')}.crash.json`
  writeFileSync(join(directory, file), `${JSON.stringify({ ...report, reason: formatReason(report.reason), error: fields }, null, 2)}\n`)
}
