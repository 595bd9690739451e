// All that carries processes, worker_threads and child processes: those that host one and the spares. Introduces them to
// each other.

import { Kind } from '../wire/envelope.js'
import { MessageChannel, type MessagePort } from '../wire/line.js'
import type { Carrier, CarrierHooks, CarrierSpec } from './carrier.js'
import { Fork } from './fork.js'
import { here } from './here.js'
import { Lingering } from './lingering.js'
import { News } from './news.js'
import { runOutside } from './surroundings.js'
import { Spares } from './spares.js'
import { Thread } from './thread.js'

export class ThreadPool {
  private readonly threads = new Map<number, Carrier>()
  private readonly idle: (() => void)[] = []
  private lastNumber = 0
  /** Threads whose processes are no more, and that wait until those that take their place have started. */
  readonly lingering = new Lingering()
  /** What those are told that share no memory. */
  readonly news = new News()
  /** Threads booted ahead of need. */
  readonly spares = new Spares((spec) => this.make(spec))

  /** Threads that host a process, those that are ending included. */
  get count(): number {
    return this.threads.size
  }

  /** Settles when the last of them is gone. */
  whenNone(): Promise<void> {
    return this.threads.size === 0 ? Promise.resolve() : new Promise((resolve) => this.idle.push(resolve))
  }

  /** A thread for a process to be: a spare if one fits, and a new one may not be needed. */
  take(spec: CarrierSpec, isNew: boolean): Carrier {
    return (isNew ? undefined : this.spares.take(spec)) ?? this.make(spec)
  }

  adopt(thread: Carrier, hooks: CarrierHooks): void {
    thread.adopt(hooks)
    this.threads.set(thread.number, thread)
  }

  /** The thread is gone, and its last words have been taken in. */
  forget(thread: Carrier): void {
    this.threads.delete(thread.number)
    this.news.unsubscribe(thread.number)
    here.closeChannels(thread.number)
    for (const peer of thread.peers) {
      const other = this.threads.get(peer)
      other?.peers.delete(thread.number)
      other?.disconnect(thread.number)
      here.channels.get(peer)?.post(Kind.gone, 0, 0, thread.number, 0)
    }
    if (this.threads.size === 0) this.idle.splice(0).forEach((resolve) => resolve())
  }

  /** Hands a port to thread `a` on to thread `b`: from now on they talk without us. */
  introduce(a: number, b: number, port: MessagePort): void {
    const first = this.threads.get(a)
    const second = this.threads.get(b)
    if (!first || !second || second.abandoned) {
      port.close()
      here.channels.get(a)?.post(Kind.gone, 0, 0, b, 0)
      return
    }
    this.acquaint(a, b)
    second.connect(a, port)
  }

  /** From now on each hears of the other's end. */
  acquaint(a: number, b: number): void {
    this.threads.get(a)?.peers.add(b)
    this.threads.get(b)?.peers.add(a)
  }

  /** Takes in all that has been posted, to us or through us. */
  drain(): void {
    here.drainAll()
    for (const carrier of this.threads.values()) carrier.drain()
  }

  private make(spec: CarrierSpec): Carrier {
    const number = ++this.lastNumber
    return runOutside(() => (spec.isolation === 'process' ? new Fork(-number, spec, this.passOn) : new Thread(number, spec)))
  }

  private readonly passOn = (from: Fork, to: number, bytes: Uint8Array): void => {
    if (from.portTo(to) === undefined) {
      const { port1, port2 } = runOutside(() => new MessageChannel())
      this.introduce(from.number, to, port2)
      if (this.threads.has(to)) from.connect(to, port1)
      else port1.close()
    }
    const copy = new Uint8Array(bytes) // they are part of a larger buffer
    from.portTo(to)?.postMessage(copy, [copy.buffer])
  }
}
