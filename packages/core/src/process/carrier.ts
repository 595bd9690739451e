// What carries a process, as the main thread sees it: a worker_thread or a child process of the operating system. Starts it,
// hears it end, ends it, says why it ended. All that decides about processes knows carriers only.

import { join } from 'node:path'
import type { DefinitionRef, Isolation, ThreadOptions } from '../term/definition.js'
import type { Reason } from '../term/reason.js'
import type { HotFunction } from '../rule/hot-functions.js'
import { inheritedExecArgv, inheritedOptions } from '../rule/exec-argv.js'
import { batchOfOne, Kind } from '../wire/envelope.js'
import type { Line, MessagePort, Post } from '../wire/line.js'
import { clock, type TimerHandle } from './clock.js'
import { inModules } from './definition.js'
import { type TypeScriptLoader, typescriptLoader } from './typescript.js'
import type { StreamName } from './voice.js'

/** How long after it was told to end it may take to be gone, in ms. Native synchronous code in a thread cannot be stopped. */
export const KILL_DEADLINE = 5_000

/** How a carrier is made: all that two must have in common to stand in for each other. */
export interface CarrierSpec {
  readonly isolation: Isolation
  /** Undefined: as the program has them. */
  readonly execArgv: readonly string[] | undefined
  readonly env: ThreadOptions['env'] | undefined
  readonly resourceLimits: ThreadOptions['resourceLimits'] | undefined
  readonly stdout: boolean
  readonly stderr: boolean
  /** The definition whose module it imports before it is needed, if any. */
  readonly standby: DefinitionRef | undefined
}

export const carrierSpec = (definition: DefinitionRef, isolation: Isolation, options: ThreadOptions = {}, standby = false): CarrierSpec => ({
  isolation,
  execArgv: options.execArgv ?? (isolation === 'process' ? inheritedOptions : inheritedExecArgv)(process.execArgv, definition.url),
  env: options.env,
  resourceLimits: options.resourceLimits,
  stdout: options.stdout === true,
  stderr: options.stderr === true,
  standby: standby ? definition : undefined,
})

/** Whether modules are found there as they are in the program. */
export const isAsProgram = ({ isolation, execArgv, env }: CarrierSpec): boolean => isolation === 'thread' && execArgv === undefined && env === undefined

/** What a carrier that waits may do ahead of need. */
export interface PrepareOrder {
  /** The file that the next process is likely to be from, or another of the program: from there modules are found by name. */
  readonly file: string
  /** Whether there is time to go through the life of a process. */
  readonly rehearse: boolean
  /** Whether what it is to run will be imported, and not required. */
  readonly imports: boolean
  /** What to import, and what that takes, as in the order to boot. */
  readonly definition: DefinitionRef | undefined
  readonly typescript: TypeScriptLoader | undefined
}

/** How it came to its end, if neither the process in it nor we had decided that. */
export interface CarrierEnd {
  /** What is known of it from outside. */
  readonly reason: Reason
  /** True: when the process in it called `process.exit`, that says more. */
  readonly isVague: boolean
}

export interface CarrierHooks {
  /** Nothing in it runs any more, and its timers and sockets are closed; its memory is still being freed. */
  closed(end: CarrierEnd): void
  /** It is gone: all it posted is there to be drained. */
  gone(end: CarrierEnd): void
  /** It was told to end and has not within the deadline; `gone` may follow at any time or never. */
  stuck(): void
  /** It has written something, and has no other way to say so. */
  wrote(stream: StreamName, what: Uint8Array): void
}

/** A file of the program. */
const program = require.main?.filename ?? join(process.cwd(), 'main.js')

export abstract class Carrier {
  /** The line on which the main thread speaks to it. */
  abstract readonly line: Line
  /** Whether it can be asked from outside how much memory it uses; else it has to say so itself. */
  abstract readonly tellsMemory: boolean
  /** The other carriers it has channels to. */
  readonly peers = new Set<number>()
  /** Why we ended it, once we have decided to. */
  verdict: Reason | undefined
  /** It did not end when it was told to: it is nobody any more. */
  abandoned = false
  protected hooks: CarrierHooks | undefined
  protected lost: (() => void) | undefined
  private deadline: TimerHandle | undefined

  constructor(readonly number: number) {}

  /** It was booted ahead of need, and nobody has adopted it yet. */
  get isSpare(): boolean {
    return this.lost !== undefined
  }

  /** Ends it whatever it does. One that does nothing may be told to end itself. */
  protected abstract kill(isIdle: boolean): void
  /** Whether it keeps the program alive. */
  protected abstract hold(on: boolean): void
  /** Gives it a line to another, whose end it is handed as a port. */
  abstract connect(peer: number, port: MessagePort): void
  /** The other is no more. */
  abstract disconnect(peer: number): void
  /** Says something to another on the line of this one, in order with what that says itself; false if there is none by way of the main thread. */
  abstract speakFor(peer: number, batch: Post): boolean
  /** Passes on what has arrived for it, if that goes by way of the main thread. */
  abstract drain(): void
  /** The bytes of memory it uses, also while it spins; undefined when it cannot be asked, or is no more. */
  abstract memoryUsed(): Promise<number | undefined>
  /** Looks for a moment where it spends its time, also while it spins; undefined when it cannot be asked, or does not answer. */
  abstract hotFunctions(): Promise<HotFunction[] | undefined>

  /** It has a process to host: its end concerns somebody. */
  adopt(hooks: CarrierHooks): void {
    this.hooks = hooks
    this.lost = undefined
    this.hold(true)
  }

  /** Calls `lost` if it ends before it is adopted. */
  onLost(lost: () => void): void {
    this.lost = lost
  }

  /** It says that it ends by itself, with `reason`: it has as long as one that is told to. */
  expectEnd(reason: Reason): void {
    if (this.verdict !== undefined) return
    this.deadline = clock.setTimeout(() => this.terminate(reason), KILL_DEADLINE)
    this.deadline.unref()
  }

  /** Has it do what it can ahead of need; `file` is what the next process is likely to be from. Not to `rehearse` saves one that is needed at once a few ms. */
  prepare(definition: DefinitionRef | undefined, rehearse: boolean, file: string = program): void {
    const order: PrepareOrder = { file, rehearse, imports: inModules(), definition, typescript: definition && typescriptLoader(definition.url) }
    this.line.post(batchOfOne(Kind.prepare, 0, 0, 0, order, false))
  }

  /** It says that nothing runs in it any more. */
  standsStill(): void {
    this.hooks?.closed({ reason: ['terminated', 0], isVague: true })
  }

  /** Ends it whatever it does; `isIdle`: it seems to do nothing. */
  terminate(verdict: Reason, isIdle = false): void {
    if (this.verdict !== undefined) return
    this.verdict = verdict
    this.kill(isIdle)
    clock.clearTimeout(this.deadline)
    this.deadline = clock.setTimeout(() => {
      // From here on nothing waits for it, the program's end least of all.
      this.hold(false)
      this.abandoned = true
      this.hooks?.stuck()
    }, KILL_DEADLINE)
    this.deadline.unref()
  }

  /** Ends one that never got a process. */
  discard(): void {
    this.lost = this.hooks = undefined
    this.line.close()
    this.kill(false)
  }

  /** It has ended, for certain. */
  protected ended(end: CarrierEnd): void {
    clock.clearTimeout(this.deadline)
    this.lost?.()
    const { hooks } = this
    this.hooks = undefined
    hooks?.gone(end)
  }
}
