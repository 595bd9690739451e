// A process as its own thread sees it: mailbox, links, monitors, and the loop that hands one letter at a time to the
// behaviour. Knows nothing of GenServers: a behaviour installs itself with `serve`.

import { decodeReason } from '../wire/codec.js'
import type { Block } from '../wire/block.js'
import { Kind } from '../wire/envelope.js'
import { flushTurn } from '../wire/channel.js'
import type { DebugFlag } from '../term/definition.js'
import { StarfishError } from '../term/errors.js'
import { formatPid, type Pid, type ProcessId } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import { effectOf } from '../rule/signal.js'
import type { Ref } from '../term/ref.js'
import { Aliases } from './aliases.js'
import { realNow, wallTime, wallTimeOf } from './clock.js'
import { here } from './here.js'
import { type Letter, Mailbox } from './mailbox.js'
import { runOutside, surroundings } from './surroundings.js'
import { Flag, State } from './table.js'
import { afterTurn } from './turn.js'
import { Waiters } from './waiters.js'
import { QUICK_MS, type Work } from './work.js'

/** Takes one letter. Never throws and never rejects: what goes wrong in it ends the process. */
export interface Behaviour {
  handle(letter: Letter): void | Promise<void>
  /** Handlers known to be quick have become slow: their paces are unknown again. */
  doubt?(): void
  /** The mailbox is empty and nothing runs: the moment to wait with a timeout. */
  idle?(): void
  /** Another letter is about to be handled: the wait is over. */
  awake?(letter: Letter): void
  /** The process has ended: nothing of it may be left, timers above all. */
  ended?(): void
}

/** So many letters of quick handlers share one look at the clock. */
const QUICK_LETTERS = 8
const TURN_LETTERS = 1000
const TURN_MS = 8

export class LocalProcess {
  readonly pid: Pid
  readonly mailbox = new Mailbox()
  readonly links = new Set<ProcessId>()
  readonly monitors = new Map<string, ProcessId>()
  readonly aliases = new Aliases()
  readonly isMain: boolean
  /** Messages from processes of the same thread are handed over as they are, not copied. */
  sharesMemory = false
  /** The main program: no exit signal ends it, not even a kill; they are all messages. */
  isProgram = false
  /** Its mailbox has a limit, of which the letter in hand is no part: letters are counted off one by one. */
  private readonly limited: boolean
  /** How many unread letters are kept; the oldest goes. Only the main program, which may never read any, has a limit. */
  keeps = Infinity
  suspended = false
  /** What its start asked to be watched with. */
  debug: readonly DebugFlag[] | undefined
  ended = false
  /** The threads that have called this process and have to hear of its end. */
  callers: Set<number> | undefined
  /** The main thread looks for how long it is busy with one message. */
  watched = false
  /** What it took up last. */
  private work: Work | undefined
  private behaviour: Behaviour | undefined
  private busy = false
  private readonly waiters = new Waiters()
  private aborter: AbortController | undefined
  private taken = 0

  /** `parent` is whose exit signal means stop: who started it with a link, else the process itself (gen.erl, init_it). */
  constructor(readonly id: ProcessId, readonly parent: ProcessId, readonly name: string) {
    this.pid = formatPid(id)
    this.isMain = here.thread === 0
    this.limited = here.table.marks(id) !== undefined
  }

  get trapsExits(): boolean {
    return here.table.hasFlag(this.id, Flag.trapExit)
  }

  set trapsExits(on: boolean) {
    here.table.setFlag(this.id, Flag.trapExit, on)
  }

  /** Fires when the process is told to stop: its parent's exit signal, or `GenServer.stop`. */
  get signal(): AbortSignal {
    this.aborter ??= new AbortController()
    return this.aborter.signal
  }

  /** Runs `code` as this process: `Process.self()` is this one. */
  run<T>(code: () => T): T {
    const before = here.current
    here.current = this
    try {
      return this.isMain && !this.sharesMemory && this !== here.root ? here.runThroughout(this, code) : code()
    } finally {
      here.current = before
    }
  }

  /** From now on letters go to `behaviour`; those that have gathered, first. */
  serve(behaviour: Behaviour): void {
    this.behaviour = behaviour
    if (!this.busy) this.loop()
  }

