// One child process of the operating system as the main thread sees it: it shares no memory with the program, so whatever
// becomes of its own, a segmentation fault too, the program stays. Passes on bytes between it and the threads.

import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { nodeOptions } from '../rule/exec-argv.js'
import type { Reason } from '../term/reason.js'
import { flushTurn } from '../wire/channel.js'
import { type MessagePort, nextBytes, type Post, toBytes } from '../wire/line.js'
import { PipeLine } from '../wire/pipe-line.js'
import { Carrier, type CarrierSpec, KILL_DEADLINE } from './carrier.js'
import { realClock, type TimerHandle } from './clock.js'
import { FrameReader, FROM_CHILD, headOf, TO_CHILD } from './frames.js'
import { here } from './here.js'
import { LIFELINE } from './lifeline.js'
import type { StreamName } from './voice.js'

/** How long the last output of a child process is waited for, in ms: others may hold its streams. */
const OUTPUT_DEADLINE = 100

/** What V8 says when it ends a process for want of memory. */
const OUT_OF_MEMORY = /^.*(?:heap out of memory|JavaScript out of memory|invalid (?:array |string )?(?:size|length) error).*$/im
const PAGE = 4096

/** Passes bytes of one carrier on to another. */
export type PassOn = (from: Fork, to: number, bytes: Uint8Array) => void

export class Fork extends Carrier {
  readonly line: PipeLine
  readonly tellsMemory = process.platform === 'linux'
  private readonly child: ChildProcess
  /** By file descriptor; none when it could not be started. */
  private readonly pipes: readonly (Socket | null)[]
  /** The ports by which threads are reached; several from one that opened a line at the same moment as we did. */
  private readonly ports = new Map<number, MessagePort[]>()
  /** What was written before anybody was to hear of it. */
  private unheard: [StreamName, Uint8Array][] = []
  private lastErrors = ''
  private hasEnded = false
  private status: { readonly code: number | null; readonly signal: string | null } | undefined
  private isPatient = true
  private patience: TimerHandle | undefined

