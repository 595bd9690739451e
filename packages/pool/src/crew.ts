// The threads of a pool and the jobs they do: who works on what, who waits, when there are more threads and when less.
// What becomes of a death is its counting here; that the pool gives up is the process's business.

import { Logger, type Pid, type Reason, type Ref } from 'starfish'
import { addRestart, encodeTerm } from 'starfish/internal'
import { Callers } from './callers.js'
import type { Job } from './job.js'
import { after, type FullOptions } from './options.js'
import { Queue } from './queue.js'
import { Thread } from './thread.js'
import { Histogram, type Times } from './times.js'
import type { Answer, Module, Outcome } from './wire.js'

/** What a pool is doing. Times are in ms. */
export interface PoolInfo {
  readonly minThreads: number
  readonly maxThreads: number
  readonly maxQueue: number
  /** Threads, those that start or end included. */
  readonly threads: number
  readonly idle: number
  readonly starting: number
  /** Threads that were told to end and stand in native code: they have been replaced, and are counted nowhere else. */
  readonly stuck: number
  /** Tasks that wait for a thread. */
  readonly queued: number
  /** Tasks that run, and for how long. */
  readonly running: readonly { readonly task: string; readonly ms: number }[]
  /** Tasks that have returned or thrown. */
  readonly completed: number
  /** Threads that died, and were not told to. */
  readonly deaths: number
  /** From the start of a task to its end, whichever it was. */
  readonly runTime: Times
  /** From the request to the start. */
  readonly waitTime: Times
}

export interface CrewOptions extends FullOptions {
  readonly name: string
  readonly module: Module
  /** Node options of the threads, unless the user says otherwise. */
  readonly execArgv: readonly string[] | undefined
  /** More threads have died than may, the last one for this reason. */
  readonly giveUp: (reason: Reason) => void
}

interface Member {
  readonly thread: Thread
  job: Job | undefined
  ready: boolean
  /** Let go, with nothing to do. */
  leaving: boolean
  idleTimer: NodeJS.Timeout | undefined
}

export class Crew {
  readonly callers = new Callers()
  private readonly members = new Set<Member>()
  /** Those that have nothing to do; the one that was busy last is the next. */
  private readonly idle: Member[] = []
  private readonly queue = new Queue()
  private readonly runTime = new Histogram()
  private readonly waitTime = new Histogram()
  private starting = 0
  private stuck = 0
  private completed = 0
  private deaths = 0
  /** Boots that failed since one has succeeded. */
  private failedBoots = 0
  private lastDeath: Reason | undefined
  private counted: readonly number[] = []
  /** Why nothing is begun any more. */
  private closed: Reason | undefined
  private changed: (() => void)[] = []

  constructor(private readonly options: CrewOptions) {}

  // ---- beginning and end

  /**
   * Starts as many threads as there are at least, and waits until they have loaded the module. Rejects with a reason: of
   * the first that cannot load it, or not in time, or of too many deaths, however long they take.
   */
  async start(): Promise<void> {
    const { minThreads, maxDeaths } = this.options
    const isHopeless = (): boolean => this.closed !== undefined || isUnloadable(this.lastDeath) || this.deaths > maxDeaths
    this.fill()
    await this.until(() => this.idle.length >= minThreads || isHopeless())
    if (isHopeless()) throw isUnloadable(this.lastDeath) ? this.lastDeath : ['max_deaths', this.lastDeath]
  }

  /**
   * Begins nothing more, tells what waits, and lets what runs come to its end, for `patience` ms. Resolves when the threads
   * are gone.
   */
  async close(reason: Reason, patience: number): Promise<void> {
    this.closed = reason
    const told: Outcome = ['closed', encodeTerm(reason)]
    for (let job = this.queue.shift(); job; job = this.queue.shift()) job.settle(told)
    const timer = after(patience, () => {
      for (const { job } of this.members) job?.settle(told)
      this.end()
    })
    await this.until(() => [...this.members].every(({ job }) => job === undefined))
    clearTimeout(timer)
    this.end()
    await this.until(() => this.members.size === 0)
  }

  /** Ends all threads now. */
  end(): void {
    this.closed ??= 'killed'
    for (const { thread } of this.members) thread.end()
  }