  /** A letter has come in. */
  deliver(letter: Letter): void {
    if (this.ended) return
    if (this.meansShutdown(letter)) this.aborter?.abort(new StarfishError('ERR_EXIT', `${this.name} was told to stop`))
    if (!this.waiters.isEmpty && this.waiters.give(letter)) {
      this.taken++
      this.account()
      return
    }
    this.mailbox.push(letter)
    if (this.mailbox.length > this.keeps) this.discardOldest()
    this.rouse()
  }

  /** A block of letters has come in. */
  deliverBlock(block: Block): void {
    if (this.ended) return
    if (!this.waiters.isEmpty) return block.rest().forEach((letter) => this.deliver(letter))
    this.mailbox.pushBlock(block)
    this.rouse()
  }

  // When all of a post is in, if one is being taken in.
  private rouse(): void {
    if (this.behaviour === undefined || this.busy) return
    if (!here.isTaking) this.enter()
    else if (here.woken.at(-1) !== this) here.woken.push(this)
  }

  private discardOldest(): void {
    this.mailbox.shift()
    here.table.addToMailbox(this.id, -1)
  }

  /** Handles what has gathered. */
  wake(): void {
    if (this.behaviour !== undefined && !this.busy && !this.ended && this.mailbox.length > 0) this.enter()
  }

  /** An exit signal has come in: from a link, or sent by hand. */
  receiveExit(from: ProcessId, reason: Reason, viaLink: boolean): void {
    if (viaLink && !this.links.delete(from)) return
    const effect = effectOf(reason, viaLink, { trapsExits: this.trapsExits, isSender: from === this.id })
    if (effect.kind === 'message' || (effect.kind === 'end' && this.isProgram)) this.deliverSignal({ kind: Kind.info, from, tag: 'EXIT', body: ['EXIT', formatPid(from), reason] })
    else if (effect.kind === 'end') this.end(effect.reason)
  }

  receiveDown(from: ProcessId, ref: string, [object, reason]: [string, unknown]): void {
    if (!this.monitors.delete(ref)) return
    this.aliases.demonitored(ref)
    this.deliverSignal({ kind: Kind.info, from, tag: ref, body: ['DOWN', ref, object, decodeReason(reason)] })
  }

  /** The answer of a task: a message as long as the task is being watched, nothing afterwards. */
  receiveTaskReply(from: ProcessId, ref: string, value: unknown): void {
    if (this.monitors.has(ref)) this.deliverSignal({ kind: Kind.info, from, tag: ref, body: ['TASK', ref, value] })
  }

  receiveByAlias(from: ProcessId, alias: Ref, body: unknown): void {
    const active = this.aliases.used(alias)
    if (active === undefined) {
      here.table.addToMailbox(this.id, -1) // counted when it was sent
      return
    }
    if (active === 'reply_demonitor' && this.monitors.delete(alias)) here.role.demonitor(this.id, alias)
    this.deliver({ kind: Kind.info, from, tag: 0, body })
  }

  // The sender counts what it posts into a mailbox, but not signals: whether they become letters is known here.
  private deliverSignal(letter: Letter): void {
    if (!this.ended) this.tell(letter)
  }

  /** Puts a letter of this thread into the mailbox. */
  tell(letter: Letter): void {
    here.table.addToMailbox(this.id, 1)
    this.deliver(letter)
  }

  /** Waits for a letter, the first in the mailbox that matches; undefined when none comes within `ms`. */
  wait(matches: (letter: Letter) => boolean, ms: number): Promise<Letter | undefined> {
    here.drainAll()
    const there = this.take(matches)
    if (there) {
      this.account()
      return Promise.resolve(there)
    }
    return this.waiters.wait(matches, ms)
  }

  /** Takes out the first letter that has arrived and matches. */
  take(matches: (letter: Letter) => boolean): Letter | undefined {
    const letter = this.mailbox.takeFirst(matches)
    if (letter) this.taken++
    return letter
  }

  /** Removes letters that have arrived. */
  discard(matches: (letter: Letter) => boolean): void {
    here.drainAll()
    this.taken += this.mailbox.takeAll(matches)
    this.account()
  }

  /** What a report of its end says of its mailbox. */
  get waiting(): { readonly waiting?: readonly string[] } {
    here.drainAll() // what has arrived counts
    return this.mailbox.length === 0 ? {} : { waiting: this.mailbox.labels() }
  }

