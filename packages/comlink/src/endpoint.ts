// What Comlink asks of an endpoint, less the way messages are posted: its listeners, and handing them what arrives.

import type { Endpoint as ComlinkEndpoint } from 'comlink'

type Listener = ((event: Event) => void) | { handleEvent(event: Event): void }

export abstract class Endpoint implements ComlinkEndpoint {
  private readonly listeners = new Set<Listener>()

  abstract postMessage(message: unknown, transfer?: readonly unknown[]): void

  addEventListener(type: string, listener: Listener): void {
    if (type === 'message') this.listeners.add(listener)
  }

  removeEventListener(type: string, listener: Listener): void {
    if (type === 'message') this.listeners.delete(listener)
  }

  /** Nothing is held back before it: messages arrive from the first listener on. */
  start(): void {}

  /** Hands `data` to the listeners, as the event that a MessagePort would give. */
  protected dispatch(data: unknown): void {
    const event = new MessageEvent('message', { data })
    for (const listener of this.listeners) {
      if (typeof listener === 'function') listener.call(this, event)
      else listener.handleEvent(event)
    }
  }
}
