// An object in its process, and the clients that reach it: the state of the server that `define` makes.

import { CallError, type From, type Pid, Process, type Reason, type Ref } from 'starfish'
import { Client } from './client.js'
import type { Letter } from './wire.js'

export class Exposed {
  private readonly clients = new Map<Pid, Client>()
  private readonly monitors = new Map<Ref, Pid>()

  constructor(private readonly self: Pid, readonly object: unknown) {}

  receive([connection, request]: Letter, from: From): void {
    let client = this.clients.get(from.pid)
    if (!client) {
      this.clients.set(from.pid, (client = new Client(this.self, this.object)))
      this.monitors.set(Process.monitor(from.pid), from.pid)
    }
    client.receive(connection, request, from)
  }

  /** A `DOWN`; those of monitors that are not ours are nobody's here. */
  down(ref: Ref, reason: Reason): void {
    const pid = this.monitors.get(ref)
    if (pid === undefined) return
    this.monitors.delete(ref)
    this.clients.get(pid)?.fail(new CallError(reason, ['Comlink', 'callback', []], 'the process that lent the object has ended'))
    this.clients.delete(pid)
  }

  /** Gives the object the chance to clean up: its `Symbol.asyncDispose` or `Symbol.dispose`. */
  async dispose(): Promise<void> {
    const object = this.object as Partial<AsyncDisposable & Disposable> | null
    if (typeof object?.[Symbol.asyncDispose] === 'function') await object[Symbol.asyncDispose]!()
    else object?.[Symbol.dispose]?.()
  }
}
