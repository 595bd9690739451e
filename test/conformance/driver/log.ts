// What happens in a scenario, as one stream in causal order: the notes of scripted processes, the reports of the
// library, and the deaths of all instances. Everything passes the main thread, and the logger sees it all there.

import { AsyncLocalStorage } from 'node:async_hooks'
import { Logger, Process, type LogEvent, type LoggerOptions, type Pid, type Reason } from 'starfish'
import { decodeReason } from '#core/wire/codec'
import { isClean } from '#core/term/reason'
import { classOf, format } from './terms.js'
import { MARK, type Note } from './workers/record.js'

/** One event of a log; the first element says what kind of. */
export type Event = readonly (string | number)[]

/** An event with the instance that brought it about. */
export interface Act {
  readonly actor: string
  readonly event: Event
}

/** A process of the scenario. */
export interface Instance {
  readonly pid: Pid
  readonly inst: string
  readonly id: string
  readonly kind: string
  readonly parent: string
}

export interface Exit {
  readonly instance: Instance
  readonly reason: string
}

const asDriver = AsyncLocalStorage.snapshot()
const PID = /#PID<[\d.]+>/g

export class EventLog implements Disposable {
  readonly driver = Process.self()
  readonly instances = new Map<Pid, Instance>()
  /** The instance of each id that was the last to come up. */
  readonly current = new Map<string, Pid>()
  /** Instances that never return from their terminate, on purpose. */
  readonly hanging = new Set<Pid>()
  /** How much has been noted so far. */
  count = 0
  private acts: Act[] = []
  private newExits: Exit[] = []
  private readonly watches = new Map<string, Instance>()
  private readonly before: LoggerOptions

  constructor() {
    this.before = Logger.configure({ level: 'silent', onEvent: (event) => this.take(event) })
  }

  [Symbol.dispose](): void {
    Logger.configure(this.before)
  }

  // ---- who is who

  instanceOf(pid: Pid): string {
    return this.instances.get(pid)?.inst ?? (pid === this.driver ? 'driver' : 'ext')
  }

  named(inst: string): Instance | undefined {
    return [...this.instances.values()].find((one) => one.inst === inst)
  }

  /** The text of a term, its pids as instances. */
  text(term: unknown): string {
    return this.withInstances(format(term))
  }

  private withInstances(text: string): string {
    return text.replaceAll(PID, (pid) => this.instanceOf(pid as Pid))
  }

  // ---- what happens

  private take(event: LogEvent): void {
    const actor = this.instanceOf(event.pid)
    switch (event.kind) {
      case 'text':
        if (event.message === MARK) this.note(event.pid, event.data as Note)
        else if (event.level === 'error') this.add(actor, ['log', actor, 'format'])
        return
      case 'supervisor':
        if (event.context === 'progress') return
        this.add(actor, ['report', actor, event.context, event.offender.id, this.text(decodeReason(event.reason))])
        return
      // OTP writes two reports at the end of a server, gen_server's and proc_lib's; Starfish writes one that says both.
      case 'terminate':
        this.add(actor, ['gs_error', actor, this.text(decodeReason(event.reason))])
        this.addCrash(actor, decodeReason(event.reason))
        return
      case 'crash':
      case 'task':
        this.addCrash(actor, decodeReason(event.reason))
    }
  }

  private note(pid: Pid, note: Note): void {
    switch (note[0]) {
      case 'enroll': {
        const [, inst, id, kind, parent] = note
        this.enroll({ pid, inst, id, kind, parent })
        return
      }
      case 'event': {
        const [, ...event] = note
        this.add(this.instanceOf(pid), event.map((part) => (typeof part === 'string' ? this.withInstances(part) : part)))
        return
      }
      case 'hanging':
        this.hanging.add(pid)
    }
  }

  private addCrash(actor: string, reason: Reason): void {
    if (!isClean(reason)) this.add(actor, ['crash', actor, classOf(reason), this.text(reason)])
  }

  add(actor: string, event: Event): void {
    this.count++
    this.acts.push({ actor, event })
    const [kind, inst, token] = event
    if (kind === 'init' && token === 'ok') this.comeUp(inst as string)
  }

  private comeUp(inst: string): void {
    const instance = this.named(inst)
    if (instance) this.current.set(instance.id, instance.pid)
  }

  private enroll(instance: Instance): void {
    this.count++
    this.instances.set(instance.pid, instance)
    asDriver(() => this.watch(instance))
  }

  // A note of a process on the main thread arrives while that process runs: the monitor is the driver's all the same.
  private watch(instance: Instance): void {
    if (Process.self() === this.driver) this.watches.set(Process.monitor(instance.pid), instance)
    else queueMicrotask(() => this.watch(instance))
  }

  /** Takes in the deaths that have been told to the driver. */
  async noticeDeaths(): Promise<void> {
    for (const [ref, instance] of this.watches) {
      if (Process.isAlive(instance.pid)) continue
      const reason = await received<['DOWN', string, Pid, Reason]>((message) => message[0] === 'DOWN' && message[1] === ref)
      if (reason === undefined) continue
      this.watches.delete(ref)
      this.count++
      this.newExits.push({ instance, reason: this.text(reason[3]) })
    }
  }

  /** Whether every death has been noticed. */
  get isUpToDate(): boolean {
    return [...this.watches.values()].every(({ pid }) => Process.isAlive(pid))
  }

  /** The instances that have not ended. */
  get living(): Instance[] {
    return [...this.watches.values()]
  }

  // ---- taking it away

  /** What has been done since the last look. */
  takeActs(): Act[] {
    return this.acts.splice(0)
  }

  /** Who has died since the last look. */
  takeExits(): Exit[] {
    return this.newExits.splice(0)
  }
}

/** A message that has arrived for the driver, if there is one. */
export async function received<M>(matches: (message: any) => boolean): Promise<M | undefined> {
  try {
    return (await Process.receive(matches, { timeout: 0 })) as M
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_RECEIVE_TIMEOUT') return undefined
    throw error
  }
}

/** Forgets what an earlier scenario has left in the driver's mailbox. */
export async function clearMailbox(): Promise<void> {
  while ((await received(() => true)) !== undefined);
}
