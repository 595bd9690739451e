// What processes say to each other: an atom or a tagged tuple, the same form in call, cast, send and timers.

import type { Pid } from './pid.js'
import type { Reason } from './reason.js'
import type { Ref } from './ref.js'

/** `'get'`, `['bump', 3]`, `['DOWN', ref, pid, reason]`. */
export type Message = string | readonly [string, ...unknown[]]

/**
 * The end of a process that was monitored. `object` is what it was watched by: its pid or its name.
 * A server gets `[ref, object, reason]` as the payload of `handleInfo.DOWN`.
 */
export type Down = readonly ['DOWN', ref: Ref, object: Pid | string, reason: Reason]

/** An exit signal, for who traps exits: the end of a linked process, or `Process.exit`. */
export type Exit = readonly ['EXIT', from: Pid, reason: Reason]

/** The word that selects a handler, or undefined when the message has none. */
export function tagOf(message: unknown): string | undefined {
  if (typeof message === 'string') return message
  if (Array.isArray(message) && typeof message[0] === 'string') return message[0]
  return undefined
}

/** What comes after the tag: nothing, one value, or the list of them when there are several. */
export function payloadOf(message: unknown): unknown {
  if (!Array.isArray(message) || message.length < 2) return undefined
  return message.length === 2 ? message[1] : message.slice(1)
}
