// What processes say to each other: an atom or a tagged tuple, the same form in call, cast, send and timers.

/** `'get'`, `['bump', 3]`, `['DOWN', ref, pid, reason]`. */
export type Message = string | readonly [string, ...unknown[]]

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
