// One thread of a pool: a Piscina of a single thread, which never has more than one task. So all that Piscina decides
// (whom to refill, what to queue, whom an abort hits) is decided here, and each death is known by its reason.

import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { Piscina } from 'piscina'
import type { Reason } from 'starfish'
import { decodeTerm, encodeTerm } from 'starfish/internal'
import { type FullOptions, LONGEST } from './options.js'
import type { Answer, LastWord, Module, Work } from './wire.js'

/** How long after it was told to end a thread may take, in ms. Native synchronous code cannot be stopped. */
const KILL_DEADLINE = 5_000

export interface ThreadHooks {
  /** It has loaded the module, and takes work. */
  ready(): void
  /** It is done with its work. */
  answered(answer: Answer): void
  /** It is gone: nobody told it to end, it has failed to start, or it has ended as it was told to. */
  gone(reason: Reason, wanted: boolean): void
  /** It was told to end and has not: `gone` may follow at any time or never. */
  stuck(): void
}

export class Thread {
  private readonly piscina: Piscina
  /** None when Node has refused to make it. */
  private readonly worker: Worker | undefined
  private readonly bootTimer: NodeJS.Timeout
  private deadline: NodeJS.Timeout | undefined
  private wanted = false
  private dead = false
  /** Why it ends, where more is known than the thread itself tells. */
  private reason: Reason | undefined
  private error: Error | undefined
  private refusal: unknown

  constructor(module: Module, execArgv: readonly string[] | undefined, { thread, bootTimeout }: FullOptions, private readonly hooks: ThreadHooks) {
    this.piscina = new Piscina({
      filename: join(__dirname, 'runner.js'),
      minThreads: 0, // it starts none by itself, above all not when one has died
      maxThreads: 1,
      idleTimeout: LONGEST,
      recordTiming: false,
      atomics: 'async', // timers and sockets of the tasks' modules live on between two tasks
      env: thread.env as Record<string, string>,
      argv: thread.argv as string[],
      execArgv: (thread.execArgv ?? execArgv) as string[],
      resourceLimits: thread.resourceLimits as object,
      workerData: thread.workerData,
      niceIncrement: thread.niceIncrement ?? 0,
    })
    this.piscina.on('error', () => undefined) // 'exit' tells it
    this.piscina.on('message', (word: LastWord | undefined) => this.heard(word))
    const booted = this.post({ kind: 'boot', module }, [])
    this.worker = this.piscina.threads[0]
    this.worker?.on('error', (error) => (this.error = error as Error)).once('exit', (code) => this.exited(code))
    // It also keeps the program alive until the thread is there.
    this.bootTimer = setTimeout(() => this.fail('timeout'), Math.min(bootTimeout, LONGEST))
    void booted.then((answer) => (this.worker ? this.booted(answer) : this.exited(0)))
  }

  /** Has it run a task. It has none at the moment. */
  run(work: Work, transfer: readonly unknown[]): void {
    void this.post(work, transfer).then((answer) => {
      if (answer !== undefined && !this.wanted && !this.dead) this.hooks.answered(answer)
    })
  }

  /** Ends it, whatever it does. */
  end(): void {
    if (this.wanted || this.dead) return
    this.wanted = true
    this.terminate()
  }

  private terminate(): void {
    clearTimeout(this.bootTimer)
    void this.piscina.destroy()
    this.deadline ??= setTimeout(() => {
      this.worker?.unref() // nothing waits for it from here on, the program's end least of all
      this.hooks.stuck()
    }, KILL_DEADLINE).unref()
  }

  // Undefined when the thread has died over it: its exit tells that.
  private async post(work: Work, transfer: readonly unknown[]): Promise<Answer | undefined> {
    try {
      return (await this.piscina.run(work, { transferList: transfer as never })) as Answer
    } catch (error) {
      this.refusal = error
      return (error as Error | undefined)?.name === 'DataCloneError' ? { kind: 'error', thrown: encodeTerm(error) } : undefined
    }
  }

  private booted(answer: Answer | undefined): void {
    if (answer === undefined || this.wanted || this.dead) return
    if (answer.kind === 'error') return this.fail(['undef', decodeTerm(answer.thrown)])
    clearTimeout(this.bootTimer)
    this.hooks.ready()
  }

  private fail(reason: Reason): void {
    this.reason = reason
    this.terminate()
  }

  private heard(word: LastWord | undefined): void {
    if (typeof word === 'object' && word !== null && '$starfishPool' in word) this.reason ??= decodeTerm(word.$starfishPool) as Reason
  }

  private exited(code: number): void {
    this.dead = true
    clearTimeout(this.bootTimer)
    clearTimeout(this.deadline)
    this.hooks.gone(this.reasonOf(code), this.wanted)
  }

  private reasonOf(code: number): Reason {
    if (this.worker === undefined) return ['error', this.refusal]
    if ((this.error as NodeJS.ErrnoException | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY') return ['out_of_memory', this.error]
    return this.reason ?? (this.error === undefined ? ['terminated', code] : ['uncaught_exception', this.error])
  }
}