  /** Ends the process from inside. Nothing of it runs any more when this returns, or nothing that counts. */
  end(reason: Reason): void {
    if (this.ended) return
    this.ended = true
    this.waiters.clear()
    this.behaviour?.ended?.()
    if (!this.aborter?.signal.aborted) this.aborter?.abort(new StarfishError('ERR_EXIT', `${this.name} has ended`))
    here.table.setState(this.id, State.exiting)
    here.role.ended(this, reason)
  }

  resume(): void {
    this.suspended = false
    if (!this.busy && this.behaviour) this.loop()
  }

  private meansShutdown(letter: Letter): boolean {
    if (letter.tag === 'EXIT') return letter.from === this.parent
    return letter.kind === Kind.system && Array.isArray(letter.body) && letter.body[0] === 'terminate'
  }

  private next(): Letter | undefined {
    if (!this.suspended) return this.mailbox.shift()
    return this.mailbox.takeFirst((letter) => letter.kind === Kind.system || (letter.tag === 'EXIT' && letter.from === this.parent))
  }

  // Where posts come as fast as they are handled, Node hands over up to a thousand of them before it looks after anything else.
  private enter(): void {
    this.busy = true
    this.again()
  }

  private loop(): void {
    this.busy = true
    runOutside(this.turn)
  }

  // In nobody's context: what it arms and awaits is for messages of others.
  private readonly turn = (): void => {
    const behaviour = this.behaviour!
    const begun = realNow()
    let looked = begun
    let letters = 0
    while (!this.ended) {
      if ((letters === TURN_LETTERS || looked - begun > TURN_MS) && this.mailbox.length > 0) {
        // Timers and I/O get their turn. `busy` keeps the loop from being entered meanwhile.
        this.account()
        afterTurn(this.again)
        return
      }
      const letter = this.next()
      if (letter === undefined) break
      letters++
      this.taken++
      if (this.limited) this.account()
      if (letters === 1) here.table.setBusySince(this.id, wallTimeOf(begun))
      else if (this.watched) here.table.setBusySince(this.id, wallTime())
      else if ((letters & 15) === 1) here.table.setBusySince(this.id, wallTimeOf(looked))
      behaviour.awake?.(letter)
      const pending = this.hand(behaviour, letter)
      if (pending !== undefined) {
        this.account()
        void pending.then(this.again)
        return
      }
      const pace = this.work?.pace
      const quick = pace?.isQuick
      if (quick && letters % QUICK_LETTERS !== 0) continue
      const now = realNow()
      if (this.isMain && now - looked > 1) here.turn.took(looked, now)
      if (!quick) pace?.observe(now - looked)
      else if (now - looked > QUICK_MS * QUICK_LETTERS) behaviour.doubt?.()
      looked = now
    }
    this.busy = false
    this.account()
    here.table.setBusySince(this.id, 0)
    if (looked - begun > 1) here.turn.took(begun, looked)
    if (!this.ended) behaviour.idle?.()
  }

  /** Says what it does from here on. */
  takeUp(work: Work): void {
    if (this.work === work) return
    this.work = work
    here.table.setBusyWith(this.id, work.label)
  }

  /** The same, and that it begins now: for what does not begin with a letter. */
  begin(work: Work): void {
    this.takeUp(work)
    if (this.watched) here.table.setBusySince(this.id, wallTime())
  }

  private hand(behaviour: Behaviour, letter: Letter): void | Promise<void> {
    const around = letter.surroundings
    if (this.isMain) return (around ?? surroundings()).runInAsyncScope(() => this.run(() => behaviour.handle(letter)))
    here.current = this
    // Letters from other threads, which come by the million, share the context of their turn, which is nobody's.
    const pending = around ? around.runInAsyncScope(() => behaviour.handle(letter)) : behaviour.handle(letter)
    here.current = undefined
    return pending
  }

  private readonly again = (): void => {
    if (this.ended) return
    if (here.turn.isLong()) afterTurn(this.again)
    else this.loop()
  }

  private account(): void {
    if (this.taken === 0) return
    here.table.addToMailbox(this.id, -this.taken)
    here.table.countHandled(this.id, this.taken)
    this.taken = 0
  }
}

/** Posts what waits, before a handler that is not known to be quick: a reply does not wait for its neighbour. */
export function beforeHandler(process: LocalProcess, work: Work): void {
  process.takeUp(work)
  if (!work.pace.isQuick) flushTurn()
}
