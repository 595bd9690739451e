// All worker_threads of the program: those that host processes and the spares. Introduces threads to each other.

import type { MessagePort } from '../wire/channel.js'
import { Kind } from '../wire/envelope.js'
import { here } from './here.js'
import { runOutside } from './surroundings.js'
import { Spares } from './spares.js'
import { Thread, type ThreadHooks, type ThreadSpec } from './thread.js'

export class ThreadPool {
  private readonly threads = new Map<number, Thread>()
  private readonly idle: (() => void)[] = []
  private lastNumber = 0
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

  /** A thread for a process to be: a spare if one fits. */
  take(spec: ThreadSpec): Thread {
    return this.spares.take(spec) ?? this.make(spec)
  }

  adopt(thread: Thread, hooks: ThreadHooks): void {
    thread.adopt(hooks)
    this.threads.set(thread.number, thread)
  }

  /** The thread is gone, and its last words have been taken in. */
  forget(thread: Thread): void {
    this.threads.delete(thread.number)
    here.closeChannels(thread.number)
    for (const peer of thread.peers) {
      this.threads.get(peer)?.peers.delete(thread.number)
      here.channels.get(peer)?.post(Kind.gone, 0, 0, thread.number, 0)
    }
    if (this.threads.size === 0) this.idle.splice(0).forEach((resolve) => resolve())
  }

  /** Hands a port to thread `a` on to thread `b`: from now on they talk without us. */
  introduce(a: number, b: number, port: MessagePort): void {
    const first = this.threads.get(a)
    const second = this.threads.get(b)
    if (!first || !second) {
      port.close()
      here.channels.get(a)?.post(Kind.gone, 0, 0, b, 0)
      return
    }
    first.peers.add(b)
    second.peers.add(a)
    here.channels.get(b)!.post(Kind.connect, 0, 0, a, port, [port])
  }

  private make(spec: ThreadSpec): Thread {
    return runOutside(() => new Thread(++this.lastNumber, spec, { table: here.table.memory, names: here.names.memory, tables: here.tableMemory }))
  }
}
