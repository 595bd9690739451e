// One worker_thread as the main thread sees it: starts it, hears it end, ends it. Says why it ended.

import { join } from 'node:path'
import { type MessagePort, MessageChannel, Worker } from 'node:worker_threads'
import type { DefinitionRef, ThreadOptions } from '../term/definition.js'
import type { Reason } from '../term/reason.js'
import { inheritedExecArgv } from '../rule/exec-argv.js'
import { batchOfOne, Kind } from '../wire/envelope.js'
import { type CpuProfile, type HotFunction, hotFunctions } from '../rule/hot-functions.js'
import { clock, realClock, type TimerHandle } from './clock.js'
import { inModules } from './definition.js'
import { here } from './here.js'
import { type Kernel, kernelFor, sharerGone } from './kernel.js'
import { type TypeScriptLoader, typescriptLoader } from './typescript.js'

/** How long after `terminate()` a thread may take to be gone, in ms. Native synchronous code cannot be stopped. */
export const KILL_DEADLINE = 5_000

/** What a thread is given to boot with. */
export interface BootData {
  readonly thread: number
  readonly port: MessagePort
  readonly kernel: Kernel
  readonly table: SharedArrayBuffer
  readonly names: SharedArrayBuffer
  readonly tables: SharedArrayBuffer
  /** The file of the whole library, which the module of the process will load: so it is loaded already. */
  readonly library: string | undefined
}

/** How a thread is made: all that two threads must have in common to stand in for each other. */
export interface ThreadSpec {
  /** Undefined: as the program has them. */
  readonly execArgv: readonly string[] | undefined
  readonly env: ThreadOptions['env'] | undefined
  readonly resourceLimits: ThreadOptions['resourceLimits'] | undefined
  readonly stdout: boolean
  readonly stderr: boolean
  /** The definition whose module the thread imports before it is needed, if any. */
  readonly standby: DefinitionRef | undefined
}

export const threadSpec = (definition: DefinitionRef, options: ThreadOptions = {}, standby = false): ThreadSpec => ({
  execArgv: options.execArgv ?? inheritedExecArgv(process.execArgv, definition.url),
  env: options.env,
  resourceLimits: options.resourceLimits,
  stdout: options.stdout === true,
  stderr: options.stderr === true,
  standby: standby ? definition : undefined,
})

/** What a thread can be asked from outside, while it spins too, where Node has it: from 22.16 on. */
interface Askable {
  startCpuProfile?(name?: string): Promise<{ stop(): Promise<string> }>
  getHeapStatistics?(): Promise<{ readonly used_heap_size: number; readonly external_memory: number }>
}

/** How long a thread is profiled, and how long it has to answer, in ms. */
const PROFILE_MS = 100
const PROFILE_DEADLINE = 1_000

export const TELLS_MEMORY = typeof (Worker.prototype as Askable).getHeapStatistics === 'function'

/** What a thread that waits may do ahead of need. */
export interface PrepareOrder {
  /** A file of the program, from where modules are found by name. */
  readonly program: string
  /** Whether what it is to run will be imported, and not required. */
  readonly imports: boolean
  /** What to import, and what that takes, as in the order to boot. */
  readonly definition: DefinitionRef | undefined
  readonly typescript: TypeScriptLoader | undefined
}

export interface ThreadEnd {
  readonly exitCode: number
  /** What the 'error' event brought. */
  readonly error: Error | undefined
}

export interface ThreadHooks {
  /** Nothing of the thread runs any more, and its timers and sockets are closed; its memory is still being freed. */
  closed(): void
  /** The thread is gone: all it posted is there to be drained. */
  gone(end: ThreadEnd): void
  /** The thread was told to end and has not within the deadline; `gone` may follow at any time or never. */
  stuck(): void
}

export class Thread {
  readonly port: MessagePort
  /** The other threads it has channels to. */
  readonly peers = new Set<number>()
  /** Why we ended it, once we have decided to. */
  verdict: Reason | undefined
  /** What the 'error' event brought. */
  error: Error | undefined
  private readonly worker: Worker
  private hooks: ThreadHooks | undefined
  private lost: (() => void) | undefined
  private deadline: TimerHandle | undefined

