// One client process of an exposed object, seen from the object: its wraps, each an endpoint of its own, and the
// ports to callbacks it lent. All of it goes when the client ends.

import type { MessagePort } from 'node:worker_threads'
import * as Comlink from 'comlink'
import { type From, GenServer, type Pid } from 'starfish'
import { Endpoint } from './endpoint.js'
import { PortEndpoint } from './port-endpoint.js'
import { type Answer, mapProxies, type Request } from './wire.js'

/** One wrap: what its requests reach the object through. */
export class Connection extends Endpoint {
  private readonly asked = new Map<string, From>()

  /** `self` is the process that holds the object. */
  constructor(private readonly self: Pid) {
    super()
  }

  receive(request: Request, from: From): void {
    this.asked.set(request.id, from)
    this.dispatch(request)
  }

  postMessage(answer: Answer, transfer: readonly unknown[] = []): void {
    const from = this.asked.get(answer.id)
    if (from) GenServer.reply(from, [this.self, answer], { transfer }) // may throw: Comlink then answers with an error
    this.asked.delete(answer.id)
  }
}

export class Client {
  private readonly connections = new Map<string, Connection>()
  private readonly ports = new Set<PortEndpoint>()

  constructor(private readonly self: Pid, private readonly object: unknown) {}

  receive(name: string, request: Request, from: From): void {
    let connection = this.connections.get(name)
    if (!connection) {
      this.connections.set(name, (connection = new Connection(this.self)))
      Comlink.expose(this.object, connection)
    }
    connection.receive(mapProxies(request, (port) => this.lent(port).object()), from)
    if (request.type === 'RELEASE') this.connections.delete(name)
  }

  private lent(port: MessagePort): PortEndpoint {
    const endpoint: PortEndpoint = new PortEndpoint(port, () => this.ports.delete(endpoint))
    this.ports.add(endpoint)
    return endpoint
  }

  /** The client has ended: its callbacks fail. */
  fail(error: unknown): void {
    for (const port of this.ports) port.fail(error)
  }
}
