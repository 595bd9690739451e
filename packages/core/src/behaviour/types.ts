// The types of a GenServer definition, and what call, cast and client derive from them: message, payload and reply
// are inferred from the handlers, so that a wrong tag or payload does not compile.

import type { From } from '../term/from.js'
import type { Restart, Shutdown } from '../term/child-spec.js'
import type { Host, Isolation, MaxMailbox, ThreadOptions } from '../term/definition.js'
import type { Pid } from '../term/pid.js'
import type { Reason } from '../term/reason.js'
import type { Definition } from '../process/definition.js'
import type { Persist } from './persist.js'
import type { CallReturn, CastReturn, Ignore, InitReturn, Ok, Reply, Stop } from './returns.js'

/** What a callback knows of its surroundings. */
export interface Context {
  /** The process it runs in. */
  readonly self: Pid
  /** Aborts when the process is told to stop: pass it to what can be cancelled. */
  readonly signal: AbortSignal
}

/** The context of `init`. */
export interface InitContext<P = unknown> extends Context {
  /** What was kept of the state of the process before, as `persist` says; undefined when there is nothing. */
  readonly recovered?: P
}

/** The context of a call: also who asked, to be answered later with `GenServer.reply`. */
export interface CallContext extends Context {
  readonly from: From
}

export type MaybePromise<T> = T | Promise<T>

/** How a definition says what it does. `S` is the state, `A` the argument of `init`, `R` what `init` returns, `P` what is kept of the state. */
export interface Callbacks<S, A, R, Calls, Casts, Infos, Continues, P = any> {
  /** Registered under this name unless told otherwise, and what reports call it. */
  readonly name?: string
  /** `'thread'` (the default): a worker_thread of its own. `'main'`: the main thread's event loop. */
  readonly host?: Host
  /** When its supervisor restarts it, unless the child spec says otherwise; `'permanent'` by default. */
  readonly restart?: Restart
  /** How its supervisor stops it, unless the child spec says otherwise; 5000 ms by default. */
  readonly shutdown?: Shutdown
  /** What it is kept apart by, a thread or a child process, unless the start says otherwise. See docs/isolation.md. */
  readonly isolation?: Isolation
  /** How its thread is made, unless the start says otherwise. */
  readonly thread?: ThreadOptions
  /** Ms that it may be busy with one message, unless the start says otherwise; no limit by default. See docs/gen-server.md. */
  readonly maxHandlerTime?: number
  /** How many messages may wait before it takes no more, unless the start says otherwise; no limit by default. See docs/overload.md. */
  readonly maxMailbox?: MaxMailbox
  /** A thread with its module imported stands by for a restart, unless the start says otherwise. See docs/gen-server.md. */
  readonly standby?: boolean
  /** Keeps the state, or a part of it, in a store that outlives the process; `init` gets it back as `recovered`. See docs/persist.md. */
  readonly persist?: Persist<S, P> & ([S] extends [P] ? unknown : { readonly part: unknown })
  /** Makes the first state. `startLink` waits for it. */
  readonly init: (argument: A, context: InitContext<P>) => R & MaybePromise<InitReturn<S>>
  /** Requests that are answered, by tag. */
  readonly handleCall?: Calls & CallHandlers<S>
  /** Requests that are not answered, by tag. */
  readonly handleCast?: Casts & CastHandlers<S>
  /** All other messages, by tag, or one function for all: timers, `EXIT`, `DOWN`, what `Process.send` sends. */
  readonly handleInfo?: Infos & InfoHandlers<S>
  /** What `{ continue: message }` asked for, by tag: runs before any other message. */
  readonly handleContinue?: Continues & CastHandlers<S>
  /** Cleans up, when OTP would call it: see docs/gen-server.md. What it returns is ignored. */
  readonly terminate?: (reason: Reason, state: S, context: Context) => unknown
  /** State and message (or reply) as crash reports, traces and `Sys.getStatus` show them: the place to leave out secrets. */
  readonly formatStatus?: (status: { readonly state: S; readonly message: unknown }) => { readonly state: unknown; readonly message: unknown }
  /** Gives the state of an older version the form that this code has: see `Sys.changeCode`. What is not `ok(state)` refuses. */
  readonly codeChange?: (oldVsn: any, state: any, extra: any) => MaybePromise<Ok<NoInfer<S>> | readonly ['error', unknown]>
}

