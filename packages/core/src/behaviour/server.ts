// The loop of one GenServer: takes a letter, calls the callback, does what it answered (gen_server.erl, loop/7).
// Everything that can go wrong in a callback ends here, in one exit reason.

import { Kind } from '../wire/envelope.js'
import { exitReasonOf } from '../term/errors.js'
import { formatReason, formatTerm } from '../term/format.js'
import { payloadOf, tagOf } from '../term/message.js'
import type { ProcessId } from '../term/pid.js'
import { isClean, isErrorLike, type Reason } from '../term/reason.js'
import { wallTime } from '../process/clock.js'
import { here } from '../process/here.js'
import { beforeHandler, type Behaviour, type LocalProcess } from '../process/local-process.js'
import type { Letter } from '../process/mailbox.js'
import { postAnswer } from '../process/post.js'
import { State } from '../process/table.js'
import { Work } from '../process/work.js'
import { Caught, isPromise, isThrown, reasonOf, settle } from './attempt.js'
import { Contexts } from './context.js'
import { Debug } from './debug.js'
import type { Persist } from './persist.js'
import { Persistence } from './persistence.js'
import { isLegal, kindOf, type AnyReturn, type LastAnswer, type Next, type ReturnKind, type StopReturn } from './returns.js'
import { type AllHandlers, type Callback, type LetterKind, noHandler, Routes } from './routes.js'
import { reportCrash, reportTerminate } from './server-report.js'
import { answerSystem } from './system.js'
import { Wait } from './wait.js'

/** The callbacks, their types left behind. */
export interface Callbacks extends AllHandlers {
  readonly init: Callback
  readonly terminate?: Callback
  readonly formatStatus?: Callback
  readonly codeChange?: Callback
  readonly persist?: Persist
  /** The state as `Sys` shows it, where it is not the user's: plain data. */
  readonly view?: (state: any) => unknown
}

const INIT = new Work('init')
const SYSTEM = new Work('system')
const TERMINATE = new Work('terminate')
/** The letter of a server to itself: it is time to write the state. */
const SAVE = 'SAVE'

export class Server implements Behaviour {
  state: unknown
  private routes: Routes
  /** Who watches, while anybody does. */
  debug: Debug | undefined
  private readonly contexts: Contexts
  private readonly persistence: Persistence | undefined
  private readonly wait: Wait
  /** The message in hand: what a crash report shows. */
  private current: unknown
  /** Who waits for the answer to it, if it is a call. */
  private client: ProcessId | undefined

  constructor(readonly process: LocalProcess, public callbacks: Callbacks) {
    this.contexts = new Contexts(process)
    this.wait = new Wait(process)
    this.routes = new Routes(callbacks)
    if (callbacks.persist !== undefined) this.persistence = new Persistence(callbacks.persist, process, () => process.tell({ kind: Kind.system, from: process.id, tag: SAVE, body: SAVE }))
    if (process.debug !== undefined) Debug.start(this, process.debug)
  }

  // ---- init

  async init(argument: unknown): Promise<void> {
    this.process.takeUp(INIT)
    const recovered = await this.recover(argument)
    if (this.process.ended) return
    if (isThrown(recovered)) return this.failInit(reasonOf(recovered.thrown))
    let result = await this.attempt(this.callbacks.init, argument, this.persistence ? this.contexts.ofInit(recovered) : this.contexts.plain)
    if (this.process.ended) return
    if (isThrown(result)) {
      if (kindOf(result.thrown) === undefined) return this.failInit(reasonOf(result.thrown))
      result = result.thrown
    }
    switch (kindOf(result)) {
      case 'ok': {
        const { state, ...next } = result as { state: unknown } & Next
        this.state = state
        if (this.persistence !== undefined) {
          const begun = await this.attempt(() => this.persistence!.begin(state))
          if (this.process.ended) return
          if (isThrown(begun)) return this.failInit(reasonOf(begun.thrown))
        }
        here.role.started(this.process, { kind: 'ok' })
        await this.proceed(next)
        if (!this.process.ended) this.process.serve(this)
        return
      }
      case 'ignore':
        await this.release()
        here.role.started(this.process, { kind: 'ignore' })
        return this.process.end('normal')
      case 'stop':
        return this.failInit((result as { reason: Reason }).reason)
      default:
        return this.failInit(['bad_return_value', result] as Reason)
    }
  }

  /** What was kept of the state of the process before. It traps exits from here on, so as to write at its end. */
  private async recover(argument: unknown): Promise<unknown> {
    if (this.persistence === undefined) return undefined
    this.process.trapsExits = true
    return this.attempt(() => this.persistence!.recover(argument))
  }

  private async release(): Promise<void> {
    if (this.persistence !== undefined) await this.attempt(() => this.persistence!.release())
  }

