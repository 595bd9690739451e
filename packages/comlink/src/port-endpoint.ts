// A port to a marked object of another process, whose death settles what waits for it: a port alone is silent then.

import type { MessagePort } from 'node:worker_threads'
import { wrap } from 'comlink'
import { Endpoint } from './endpoint.js'
import { Pending, releasedError } from './pending.js'
import { type Answer, isProxy, type Request, type WireValue } from './wire.js'

export class PortEndpoint extends Endpoint {
  private readonly pending = new Pending((answer) => this.dispatch(answer))
  // Objects that this one gave: they end with the same process.
  private readonly given = new Set<PortEndpoint>()
  private dead: { readonly error: unknown } | undefined

  /** `released` is told when our side has released the object. */
  constructor(private readonly port: MessagePort, private readonly released: () => void) {
    super()
    // That it closes says nothing yet: the death that closed it, and its reason, are told by other ways.
    port.on('message', (answer: Answer) => this.pending.answer(isProxy(answer) ? { id: answer.id, ...this.give(answer.value) } : answer))
  }

  /** The object, as the value of an answer or an argument. */
  object(): WireValue {
    return { type: 'RAW', value: this.pending.comeFrom(wrap<object>(this)) }
  }

  private give(port: MessagePort): WireValue {
    const endpoint: PortEndpoint = new PortEndpoint(port, () => this.given.delete(endpoint))
    this.given.add(endpoint)
    return endpoint.object()
  }

  postMessage(request: Request, transfer: readonly unknown[] = []): void {
    if (this.dead) {
      this.pending.add(request)
      return queueMicrotask(() => this.pending.fail(request.id, this.dead!.error))
    }
    this.port.postMessage(request, transfer as never)
    this.pending.add(request)
    if (request.type === 'RELEASE') {
      this.pending.failAll(releasedError())
      this.port.close()
      this.released()
    }
  }

  /** The owner of the object has ended: what waits fails with `error`, and so does whatever comes later. */
  fail(error: unknown): void {
    this.dead = { error }
    this.pending.failAll(error)
    this.port.close()
    for (const endpoint of this.given) endpoint.fail(error)
  }
}
