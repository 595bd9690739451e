// Comlink's own tests of two endpoints in one realm, as its package has them, between the mailboxes of two processes.
import { afterAll, beforeAll, beforeEach, describe, expect as jestExpect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as Comlink from 'comlink'
import { GenServer, type Started } from 'starfish'
import { endpoint } from '@starfish/comlink'
import { assertNoLeaks } from '@starfish/testing'
import { Connection } from '#comlink/client'
import { Endpoint } from '#comlink/endpoint'
import Mailbox, { mailboxes } from './fixtures/mailbox.js'

const names = ['left', 'right'] as const
const servers: Started[] = []

// Comlink's tests and its proxies leave their ports open, and an open port keeps the program alive.
const ports: { close(): void }[] = []
globalThis.MessageChannel = class extends MessageChannel {
  constructor() {
    super()
    ports.push(this.port1, this.port2)
  }
}

beforeAll(async () => {
  for (const name of names) servers.push(await GenServer.start(Mailbox, name, { name }))
})
afterAll(async () => {
  for (const port of ports) port.close()
  await Promise.all(servers.map((server) => GenServer.stop(server.pid)))
  await assertNoLeaks()
})

/** What posts requests into the mailbox of `to`, answers what comes into that of `from`, and hears both. */
class Port extends Endpoint {
  private readonly asking: Endpoint

  constructor(private readonly answering: Connection, to: string) {
    super()
    this.asking = endpoint(to)
    for (const side of [this.answering, this.asking]) side.addEventListener('message', (event) => this.dispatch((event as MessageEvent).data))
  }

  postMessage(message: { readonly path?: unknown; readonly type: string }, transfer?: readonly unknown[]): void {
    const isRequest = message.type !== 'RAW' && message.type !== 'HANDLER'
    ;(isRequest ? this.asking : this.answering).postMessage(message as never, transfer)
  }
}

class Channel {
  readonly port1: Port
  readonly port2: Port

  constructor() {
    const [left, right] = names.map((name) => {
      const connection = new Connection(GenServer.whereis(name)!)
      mailboxes.set(name, connection)
      return connection
    })
    this.port1 = new Port(left!, 'right')
    this.port2 = new Port(right!, 'left')
  }
}

/** As much of chai's `expect` as the suite writes. */
function expect(value: unknown): object {
  return {
    to: {
      equal: (other: unknown) => jestExpect(value).toBe(other),
      deep: { equal: (other: unknown) => jestExpect(value).toEqual(other) },
      not: { equal: (other: unknown) => jestExpect(value).not.toBe(other), eq: (other: unknown) => jestExpect(value).not.toBe(other) },
      throw: () => jestExpect(value).toThrow('released'),
      be: {
        an: { instanceOf: (type: unknown) => jestExpect(value).toBeInstanceOf(type) },
        get true() {
          return jestExpect(value).toBe(true) ?? true
        },
        get undefined() {
          return jestExpect(value).toBeUndefined() ?? true
        },
      },
    },
  }
}

type Body = (this: unknown, done?: () => void) => unknown
const named = test as (name: string, body: () => Promise<void>) => void
const run = (body: Body): Promise<void> => (body.length === 0 ? (body.call(context) as Promise<void>) : new Promise((done) => void body.call(context, done)))
const skip = (): void => undefined // waits for a garbage collection, or asks for a browser
const it = Object.assign((name: string, body: Body) => named(name, () => run(body)), { skip })

const context = {}
let preparing = false
class EitherChannel {
  constructor() {
    return preparing ? new Channel() : new MessageChannel()
  }
}

// The suite's timers wait for messages to arrive: two turns of the event loop are what that takes, not a millisecond.
const afterTurns = (run: () => void): void => void setImmediate(() => setImmediate(run))

const suite = readFileSync(join(dirname(require.resolve('comlink/package.json')), 'tests/same_window.comlink.test.js'), 'utf8')
const given = {
  Comlink, describe, it, xit: skip, expect, MessageChannel: EitherChannel, setTimeout: afterTurns, self: {}, navigator: { userAgent: 'node' }, // no BroadcastChannel: it is not ours
  beforeEach: (body: () => void) => beforeEach(() => {
    preparing = true
    body.call(context)
    preparing = false
  }),
}
// oxlint-disable-next-line no-implied-eval -- the file is a module of a browser's test runner
new Function(...Object.keys(given), suite.replace(/^import .*$/m, ''))(...Object.values(given))