  constructor(number: number, spec: CarrierSpec, passOn: PassOn) {
    super(number)
    this.line = new PipeLine((bytes) => this.send(0, bytes))
    const options = nodeOptions(spec.execArgv ?? process.execArgv, spec.resourceLimits)
    // Pipes of our own: what Node's channel between processes cannot read, it throws at the program.
    this.child = spawn(process.execPath, [...options, join(__dirname, 'forked.js'), String(number), here.library ?? ''], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
      ...(spec.env ? { env: spec.env } : {}),
    })
    const { child } = this
    this.pipes = ((child.stdio as unknown) ?? []) as (Socket | null)[]
    // It could not be started, and there will be no 'exit'. Without files or processes left, there are no streams either.
    child.on('error', (error) => child.pid === undefined && this.end(['error', error]))
    if (child.pid === undefined) return
    this.listen(this.pipes[FROM_CHILD]!, passOn)
    for (const stream of ['stdout', 'stderr'] as const) this.hear(stream, child[stream]!)
    child.on('exit', (code, signal) => {
      this.status = { code, signal }
      this.patience = realClock.setTimeout(() => {
        this.isPatient = false
        this.checkEnd()
      }, OUTPUT_DEADLINE)
      realClock.setTimeout(() => this.end(reasonOf(code, signal, this.lastErrors)), KILL_DEADLINE).unref()
      this.checkEnd()
    })
    for (const fd of [TO_CHILD, LIFELINE, FROM_CHILD]) this.pipes[fd]!.on('error', () => undefined)
    this.hold(false)
    for (const pipe of this.pipes) pipe?.unref()
  }

  connect(peer: number, port: MessagePort): void {
    const others = this.ports.get(peer)
    if (others) others.push(port)
    else this.ports.set(peer, [port])
    port.on('message', (bytes: Uint8Array) => this.send(peer, bytes))
    port.unref()
  }

  speakFor(peer: number, batch: Post): boolean {
    const port = this.portTo(peer)
    port?.postMessage(toBytes(batch))
    return port !== undefined
  }

  /** The port by which another is spoken to. */
  portTo(peer: number): MessagePort | undefined {
    return this.ports.get(peer)?.[0]
  }

  /** Passes on what has arrived for it. */
  drain(): void {
    for (const [peer, ports] of this.ports) {
      for (const port of ports) for (let bytes = nextBytes(port); bytes !== undefined; bytes = nextBytes(port)) this.send(peer, bytes)
    }
  }

  /** The other is no more. */
  disconnect(peer: number): void {
    this.ports.get(peer)?.forEach((port) => port.close())
    this.ports.delete(peer)
  }

  /** What the operating system says it uses, also while it spins. */
  async memoryUsed(): Promise<number | undefined> {
    if (!this.tellsMemory) return undefined
    const told = await readFile(`/proc/${this.child.pid}/statm`, 'utf8').catch(() => undefined)
    return told === undefined ? undefined : Number(told.split(' ')[1]) * PAGE
  }

  async hotFunctions(): Promise<undefined> {}

  protected kill(): void {
    this.child.kill('SIGKILL')
  }

  protected hold(on: boolean): void {
    if (on) this.child.ref()
    else this.child.unref()
    for (const [stream, what] of on ? this.unheard.splice(0) : []) this.hooks?.wrote(stream, what)
  }

  private send(peer: number, bytes: Uint8Array): void {
    flushTurn() // news first
    const pipe = this.pipes[TO_CHILD]
    if (!pipe?.writable) return
    pipe.cork()
    pipe.write(headOf(peer, bytes))
    pipe.write(bytes)
    pipe.uncork()
  }

  private listen(pipe: Readable, passOn: PassOn): void {
    const frames = new FrameReader((peer, bytes) => {
      if (peer === 0) this.line.take(bytes)
      else passOn(this, peer, bytes)
    })
    const read = (piece: Buffer): void => {
      try {
        frames.read(piece)
      } catch (error) {
        pipe.off('data', read).resume()
        here.role.garbled(this.number, error)
        this.kill()
      }
    }
    pipe.on('data', read)
    pipe.on('close', () => {
      this.kill() // who cannot speak to us any more
      this.checkEnd()
    })
  }

  private hear(name: StreamName, stream: Readable): void {
    stream.on('data', (what: Buffer) => {
      if (name === 'stderr') this.lastErrors = (this.lastErrors + what.toString('latin1')).slice(-8192)
      if (this.hooks) this.hooks.wrote(name, what)
      else this.unheard.push([name, what])
    })
    stream.on('close', () => this.checkEnd())
  }

  // All that it sent and wrote comes first, if nobody else keeps its streams open.
  private checkEnd(): void {
    const { status, child } = this
    if (status === undefined || !this.pipes[FROM_CHILD]!.closed) return
    if (this.isPatient && !(child.stdout!.closed && child.stderr!.closed)) return
    this.end(reasonOf(status.code, status.signal, this.lastErrors))
  }

  private end(reason: Reason): void {
    if (this.hasEnded) return
    this.hasEnded = true
    realClock.clearTimeout(this.patience)
    this.ended({ reason, isVague: false })
    for (const peer of [...this.ports.keys()]) this.disconnect(peer)
    for (const pipe of this.pipes) pipe?.destroy()
  }
}

/** Why a child process ended that could not say so itself: the table of docs/errors.md. */
function reasonOf(code: number | null, signal: string | null, lastErrors: string): Reason {
  if (signal === null) return ['process_exit', code]
  const line = OUT_OF_MEMORY.exec(lastErrors)?.[0]
  return line === undefined ? ['signal', signal] : ['out_of_memory', Object.assign(new Error(line.trim()), { code: 'ERR_OUT_OF_MEMORY' })]
}
