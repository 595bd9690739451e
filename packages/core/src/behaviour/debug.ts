// The debugging side of a server: who watches what it does (sys.erl, handle_debug/4). A server that nobody watches has
// none. What a watcher does wrong is the end of the watching, never of the server.

import type { DebugFlag } from '../term/definition.js'
import { formatReason, formatTerm } from '../term/format.js'
import { formatPid } from '../term/pid.js'
import type { SysEvent } from '../term/sys-event.js'
import { wallTime } from '../process/clock.js'
import { here } from '../process/here.js'
import type { Letter } from '../process/mailbox.js'
import { type AnyReturn, kindOf } from './returns.js'
import type { Server } from './server.js'
import { EventLog, LoggerTrace, Statistics, type Watcher } from './watchers.js'

/** A printed value is cut at so many characters. */
const LONGEST_VALUE = 1000

export class Debug {
  private watchers: readonly Watcher[] = []

  private constructor(private readonly server: Server) {}

  /** The debugging side of a server, made when it has none yet. */
  static of(server: Server): Debug {
    return (server.debug ??= new Debug(server))
  }

  /** Puts in place what a start option asks for. */
  static start(server: Server, flags: readonly DebugFlag[]): void {
    for (const flag of flags) {
      if (flag === 'trace') Debug.of(server).add(new LoggerTrace(server.process))
      else if (flag === 'statistics') Debug.of(server).add(new Statistics())
      else Debug.of(server).add(new EventLog(flag === 'log' ? undefined : flag[1]))
    }
  }

  find<W extends Watcher>(id: string): W | undefined {
    return this.watchers.find((watcher) => watcher.id === id) as W | undefined
  }

  /** Adds a watcher, unless there is one of its id already. The newest sees an event first. */
  add(watcher: Watcher): void {
    if (this.find(watcher.id) === undefined) this.watchers = [watcher, ...this.watchers]
  }

  remove(id: string): void {
    this.watchers = this.watchers.filter((watcher) => watcher.id !== id)
    if (this.watchers.length === 0) this.server.debug = undefined
  }

  /** What the server has to show for its last events, if it keeps a log. */
  get log(): readonly SysEvent[] {
    return this.find<EventLog>('log')?.events ?? []
  }

  /** A message is about to be handled. */
  got(type: 'call' | 'cast' | 'info' | 'continue', message: unknown, letter: Letter | undefined): void {
    const time = wallTime()
    if (type === 'continue') this.emit({ kind: 'continue', time, message })
    else this.emit({ kind: 'in', time, type, message, ...(type === 'call' ? { from: formatPid(letter!.from) } : {}) })
  }

  /** It has been handled. */
  did(answer: AnyReturn | undefined, letter: Letter | undefined): void {
    const { state } = this.server
    if (kindOf(answer) === 'reply') this.answered((answer as { reply: unknown }).reply, letter!)
    else this.emit({ kind: 'noreply', time: wallTime(), state })
  }

  answered(reply: unknown, letter: Letter): void {
    this.emit({ kind: 'out', time: wallTime(), reply, to: formatPid(letter.from), state: this.server.state })
  }

  private emit(event: SysEvent<unknown>): void {
    let printed: SysEvent | undefined
    const print = (): SysEvent => (printed ??= this.print(event))
    for (const watcher of this.watchers) if (!this.show(watcher, event, print)) this.remove(watcher.id)
  }

  private show(watcher: Watcher, event: SysEvent<unknown>, print: () => SysEvent): boolean {
    try {
      return watcher.see(event, print)
    } catch (error) {
      const { pid, name } = this.server.process
      here.role.log({ kind: 'text', level: 'warn', time: wallTime(), pid, message: `${watcher.id} of ${name} failed and was removed: ${formatReason(error)}` })
      return false
    }
  }

  // As crash reports show it: bounded, and without what formatStatus hides.
  private print(event: SysEvent<unknown>): SysEvent {
    const { server } = this
    const value = (shown: unknown): string => formatTerm(shown, LONGEST_VALUE)
    switch (event.kind) {
      case 'in':
      case 'continue':
        return { ...event, message: value(server.status(event.message).message) }
      case 'out': {
        const status = server.status(event.reply)
        return { ...event, reply: value(status.message), state: value(status.state) }
      }
      case 'noreply':
        return { ...event, state: value(server.status(undefined).state) }
    }
  }
}
