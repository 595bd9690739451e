// One worker_thread as the main thread sees it: starts it, hears it end, ends it. Says why it ended.

import { join } from 'node:path'
import { type MessagePort, MessageChannel, Worker } from 'node:worker_threads'
import type { ThreadOptions } from '../term/definition.js'
import type { Reason } from '../term/reason.js'
import { hasPreload, inheritedExecArgv, isTypeScript } from '../rule/exec-argv.js'
import { clock, type TimerHandle } from './clock.js'

/** How long after `terminate()` a thread may take to be gone, in ms. Native synchronous code cannot be stopped. */
export const KILL_DEADLINE = 5_000

/** What a thread is given to boot with. */
export interface BootData {
  readonly thread: number
  readonly port: MessagePort
  readonly table: SharedArrayBuffer
  readonly names: SharedArrayBuffer
  /** The module that lets this thread load TypeScript as the program does, if it does. */
  readonly typescript: string | undefined
}

export interface ThreadEnd {
  readonly exitCode: number
  /** What the 'error' event brought. */
  readonly error: Error | undefined
}

export interface ThreadHooks {
  /** The thread is gone: nothing of it runs, all it posted is there to be drained. */
  gone(end: ThreadEnd): void
  /** The thread was told to end and has not within the deadline; `gone` may follow at any time or never. */
  stuck(): void
}

export class Thread {
  readonly port: MessagePort
  /** The other threads it has channels to. */
  readonly peers = new Set<number>()
  private readonly worker: Worker
  private error: Error | undefined
  private deadline: TimerHandle | undefined
  /** Why we ended it, once we have decided to. */
  verdict: Reason | undefined

  constructor(
    readonly number: number,
    name: string,
    moduleUrl: string,
    options: ThreadOptions | undefined,
    memory: { readonly table: SharedArrayBuffer; readonly names: SharedArrayBuffer },
    private readonly hooks: ThreadHooks,
  ) {
    const { port1, port2 } = new MessageChannel()
    this.port = port1
    const data: BootData = { thread: number, port: port2, ...memory, typescript: typescriptLoader(moduleUrl) }
    this.worker = new Worker(join(__dirname, 'boot.js'), {
      name,
      workerData: data,
      transferList: [port2],
      execArgv: options?.execArgv ? [...options.execArgv] : inheritedExecArgv(process.execArgv, moduleUrl),
      ...(options?.env ? { env: options.env } : {}),
      ...(options?.resourceLimits ? { resourceLimits: options.resourceLimits } : {}),
      stdout: options?.stdout === true,
      stderr: options?.stderr === true,
    })
    if (options?.stdout) this.worker.stdout.resume()
    if (options?.stderr) this.worker.stderr.resume()
    // 'error' comes before 'exit' and only tells why; the end is 'exit', always and once.
    this.worker.on('error', (error) => {
      this.error = error as Error
    })
    this.worker.on('exit', (exitCode) => {
      clock.clearTimeout(this.deadline)
      this.hooks.gone({ exitCode, error: this.error })
    })
  }

  /** Ends the thread whatever it does. */
  terminate(verdict: Reason): void {
    if (this.verdict !== undefined) return
    this.verdict = verdict
    void this.worker.terminate()
    this.deadline = clock.setTimeout(() => {
      // From here on nothing waits for it, the program's end least of all.
      this.worker.unref()
      this.hooks.stuck()
    }, KILL_DEADLINE)
    this.deadline.unref()
  }

  /** Ends a thread that never became a process. */
  abandon(): void {
    this.verdict ??= 'killed'
    this.port.close()
    void this.worker.terminate()
  }

  unref(): void {
    this.worker.unref()
  }
}

// `ts-node file.ts` hooks itself into the main thread only, and leaves this mark.
const TS_NODE = Symbol.for('ts-node.register.instance')

function typescriptLoader(moduleUrl: string): string | undefined {
  if (!isTypeScript(moduleUrl) || !(TS_NODE in process)) return undefined
  if (hasPreload(process.execArgv)) return undefined // the thread inherits it
  const main = require.main?.path ?? process.cwd()
  return require.resolve('ts-node/register/transpile-only', { paths: [process.cwd(), main, __dirname] })
}
