// A server's wait for its next message, when a callback has said how long (gen_server.erl, loop/7).

import { Kind } from '../wire/envelope.js'
import { clock, LONGEST, type TimerHandle } from '../process/clock.js'
import { here } from '../process/here.js'
import type { LocalProcess } from '../process/local-process.js'
import type { Letter } from '../process/mailbox.js'

export class Wait {
  private timeout: number | undefined
  private timer: TimerHandle | undefined
  private dueNow: NodeJS.Immediate | undefined

  constructor(private readonly process: LocalProcess) {}

  /** The next wait takes so many ms at most. */
  limit(ms: number): void {
    if (ms <= LONGEST) this.timeout = ms
  }

  /** The mailbox is empty. */
  begin(): void {
    if (this.timeout === undefined || this.process.suspended) return
    // Zero is due now: a timer would let messages win that come a millisecond later.
    if (this.timeout === 0) this.dueNow = setImmediate(this.onTimeout)
    else this.timer = clock.setTimeout(this.onTimeout, this.timeout)
  }

  /** A letter has come. */
  end(letter: Letter): void {
    if (this.timeout === undefined) return
    this.disarm()
    // A system message only restarts the wait (sys.erl, handle_system_msg).
    if (letter.kind !== Kind.system) this.timeout = undefined
  }

  disarm(): void {
    clock.clearTimeout(this.timer)
    clearImmediate(this.dueNow)
    this.timer = this.dueNow = undefined
  }

  private readonly onTimeout = (): void => {
    // What has arrived while the thread was busy was in time.
    here.turn.release()
    here.drainAll()
    if ((this.timer ?? this.dueNow) === undefined || this.process.ended) return
    this.disarm()
    this.timeout = undefined
    this.process.tell({ kind: Kind.info, from: this.process.id, tag: 0, body: 'timeout' })
  }
}
