// One worker_thread as the main thread sees it.

import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { type CpuProfile, type HotFunction, hotFunctions } from '../rule/hot-functions.js'
import { Kind } from '../wire/envelope.js'
import { MessageChannel, type MessagePort, PortLine } from '../wire/line.js'
import { Carrier, type CarrierEnd, type CarrierSpec } from './carrier.js'
import { clockEpoch, realClock, type TimerHandle } from './clock.js'
import { here } from './here.js'
import { type Kernel, kernelFor, sharerGone } from './kernel.js'

/** What a thread is given to boot with. */
export interface BootData {
  readonly thread: number
  readonly port: MessagePort
  readonly clockEpoch: number
  readonly code: Kernel
  readonly table: SharedArrayBuffer
  readonly names: SharedArrayBuffer
  readonly tables: SharedArrayBuffer
  /** The file of the whole library, which the module of the process will load. */
  readonly library: string | undefined
}

/** What a thread can be asked from outside, while it spins too, where Node has it: from 22.16 on. */
interface Askable {
  startCpuProfile?(name?: string): Promise<{ stop(): Promise<string> }>
  getHeapStatistics?(): Promise<{ readonly used_heap_size: number; readonly external_memory: number }>
}

/** How long a thread is profiled, and how long it has to answer, in ms. */
const PROFILE_MS = 100
const PROFILE_DEADLINE = 1_000

/** How long an idle thread has to hear that it is to end, and then to be gone, in ms. */
const OBEYS_WITHIN = 10
const LINGERS_WITHIN = 200

export const TELLS_MEMORY = typeof (Worker.prototype as Askable).getHeapStatistics === 'function'

export class Thread extends Carrier {
  readonly line: PortLine
  readonly tellsMemory = TELLS_MEMORY
  private readonly worker: Worker
  /** When it is killed for certain, having been told to end itself. */
  private killing: TimerHandle | undefined
  /** It has said that nothing runs in it any more. */
  private isStill = false
  /** What the 'error' event brought. */
  private error: Error | undefined

  /** Boots a thread that waits for its order on its line. It keeps the program alive only once it is adopted. */
  constructor(number: number, spec: CarrierSpec) {
    super(number)
    const { port1, port2 } = new MessageChannel()
    this.line = new PortLine(port1)
    const data: BootData = {
      thread: number, port: port2, clockEpoch: clockEpoch(), code: kernelFor(number), library: here.library,
      table: here.table.memory, names: here.names.memory, tables: here.tableMemory!,
    }
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
    port1.on('close', () => setImmediate(() => this.hooks?.closed(endOf(this.error, 0))))
    // 'error' comes before 'exit' and only tells why; the end is 'exit', always and once.
    this.worker.on('error', (error) => {
      this.error = error as Error
    })
    this.worker.on('exit', (exitCode) => {
      sharerGone(number)
      realClock.clearTimeout(this.killing)
      this.ended(endOf(this.error, exitCode))
    })
  }

  connect(peer: number, port: MessagePort): void {
    here.channels.get(this.number)!.post(Kind.connect, 0, 0, peer, port, [port])
  }

  // The lines of threads lead past us: they close and drain them themselves.
  disconnect(): void {}
  drain(): void {}

  speakFor(): false {
    return false
  }

  async memoryUsed(): Promise<number | undefined> {
    try {
      const told = await (this.worker as Askable).getHeapStatistics?.()
      return told && told.used_heap_size + told.external_memory
    } catch {
      return undefined
    }
  }

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

  protected kill(isIdle: boolean): void {
    const channel = isIdle ? here.channels.get(this.number) : undefined
    if (channel === undefined) return void this.worker.terminate()
    channel.postAside(Kind.die, 0, 0, 0)
    this.killIn(OBEYS_WITHIN)
  }

  override standsStill(): void {
    this.isStill = true
    super.standsStill()
  }

  private killIn(ms: number): void {
    this.killing = realClock.setTimeout(() => {
      if (!this.isStill) return void this.worker.terminate()
      this.isStill = false
      this.killIn(LINGERS_WITHIN)
    }, ms)
    this.killing.unref()
  }

  protected hold(on: boolean): void {
    if (on) this.worker.ref()
    else this.worker.unref()
  }
}

/** Why a thread ended that could not say so itself: the table of docs/errors.md. */
function endOf(error: Error | undefined, exitCode: number): CarrierEnd {
  if (error === undefined) return { reason: ['terminated', exitCode], isVague: true }
  return { reason: [(error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'out_of_memory' : 'uncaught_exception', error], isVague: false }
}