  /** Boots a thread that waits for its order on `port`. It keeps the program alive only once it is adopted. */
  constructor(readonly number: number, spec: ThreadSpec, memory: Pick<BootData, 'table' | 'names' | 'tables'>) {
    const { port1, port2 } = new MessageChannel()
    this.port = port1
    const data: BootData = { thread: number, port: port2, kernel: kernelFor(number), library: here.library, ...memory }
    this.worker = new Worker(join(__dirname, 'starter.js'), {
      name: `starfish ${number}`,
      workerData: data,
      transferList: [port2],
      ...(spec.execArgv ? { execArgv: [...spec.execArgv] } : {}),
      ...(spec.env ? { env: spec.env } : {}),
      ...(spec.resourceLimits ? { resourceLimits: spec.resourceLimits } : {}),
      stdout: spec.stdout,
      stderr: spec.stderr,
    })
    this.worker.unref()
    if (spec.stdout) this.worker.stdout.resume()
    if (spec.stderr) this.worker.stderr.resume()
    // Node closes the port along with all other handles of the thread, when no JavaScript can run there any more. An
    // 'error' was posted before that, but to another port, so it may come in the same turn of the event loop.
    port1.on('close', () => setImmediate(() => this.hooks?.closed()))
    // 'error' comes before 'exit' and only tells why; the end is 'exit', always and once.
    this.worker.on('error', (error) => {
      this.error = error as Error
    })
    this.worker.on('exit', (exitCode) => {
      clock.clearTimeout(this.deadline)
      sharerGone(number)
      this.lost?.()
      const { hooks } = this
      this.hooks = undefined
      hooks?.gone({ exitCode, error: this.error })
    })
  }

  /** The thread has a process to host: its end concerns somebody. */
  adopt(hooks: ThreadHooks): void {
    this.hooks = hooks
    this.lost = undefined
    this.worker.ref()
  }

  /** Calls `lost` if the thread ends before it is adopted. */
  onLost(lost: () => void): void {
    this.lost = lost
  }

  /** The bytes of memory it uses, also while it spins; undefined when it cannot be asked, as on Node 20, or is no more. */
  async memoryUsed(): Promise<number | undefined> {
    try {
      const told = await (this.worker as Askable).getHeapStatistics?.()
      return told && told.used_heap_size + told.external_memory
    } catch {
      return undefined
    }
  }

  /** Looks for a moment where it spends its time, also while it spins; undefined when it cannot be asked, or does not answer. */
  async hotFunctions(): Promise<HotFunction[] | undefined> {
    let timer: TimerHandle | undefined
    const pause = (ms: number): Promise<undefined> => new Promise((resolve) => (timer = realClock.setTimeout(() => resolve(undefined), ms)))
    const look = async (): Promise<HotFunction[] | undefined> => {
      const worker = this.worker as Askable
      if (worker.startCpuProfile === undefined) return undefined
      // Node 22 wants a name, Node 26 refuses one.
      const profile = await worker.startCpuProfile(process.version.startsWith('v22.') ? 'starfish' : undefined)
      await new Promise<void>((resolve) => void realClock.setTimeout(resolve, PROFILE_MS))
      return hotFunctions(JSON.parse(await profile.stop()) as CpuProfile, 5)
    }
    try {
      return await Promise.race([look(), pause(PROFILE_DEADLINE)])
    } catch {
      return undefined
    } finally {
      realClock.clearTimeout(timer)
    }
  }

  /** The thread says that it ends by itself, with `reason`: it has as long as one that is told to. */
  expectEnd(reason: Reason): void {
    if (this.verdict !== undefined) return
    this.deadline = clock.setTimeout(() => this.terminate(reason), KILL_DEADLINE)
    this.deadline.unref()
  }

  /** Has the thread do what it can ahead of need. */
  prepare(definition: DefinitionRef | undefined): void {
    const order: PrepareOrder = { program, imports: inModules(), definition, typescript: definition && typescriptLoader(definition.url) }
    this.port.postMessage(batchOfOne(Kind.prepare, 0, 0, 0, order, false))
  }

  /** Ends the thread whatever it does. */
  terminate(verdict: Reason): void {
    if (this.verdict !== undefined) return
    this.verdict = verdict
    void this.worker.terminate()
    clock.clearTimeout(this.deadline)
    this.deadline = clock.setTimeout(() => {
      // From here on nothing waits for it, the program's end least of all.
      this.worker.unref()
      this.hooks?.stuck()
    }, KILL_DEADLINE)
    this.deadline.unref()
  }

  /** Ends a thread that never became a process. */
  discard(): void {
    this.lost = this.hooks = undefined
    this.port.close()
    void this.worker.terminate()
  }
}

const program = require.main?.filename ?? join(process.cwd(), 'main.js')