export type CallHandlers<S> = Readonly<Record<string, (state: S, payload: any, context: CallContext) => MaybePromise<CallReturn<unknown, S>>>>
export type CastHandlers<S> = Readonly<Record<string, (state: S, payload: any, context: Context) => MaybePromise<CastReturn<S>>>>
export type InfoHandlers<S> = CastHandlers<S> | ((state: S, message: any, context: Context) => MaybePromise<CastReturn<S>>)

/** What a definition is for the type checker: never present at run time. */
export interface Types {
  readonly argument: unknown
  readonly state: unknown
  readonly calls: unknown
  readonly casts: unknown
  readonly ignores: boolean
}

/** A defined GenServer: usable as a child, as the server of a call, and its handlers as plain functions in tests. */
export interface GenServerDefinition<S, A, R, Calls, Casts, Infos, Continues> extends Definition {
  readonly init: (argument: A, context: InitContext<any>) => R
  readonly handleCall: Calls
  readonly handleCast: Casts
  readonly handleInfo: Infos
  readonly handleContinue: Continues
  readonly terminate?: (reason: Reason, state: S, context: Context) => unknown
  readonly codeChange?: (oldVsn: any, state: any, extra: any) => MaybePromise<Ok<S> | readonly ['error', unknown]>
  /** Only for the type checker. */
  readonly $types?: { readonly argument: A; readonly state: S; readonly calls: Calls; readonly casts: Casts; readonly ignores: IgnoresIn<R> }
}

/** Any GenServer definition. */
export type AnyGenServer = Definition & { readonly init: (argument: any, context: Context) => unknown; readonly $types?: Types }

export type TypesOf<D> = D extends { readonly $types?: infer T } ? Extract<Exclude<T, undefined>, Types> : never

// The payload a handler takes, as the arguments of its client method: none, one, or one that may be left out.
type PayloadArgs<H> = H extends (...args: infer A) => unknown
  ? A extends readonly [any?]
    ? []
    : A extends readonly [any, (infer P)?, ...any[]]
      ? undefined extends A[1] ? [payload?: P] : [payload: A[1]]
      : []
  : []

// `get` for a handler without payload, `['bump', number]` for one with.
type MessageFor<Tag, H> = PayloadArgs<H> extends infer A
  ? A extends [] ? Tag : A extends [infer P] ? readonly [Tag, P] : A extends [(infer P)?] ? Tag | readonly [Tag, P] : never
  : never

export type MessageOf<Handlers> = { [Tag in keyof Handlers & string]: MessageFor<Tag, Handlers[Tag]> }[keyof Handlers & string]

type ReplyIn<R> = R extends Reply<infer V, any> ? V : R extends Stop<infer V, any> ? V : never
type TagIn<M> = M extends readonly [infer Tag, ...unknown[]] ? Tag : M

/** What the handler for message `M` replies with. Unknown when it only ever replies later. */
export type ReplyTo<Handlers, M> = Handlers[TagIn<M> & keyof Handlers] extends (...args: any) => infer R
  ? [ReplyIn<Awaited<R>>] extends [never] ? unknown : ReplyIn<Awaited<R>>
  : unknown

/** A running server: what `startLink` gives. Usable wherever a pid is, with the definition's types. */
export interface Started<D = unknown> extends AsyncDisposable {
  readonly pid: Pid
  /** Only for the type checker. */
  readonly $definition?: D
  toString(): string
}

/** A process to talk to: its pid, its name, its definition (by its name), or the handle of a start. */
export type Server = Pid | string | Definition | { readonly pid: Pid }

/** The definition behind a server expression, if the type says it. */
export type DefinitionOf<T> = T extends AnyGenServer ? T : T extends Started<infer D> ? D : never

export type CallsOf<D> = TypesOf<D>['calls']
export type CastsOf<D> = TypesOf<D>['casts']
export type ArgumentOf<D> = TypesOf<D>['argument']
export type IgnoreOf<D> = true extends TypesOf<D>['ignores'] ? 'ignore' : never

export type IgnoresIn<R> = Ignore extends Awaited<R> ? true : false

/** `{ get(), bump(3), inc() }`: the calls and casts of a definition as methods. */
export type Client<D> = {
  readonly [Tag in keyof CallsOf<D> & string]: (...payload: PayloadArgs<CallsOf<D>[Tag]>) => Promise<ReplyTo<CallsOf<D>, Tag>>
} & {
  readonly [Tag in keyof CastsOf<D> & string]: (...payload: PayloadArgs<CastsOf<D>[Tag]>) => boolean
}