  private until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve()
    return new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return
        this.changed = this.changed.filter((one) => one !== look)
        resolve()
      }
      this.changed.push(look)
    })
  }

  // ---- jobs

  /** Takes a job, or refuses it. */
  accept(job: Job): void {
    if (this.closed !== undefined) return // the end of the process will tell
    const member = this.idle.pop()
    // A thread that is starting has a place for one that waits; so has one that can be started.
    const room = this.options.maxQueue + this.starting + (this.members.size < this.options.maxThreads ? 1 : 0)
    if (!member && this.queue.size >= room) return job.settle(['overload'])
    this.callers.add(job)
    if (member) return this.begin(member, job)
    this.queue.push(job)
    this.fill()
  }

  /** The caller has given it up: it is not begun, or its thread is ended. */
  cancel(pid: Pid, id: number): void {
    const job = this.callers.find(pid, id)
    if (job) this.abandon(job)
  }

  /** A `DOWN`. */
  down(ref: Ref): void {
    for (const job of this.callers.down(ref)) this.abandon(job)
  }

  private abandon(job: Job): void {
    const wasQueued = job.state === 'queued'
    job.drop()
    if (wasQueued) this.queue.forget()
    else job.thread?.end()
    this.callers.delete(job)
  }

  private begin(member: Member, job: Job): void {
    clearTimeout(member.idleTimer)
    member.job = job
    job.state = 'running'
    job.thread = member.thread
    job.started = performance.now()
    this.waitTime.record(job.started - job.asked)
    job.timer = after(job.timeout, () => {
      job.settle(['timeout', job.timeout])
      member.thread.end()
    })
    member.thread.run({ kind: 'run', place: job.place, argument: job.argument }, job.transfer)
  }

  private answered(member: Member, answer: Answer): void {
    const { job } = member
    if (!job) return
    this.leave(member)
    this.completed++
    if (answer.kind === 'ok') job.settle(answer.moved ? ['ok', answer.value, answer.moved] : ['ok', answer.value], answer.moved)
    else job.settle(answer.kind === 'error' ? ['error', answer.thrown] : ['unknown', answer.known])
    this.next(member)
  }

  private leave(member: Member): void {
    const { job } = member
    member.job = undefined
    if (!job) return
    this.runTime.record(performance.now() - job.started)
    this.callers.delete(job)
  }

  private next(member: Member): void {
    const job = this.closed === undefined ? this.queue.shift() : undefined
    if (job) return this.begin(member, job)
    this.idle.push(member)
    if (this.members.size > this.options.minThreads) member.idleTimer = after(this.options.idleTimeout, () => this.letGo(member))?.unref()
    this.notify()
  }

  // ---- threads

  private fill(): void {
    const { minThreads, maxThreads } = this.options
    while (this.closed === undefined && (this.members.size < minThreads || (this.starting < this.queue.size && this.members.size < maxThreads))) this.boot()
  }

  private boot(): void {
    const member: Member = {
      thread: new Thread(this.options.module, this.options.execArgv, this.options, {
        ready: () => {
          this.starting--
          this.failedBoots = 0
          member.ready = true
          this.next(member)
        },
        answered: (answer) => this.answered(member, answer),
        gone: (reason, wanted) => this.gone(member, reason, wanted),
        stuck: () => this.lost(member),
      }),
      job: undefined,
      ready: false,
      leaving: false,
      idleTimer: undefined,
    }
    this.members.add(member)
    this.starting++
  }

  private letGo(member: Member): void {
    const staying = [...this.members].filter(({ leaving }) => !leaving).length
    if (member.job !== undefined || staying <= this.options.minThreads) return
    member.leaving = true
    this.remove(member)
    member.thread.end()
  }

  private remove(member: Member): void {
    clearTimeout(member.idleTimer)
    const at = this.idle.indexOf(member)
    if (at >= 0) this.idle.splice(at, 1)
  }

  private gone(member: Member, reason: Reason, wanted: boolean): void {
    const wasLost = !this.members.delete(member)
    if (wasLost) this.stuck--
    else if (!member.ready) this.starting--
    this.remove(member)
    const { job } = member
    this.leave(member)
    job?.settle(['exit', encodeTerm(reason)])
    if (!wanted && !wasLost) this.died(member, reason, job)
    this.fill()
    this.notify()
  }

  // Nothing can end it: whoever waited has been told, and its place is taken by another.
  private lost(member: Member): void {
    this.members.delete(member)
    if (!member.ready) this.starting--
    this.stuck++
    const { job } = member
    this.leave(member)
    job?.settle(['exit', 'killed'])
    this.died(member, 'stuck', job)
    this.fill()
    this.notify()
  }

  private died({ ready }: Member, reason: Reason, job: Job | undefined): void {
    if (this.closed !== undefined) return
    this.deaths++
    if (!ready) this.failedBoots++
    this.lastDeath = reason
    Logger.warn(`pool ${this.options.name}: a thread ${reason === 'stuck' ? 'cannot be ended' : 'has died'}${job ? ` in ${job.label}` : ''}`, reason === 'stuck' ? undefined : reason)
    const granted = addRestart(this.counted, performance.now(), { maxRestarts: this.options.maxDeaths, maxSeconds: this.options.maxSeconds })
    this.counted = granted.restarts
    // Boots that hang are too slow for the window, and whoever waits for a thread waits as long as they go on.
    if (granted.allowed && this.failedBoots <= this.options.maxDeaths) return
    this.closed = reason
    this.options.giveUp(reason)
  }

  private notify(): void {
    for (const look of [...this.changed]) look()
  }

  // ---- looking

  get info(): PoolInfo {
    const now = performance.now()
    const { minThreads, maxThreads, maxQueue } = this.options
    const running = [...this.members].flatMap(({ job }) => (job ? [{ task: job.label, ms: now - job.started }] : []))
    return {
      minThreads, maxThreads, maxQueue, threads: this.members.size, idle: this.idle.length, starting: this.starting, stuck: this.stuck,
      queued: this.queue.size, running, completed: this.completed, deaths: this.deaths, runTime: this.runTime.times, waitTime: this.waitTime.times,
    }
  }

  resetTimes(): void {
    this.runTime.reset()
    this.waitTime.reset()
  }
}

const isUnloadable = (reason: Reason | undefined): boolean => reason === 'timeout' || (Array.isArray(reason) && reason[0] === 'undef')
