// What a child process does first: joins the runtime as a thread does, with copies of what threads share. It ends with the
// program, whatever it does.

import type { ProcessId } from '../term/pid.js'
import { Kind } from '../wire/envelope.js'
import { fromBytes, type Line, type Post, toBytes } from '../wire/line.js'
import { type BootOrder, receive } from './boot.js'
import type { Frame } from './fork.js'
import { Guest } from './guest.js'
import { here, MAIN_THREAD } from './here.js'
import { watchLifeline } from './lifeline.js'
import { HELD_NAME, NameDirectory } from './names.js'
import type { NewsBody } from './news.js'
import { openChannel, receiveEntry } from './post.js'
import { TableCopy } from './table-copy.js'

type Send = (frame: Frame, handle: undefined, options: undefined, done: () => void) => void

export function bootForked(number: number, library: string | undefined): void {
  watchLifeline()
  const send: Send = process.send!.bind(process)
  // The channel is ours: to the module of the process it is as if nobody had forked it.
  process.send = process.disconnect = undefined as never
  // What the whole group is told, the program answers.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
  process.on('disconnect', () => process.exit())
  const lines = new Map<number, ForkedLine>()
  const lineTo = (peer: number): ForkedLine => {
    const line = new ForkedLine((bytes) => send([peer, bytes], undefined, undefined, () => undefined), () => lines.delete(peer))
    lines.set(peer, line)
    return line
  }
  process.on('message', (frame) => {
    const [peer, bytes] = frame as Frame
    if (!lines.has(peer)) openChannel(lineTo(peer), peer, receiveEntry)
    lines.get(peer)!.take(bytes)
  })
  here.thread = number
  const control = openChannel(lineTo(MAIN_THREAD), MAIN_THREAD, hear)
  here.table = new TableCopy((own, note) => control.postAside(Kind.note, own, 0, note))
  here.names = new NameDirectory()
  here.role = new Guest(control, {
    lineTo,
    // What it said last is on its way.
    leave: () => send([MAIN_THREAD, toBytes([])], undefined, undefined, () => process.exit(0)),
  })
  if (library !== undefined) require(library)
}

function hear(kind: number, to: ProcessId, from: ProcessId, tag: unknown, body: unknown): void {
  if (kind === Kind.news) return takeNews(body as NewsBody)
  if (kind === Kind.boot) (here.table as TableCopy).belongTo(to, (body as BootOrder).watched)
  receive(kind, to, from, tag, body)
}

function takeNews({ records, names }: NewsBody): void {
  for (const record of records) (here.table as TableCopy).takeOver(record)
  for (const [name, owner] of names) {
    if (owner === undefined) here.names.remove(name)
    else if (owner !== HELD_NAME) here.names.register(name, owner)
    else {
      if (here.names.lookup(name) === undefined) here.names.register(name, 0)
      here.names.hold(name)
    }
  }
}

/** How a child process speaks to one of the others: the program passes it on. */
class ForkedLine implements Line {
  readonly sharesMemory = false
  private taker: ((batch: Post) => void) | undefined

  constructor(private readonly send: (bytes: Uint8Array) => void, private readonly forget: () => void) {}

  post(batch: Post, transfer?: readonly unknown[]): void {
    this.send(toBytes(batch, transfer))
  }

  listen(take: (batch: Post) => void): void {
    this.taker = take
  }

  take(bytes: Uint8Array): void {
    this.taker?.(fromBytes(bytes))
  }

  // What has arrived is brought by the event loop only.
  next(): undefined {}

  close(): void {
    this.forget()
  }

  unref(): void {}
}
