// What a spare does while it waits: it plays a life of a process through, from the order to the report of its crash, on a
// stage of its own. Code that has run before runs in half the time when the real order comes. Nothing is left of it: no
// process, no letter, no handle, and the main thread hears nothing.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { DefinitionRef } from '../term/definition.js'
import { batchOfOne, Kind } from '../wire/envelope.js'
import { MessageChannel, PortLine } from '../wire/line.js'
import { type Definition, findDefinition, forget } from './definition.js'
import { Guest } from './guest.js'
import { here, MAIN_THREAD } from './here.js'
import { LocalProcess } from './local-process.js'
import { openChannel, receiveEntry } from './post.js'
import { runOutside } from './surroundings.js'
import { ProcessTable, RECORD_BYTES } from './table.js'
import { afterTurn, Turn } from './turn.js'

/** Nothing in it is put off: what came later would come in real life. */
class EndlessTurn extends Turn {
  override isLong(): boolean {
    return false
  }
}

/** V8 learns something from the first few times. */
const TIMES = 3
/** More microtasks than there are between a letter and what comes of it. */
const LONG_ENOUGH = 20

/** Plays until an order comes. `isModule`: the files of the program are ES modules. */
export async function rehearse(isModule: boolean): Promise<void> {
  const url = pathToFileURL(join(__dirname, isModule ? 'understudy.mjs' : 'understudy.js')).href
  const ref: DefinitionRef = { kind: 'gen_server', url, exportName: 'default', name: 'understudy', registered: false, host: 'thread', child: {}, ...(isModule && { isModule }) }
  const definition = await findDefinition(ref)
  forget(definition)
  for (let i = 0; i < TIMES; i++) {
    await new Promise((resolve) => afterTurn(resolve)) // an order that has come is taken in here
    if (here.root !== undefined) return
    await play(definition)
  }
}

// All of it in one turn of the event loop: neither an order nor anything else can come in between.
async function play(definition: Definition): Promise<void> {
  const { table, role, turn } = here
  const control = here.channels.get(MAIN_THREAD)!
  const { port1, port2 } = runOutside(() => new MessageChannel())
  const main = new PortLine(port2)
  here.turn = new EndlessTurn()
  here.table = new ProcessTable(new SharedArrayBuffer(2 * RECORD_BYTES))
  const caller = here.table.occupy(0, MAIN_THREAD, 0)
  const id = here.table.occupy(1, here.thread, caller)
  const stage = openChannel(new PortLine(port1), MAIN_THREAD, (kind, to, from, tag, body) => {
    if (kind !== Kind.boot) return receiveEntry(kind, to, from, tag, body)
    const self = new LocalProcess(to, from, 'understudy')
    here.processes.set(to, self)
    here.root = self
    definition.begin(self, body)
  })
  here.role = new Guest(stage, { lineTo: () => main, leave: () => undefined })
  const say = async (kind: number, tag: unknown, body: unknown): Promise<void> => {
    main.post(batchOfOne(kind, id, caller, tag, body, false))
    stage.drain()
    for (let i = 0; i < LONG_ENOUGH; i++) await Promise.resolve()
    stage.endTurn()
    while (main.next() !== undefined);
  }
  try {
    await say(Kind.boot, 0, { any: ['argument'] })
    await say(Kind.cast, 0, ['note', 1])
    await say(Kind.call, 1, 'ask')
    await say(Kind.call, 2, ['ask', { any: ['payload'] }])
    await say(Kind.cast, 0, ['fail', 'rehearsed'])
  } finally {
    stage.close()
    here.channels.set(MAIN_THREAD, control)
    const self = here.processes.get(id)
    if (self) self.ended = true // nothing that may be left of it runs any more
    here.processes.delete(id)
    here.root = undefined as unknown as LocalProcess
    here.role = role
    here.table = table
    here.turn = turn
  }
}