  // No terminate: there is no state yet (gen_server.erl, init_it/6).
  private async failInit(reason: Reason): Promise<void> {
    if (isClean(reason)) await this.release()
    else reportCrash(this.process, reason, 'init')
    here.role.started(this.process, { kind: 'error', reason })
    this.process.end(reason)
  }

  // ---- one letter

  handle(letter: Letter): void | Promise<void> {
    this.client = letter.kind === Kind.call ? letter.from : undefined
    switch (letter.kind) {
      case Kind.call:
        return this.dispatch('call', letter.body, letter)
      case Kind.cast:
        return this.dispatch('cast', letter.body, letter)
      case Kind.system:
        this.process.takeUp(SYSTEM)
        if (letter.tag === SAVE) return this.whenKept(this.attemptNow(() => this.persistence!.save(this.state)), () => undefined)
        return answerSystem(this, letter)
      default:
        if (letter.tag === 'EXIT' && letter.from === this.process.parent) {
          return this.finishAsTold((letter.body as [string, string, Reason])[2], letter.body)
        }
        return this.dispatch('info', letter.body, letter)
    }
  }

  private dispatch(kind: LetterKind, message: unknown, letter: Letter | undefined): void | Promise<void> {
    this.current = message
    const tag = tagOf(message)
    const route = this.routes.find(kind, tag)
    if (letter === undefined) this.process.begin(route) // a continue
    beforeHandler(this.process, route)
    if (this.debug !== undefined) this.debug.got(kind, message, letter)
    if (route.handler === undefined) return this.unhandled(kind, message, letter)
    const context = kind === 'call' ? this.contexts.ofCall(letter!) : this.contexts.plain
    const result = this.attemptNow(route.handler, this.state, route.takesWhole ? message : payloadOf(message), context)
    if (isPromise(result)) return this.later(result, kind, letter)
    return this.apply(result, kind, letter)
  }

  doubt(): void {
    this.routes.doubt()
  }

  private async later(result: Promise<unknown>, kind: LetterKind, letter: Letter | undefined): Promise<void> {
    const settled = await settle(result)
    if (!this.process.ended) await this.apply(settled, kind, letter)
  }

  /** Does what a callback answered. */
  private apply(result: unknown, kind: LetterKind, letter: Letter | undefined): void | Promise<void> {
    let form: ReturnKind | undefined = kindOf(result)
    if (form === undefined && isThrown(result)) {
      // A thrown return is taken as the return (gen_server.erl, try_dispatch), any other thrown value as a bad one.
      form = kindOf(result.thrown)
      if (form === undefined && (isErrorLike(result.thrown) || exitReasonOf(result.thrown) !== undefined)) {
        return this.finish(reasonOf(result.thrown), this.current)
      }
      result = result.thrown
    }
    if (form === undefined || !isLegal(result as AnyReturn, form, kind === 'call')) return this.finish(['bad_return_value', result] as Reason, this.current)
    const answer = result as AnyReturn & Next & { state?: unknown }
    if (form === 'stop') return this.stop(result as StopReturn, letter)
    this.state = answer.state
    if (this.persistence === undefined) return this.carryOut(answer, form, letter)
    return this.whenKept(this.attemptNow(() => this.persistence!.changed(this.state)), () => this.carryOut(answer, form, letter))
  }

  /** Goes on when the state is written. What cannot be written ends the server, and nobody is told that it was. */
  private whenKept(kept: unknown, next: () => void | Promise<void>): void | Promise<void> {
    if (isPromise(kept)) return settle(kept).then((settled) => this.whenKept(settled, next))
    if (this.process.ended) return
    return isThrown(kept) ? this.finish(reasonOf(kept.thrown), this.current) : next()
  }

  private carryOut(answer: AnyReturn & Next, form: ReturnKind, letter: Letter | undefined): void | Promise<void> {
    if (form === 'reply') {
      const failed = this.answer(letter!, (answer as { reply: unknown }).reply, (answer as { transfer?: readonly unknown[] }).transfer)
      if (failed !== undefined) return this.finish(failed, this.current)
    }
    if (this.debug !== undefined) this.debug.did(answer, letter)
    if (answer.timeout !== undefined || answer.continue !== undefined) return this.proceed(answer)
  }

  /** What is to happen before the next letter: a continue at once, a timeout later. */
  private proceed(next: Next): void | Promise<void> {
    if (next.continue !== undefined) {
      this.client = undefined
      return this.dispatch('continue', next.continue, undefined)
    }
    if (next.timeout !== undefined) {
      if (typeof next.timeout !== 'number' || !(next.timeout >= 0)) return this.finish(['bad_return_value', next], this.current)
      this.wait.limit(next.timeout)
    }
  }

