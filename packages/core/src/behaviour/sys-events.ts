// What a server does, event by event, to be iterated over. The events lie in the mailbox of the process that asked, under
// a ref of their own.

import { Kind } from '../wire/envelope.js'
import type { Ref } from '../term/ref.js'
import type { SysEvent } from '../term/sys-event.js'
import { here } from '../process/here.js'
import type { LocalProcess } from '../process/local-process.js'
import { demonitor } from '../process/process.js'

/** Goes on until the server ends, or until it is told to stop: by `break`, `return()`, or at the end of an `await using`. */
export class SysEvents implements AsyncIterableIterator<SysEvent, undefined>, AsyncDisposable {
  private ended = false
  private waiting = 0

  /** `watch` is the ref of a monitor of the server; `stop` tells the server. */
  constructor(private readonly owner: LocalProcess, private readonly ref: Ref, private readonly watch: Ref, private readonly stop: () => Promise<void>) {}

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<SysEvent, undefined>> {
    if (this.ended) return { done: true, value: undefined }
    this.waiting++
    const letter = await this.owner.wait(({ tag }) => tag === this.ref || tag === this.watch, Infinity)
    this.waiting--
    const body = letter!.body as readonly [string, unknown, SysEvent?]
    if (body[0] === 'TRACE') return { done: false, value: body[2]! }
    this.ended = true
    return { done: true, value: undefined }
  }

  async return(): Promise<IteratorResult<SysEvent, undefined>> {
    if (!this.ended) {
      this.ended = true
      this.owner.run(() => demonitor(this.watch, { flush: true }))
      await this.stop()
      this.owner.discard(({ tag }) => tag === this.ref)
      for (let i = this.waiting; i > 0; i--) this.wakeReader()
    }
    return { done: true, value: undefined }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  // Whoever waits for the next event meanwhile has waited long enough.
  private wakeReader(): void {
    here.table.addToMailbox(this.owner.id, 1)
    this.owner.deliver({ kind: Kind.info, from: this.owner.id, tag: this.ref, body: ['END'] })
  }
}
