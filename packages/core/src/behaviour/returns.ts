// What a callback answers: the tuples of gen_server, built by helpers. Each form says which callbacks may return it.

import type { Message } from '../term/message.js'
import type { Reason } from '../term/reason.js'

const RETURN: unique symbol = Symbol.for('starfish.return') as never

/** What is to happen after the callback. At most one of `timeout`, `continue` and `hibernate`. */
export interface Next {
  /** `handleInfo` gets `'timeout'` when no message comes within this many ms. Cancelled by any message. */
  readonly timeout?: number
  /** `handleContinue` gets this before any other message. */
  readonly continue?: Message
  /** Accepted as in OTP; a thread has no heap to shrink on demand, so it does nothing. */
  readonly hibernate?: boolean
}

export interface ReplyNext extends Next {
  /** Objects to move to the caller instead of copying them, such as ArrayBuffers. */
  readonly transfer?: readonly unknown[]
}

export interface Ok<S> extends Next { readonly [RETURN]: 'ok'; readonly state: S }
export interface Reply<R, S> extends ReplyNext { readonly [RETURN]: 'reply'; readonly reply: R; readonly state: S }
export interface NoReply<S> extends Next { readonly [RETURN]: 'noreply'; readonly state: S }
export interface Stop<R, S> { readonly [RETURN]: 'stop'; readonly reason: Reason; readonly state?: S; readonly answer?: { readonly reply: R; readonly transfer?: readonly unknown[] } }
export interface Ignore { readonly [RETURN]: 'ignore' }

export type InitReturn<S> = Ok<S> | Stop<never, unknown> | Ignore
export type CallReturn<R, S> = Reply<R, S> | NoReply<S> | Stop<R, S>
export type CastReturn<S> = NoReply<S> | Stop<never, S>
export type AnyReturn = Ok<unknown> | Reply<unknown, unknown> | NoReply<unknown> | Stop<unknown, unknown> | Ignore

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/**
 * From `init`: the server is up, `state` is its first state. `{:ok, state}`.
 * @example init: (count: number) => ok(count)
 */
export function ok<S>(state: S, next?: Next): Ok<S> {
  return { [RETURN]: 'ok', state, ...next }
}

/**
 * From `handleCall`: answers the caller and goes on with `state`. `{:reply, value, state}`.
 * @example bump: (count, by: number) => reply(count + by, count + by)
 */
export function reply<R, S>(value: R, state: S, next?: ReplyNext): Reply<R, S> {
  // Not in the literal: one with a computed key is put together in C++, in every other process.
  const answer = { reply: value, state } as Writable<Reply<R, S>>
  answer[RETURN] = 'reply'
  return next === undefined ? answer : Object.assign(answer, next)
}

/**
 * Goes on with `state` and answers nobody: from `handleCast`, `handleInfo`, `handleContinue`, and from `handleCall`
 * when the answer comes later with `GenServer.reply`. `{:noreply, state}`.
 */
export function noreply<S>(state: S, next?: Next): NoReply<S> {
  const answer = { state } as Writable<NoReply<S>>
  answer[RETURN] = 'noreply'
  return next === undefined ? answer : Object.assign(answer, next)
}

/**
 * Ends the server with `reason`, after `terminate`. From `init`, `stop(reason)`: it does not start. From a call,
 * `stop(reason, value, state)` answers the caller once `terminate` has run. `{:stop, reason, [reply,] state}`.
 */
export function stop(reason: Reason): Stop<never, never>
export function stop<S>(reason: Reason, state: S): Stop<never, S>
export function stop<R, S>(reason: Reason, value: R, state: S, options?: { readonly transfer?: readonly unknown[] }): Stop<R, S>
export function stop(...args: readonly unknown[]): Stop<unknown, unknown> {
  const reason = args[0] as Reason
  if (args.length < 3) return { [RETURN]: 'stop', reason, ...(args.length === 2 ? { state: args[1] } : {}) }
  return { [RETURN]: 'stop', reason, state: args[2], answer: { reply: args[1], ...(args[3] as object | undefined) } }
}

/** From `init`: there is nothing to run, and that is no error. `:ignore`. */
export function ignore(): Ignore {
  return { [RETURN]: 'ignore' }
}

export type ReturnKind = AnyReturn[typeof RETURN]

/** The form of a callback's answer, or undefined when it is none of ours. */
export function kindOf(value: unknown): ReturnKind | undefined {
  return typeof value === 'object' && value !== null ? (value as Partial<AnyReturn>)[RETURN] : undefined
}

/** Whether a letter, a call or another, may be answered with this. */
export const isLegal = (result: AnyReturn, form: ReturnKind, isCall: boolean): boolean =>
  form === 'noreply' || (isCall ? form === 'reply' || form === 'stop' : form === 'stop' && !('answer' in result)) // nobody to answer

/** What `stop` made, read without its types. */
export interface StopReturn {
  readonly reason: Reason
  readonly state?: unknown
  readonly answer?: LastAnswer
}

export interface LastAnswer {
  readonly reply: unknown
  readonly transfer?: readonly unknown[]
}