  private unhandled(kind: LetterKind, message: unknown, letter: Letter | undefined): void | Promise<void> {
    const name = this.process.name
    if (kind === 'info') {
      // It traps exits for its state's sake. Who does not ask for them ends as others do.
      if (this.persistence !== undefined && letter?.tag === 'EXIT') {
        const [, , reason] = message as [string, string, Reason]
        return reason === 'normal' ? undefined : this.finishAsTold(reason, message)
      }
      here.role.log({ kind: 'text', level: 'warn', time: wallTime(), pid: this.process.pid, message: `${name} got a message it has no handleInfo for: ${formatTerm(message)}` })
      this.debug?.did(undefined, letter)
      return
    }
    const error = noHandler(this.callbacks, kind, message, name)
    return this.apply(new Caught(error), kind, letter)
  }

  private answer(letter: Letter, value: unknown, transfer?: readonly unknown[]): Reason | undefined {
    try {
      postAnswer(Kind.reply, letter.from, letter.tag as number, value, transfer)
      return undefined
    } catch (error) {
      return reasonOf(error)
    }
  }

  idle(): void {
    this.wait.begin()
  }

  awake(letter: Letter): void {
    this.wait.end(letter)
  }

  ended(): void {
    this.wait.disarm()
    this.persistence?.disarm()
  }

  // ---- the end

  private async stop(result: StopReturn, letter: Letter | undefined): Promise<void> {
    if ('state' in result) this.state = result.state
    const { answer } = result
    // Terminate runs first, then the caller is answered (gen_server.erl, handle_common_reply).
    await this.finish(result.reason, this.current, answer && letter ? () => this.lastAnswer(letter, answer) : undefined)
  }

  private lastAnswer(letter: Letter, { reply, transfer }: LastAnswer): Reason | undefined {
    const refused = this.answer(letter, reply, transfer)
    if (refused === undefined) this.debug?.answered(reply, letter)
    return refused
  }

  /** Ends for a reason that is not its own: of a linked process, or of who stops it. */
  finishAsTold(reason: Reason, message: unknown): Promise<void> {
    this.persistence?.excuse()
    return this.finish(reason, message)
  }

  /** Runs terminate and ends the process. Nothing of it runs afterwards. */
  async finish(reason: Reason, message: unknown, answer?: () => Reason | undefined): Promise<void> {
    this.wait.disarm()
    let last = reason
    let failed = false
    if (this.callbacks.terminate) {
      this.process.begin(TERMINATE)
      const result = await this.attempt(this.callbacks.terminate, reason, this.state, this.contexts.plain)
      if (this.process.ended) return
      if (isThrown(result) && (isErrorLike(result.thrown) || exitReasonOf(result.thrown) !== undefined)) {
        last = reasonOf(result.thrown)
        failed = true
      }
    }
    if (this.persistence !== undefined) {
      const kept = await this.attempt(() => this.persistence!.end(last, this.state))
      if (this.process.ended) return
      if (isThrown(kept) && isClean(last)) {
        last = reasonOf(kept.thrown)
        answer = undefined // it would say that the state is kept
      }
    }
    if (failed || !isClean(last)) reportTerminate(this, last, message, this.client)
    // Whoever reads the answer and calls again by name must not reach this process any more.
    here.table.setState(this.process.id, State.exiting)
    const refused = answer?.()
    if (refused !== undefined) reportTerminate(this, refused, message, this.client)
    this.process.end(refused ?? last)
  }

  /** Goes on with other callbacks, and the state that goes with them. */
  become(callbacks: Callbacks, state: unknown): void {
    this.callbacks = callbacks
    this.state = state
    this.routes = new Routes(callbacks)
    if (callbacks.persist !== undefined) this.persistence?.become(callbacks.persist)
  }

  /** The state as `Sys.getState` gives it. */
  get view(): unknown {
    return this.callbacks.view === undefined ? this.state : this.callbacks.view(this.state)
  }

  /** State and message as others may see them. */
  status(message: unknown): { readonly state: unknown; readonly message: unknown } {
    const status = { state: this.view, message }
    const { formatStatus } = this.callbacks
    if (formatStatus === undefined) return status
    const shown = this.attemptNow(formatStatus, status, undefined)
    if (typeof shown === 'object' && shown !== null && 'state' in shown && 'message' in shown) return shown as typeof status
    // Rather nothing than what it was to hide.
    return { state: `formatStatus failed: ${isThrown(shown) ? formatReason(shown.thrown) : `it gave ${formatTerm(shown)}`}`, message: 'formatStatus failed' }
  }

  // ---- callbacks

  private attemptNow(callback: Callback, a?: unknown, b?: unknown, c?: unknown): unknown {
    if (here.current !== this.process) return this.process.run(() => this.attemptNow(callback, a, b, c))
    try {
      return callback(a, b, c)
    } catch (thrown) {
      return new Caught(thrown)
    }
  }

  private attempt(callback: Callback, a?: unknown, b?: unknown, c?: unknown): Promise<unknown> {
    const result = this.attemptNow(callback, a, b, c)
    return isPromise(result) ? settle(result) : Promise.resolve(result)
  }
}
