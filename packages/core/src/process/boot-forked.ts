// What a child process does first: joins the runtime as a thread does, with copies of what threads share. It ends with the
// program, whatever it does.

import { writevSync } from 'node:fs'
import { Socket } from 'node:net'
import type { ProcessId } from '../term/pid.js'
import { Kind } from '../wire/envelope.js'
import { PipeLine } from '../wire/pipe-line.js'
import { type BootOrder, receive } from './boot.js'
import { FrameReader, FROM_CHILD, headOf, TO_CHILD } from './frames.js'
import { Guest } from './guest.js'
import { here, MAIN_THREAD } from './here.js'
import { watchLifeline } from './lifeline.js'
import { noteExit } from './linger.js'
import { HELD_NAME, NameDirectory } from './names.js'
import type { NewsBody } from './news.js'
import { openChannel, receiveEntry } from './post.js'
import { TableCopy } from './table-copy.js'

export function bootForked(number: number, library: string | undefined): void {
  watchLifeline()
  // What the whole group is told, the program answers.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
  const lines = new Map<number, PipeLine>()
  // To each of the others: the program passes on what is said.
  const lineTo = (peer: number): PipeLine => {
    const line = new PipeLine((bytes) => send(peer, bytes), () => lines.delete(peer))
    lines.set(peer, line)
    return line
  }
  const frames = new FrameReader((peer, bytes) => {
    if (!lines.has(peer)) openChannel(lineTo(peer), peer, receiveEntry)
    lines.get(peer)!.take(bytes)
  })
  const pipe = new Socket({ fd: TO_CHILD, readable: true })
  pipe.on('data', (piece: Buffer) => frames.read(piece)).on('error', () => undefined).on('close', () => process.exit())
  here.thread = number
  const control = openChannel(lineTo(MAIN_THREAD), MAIN_THREAD, hear)
  here.table = new TableCopy((own, note) => control.postAside(Kind.note, own, 0, note))
  here.names = new NameDirectory()
  here.role = new Guest(control, {
    lineTo,
    leave: () => process.exit(0),
  })
  process.on('exit', noteExit)
  if (library !== undefined) require(library)
}

// What is said has left when this returns: nothing of it is lost with us, and we may wait for who does not listen.
function send(peer: number, bytes: Uint8Array): void {
  let rest: Uint8Array[] = [headOf(peer, bytes), bytes]
  try {
    while (rest.length > 0) rest = after(rest, writevSync(FROM_CHILD, rest))
  } catch {
    process.exit() // nobody hears us any more
  }
}

function after(buffers: readonly Uint8Array[], written: number): Uint8Array[] {
  const rest: Uint8Array[] = []
  for (const buffer of buffers) {
    if (written < buffer.length) rest.push(buffer.subarray(written))
    written = Math.max(0, written - buffer.length)
  }
  return rest
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
