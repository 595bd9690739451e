// A process's mailbox as an endpoint: each request of Comlink is a call, so each is settled, by the reply or by the
// reason for which there will be none.

import { randomUUID } from 'node:crypto'
import type { MessagePort } from 'node:worker_threads'
import { wrap } from 'comlink'
import { CallError, GenServer, type Pid } from 'starfish'
import { Endpoint } from './endpoint.js'
import { Pending, releasedError } from './pending.js'
import { PortEndpoint } from './port-endpoint.js'
import { type Answer, isProxy, type Letter, type Request } from './wire.js'

/** Where requests go, and how long each may take. */
export interface Target {
  readonly server: Pid
  readonly timeout: number
}

export class MailboxEndpoint extends Endpoint {
  // A process starts afresh with each life; this name tells it that our wrap is a new one there.
  private readonly connection = randomUUID()
  private readonly pending = new Pending((answer) => this.dispatch(answer))

  constructor(private readonly target: Target) {
    super()
  }

  postMessage(request: Request, transfer: readonly unknown[] = []): void {
    if (request.type === 'RELEASE') this.pending.failAll(releasedError())
    this.pending.add(request)
    void this.ask(request, transfer)
  }

  private async ask(request: Request, transfer: readonly unknown[]): Promise<void> {
    const { server, timeout } = this.target
    try {
      const letter: Letter = [this.connection, request]
      const [pid, answer] = await GenServer.call<[Pid, Answer]>(server, ['comlink', letter], { timeout, transfer })
      this.pending.answer(isProxy(answer) ? { id: request.id, ...watched(pid, answer.value).object() } : answer)
    } catch (error) {
      this.pending.fail(request.id, error)
    }
  }

  /** The object behind the mailbox. */
  object(): object {
    return this.pending.comeFrom(wrap<object>(this))
  }
}

/** The port to a marked object in process `pid`, failing with that process's exit reason. */
function watched(pid: Pid, port: MessagePort): PortEndpoint {
  const over = new AbortController()
  const endpoint = new PortEndpoint(port, () => over.abort())
  GenServer.call(pid, 'watch', { timeout: Infinity, signal: over.signal }).catch((error: unknown) => {
    if (!(error instanceof CallError && error.reason === 'aborted')) endpoint.fail(error)
  })
  return endpoint
}
