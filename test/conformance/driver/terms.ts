// Reasons and terms as the scenarios write them and as the logs print them. Pure: used in every thread.

import type { Reason } from 'starfish'
import { isErrorLike } from '#core/term/reason'

/** The term that a scenario's text means: `boom`, `shutdown:x`. */
export function parse(text: string): Reason {
  return text.startsWith('shutdown:') ? ['shutdown', parse(text.slice('shutdown:'.length))] : text
}

/** The canonical text of a term. Pids stay as they are: the log knows whose they are. */
export function format(term: unknown): string {
  if (isErrorLike(term)) return `raise:${term.message}`
  if (Array.isArray(term)) return formatTuple(term)
  return typeof term === 'object' && term !== null ? formatObject(term) : String(term)
}

/** What a callback returned, in the form that it has in OTP; any other object is a map. */
function formatObject(object: { reply?: unknown; state?: unknown; reason?: unknown; answer?: { reply: unknown }; timeout?: unknown; continue?: unknown; hibernate?: unknown }): string {
  const { reply, state, reason, answer, timeout, hibernate } = object
  if (!('state' in object)) return 'map'
  if ('reason' in object) return formatTuple(['stop', reason, ...(answer ? [answer.reply] : []), state])
  const next = timeout !== undefined ? [timeout] : hibernate ? ['hibernate'] : 'continue' in object ? [['continue', {}]] : []
  return formatTuple('reply' in object ? ['reply', reply, state, ...next] : ['noreply', state, ...next])
}

function formatTuple(tuple: readonly unknown[]): string {
  const [tag, first, second] = tuple
  if (tuple.length === 2 && isFailedCall(first)) return `${clientFunction(first)}:${format(tag)}`
  if (tuple.length === 2 && tag === 'error' && isErrorLike(first)) return format(first)
  if (tuple.length === 2 && PREFIXED.has(tag)) return `${String(tag)}:${format(first)}`
  if (tag === 'bad_return') return `bad_return:${format((first as unknown[])[2])}`
  if (tag === 'failed_to_start_child') return `failed_to_start_child:${String(first)}:${format(second)}`
  // Of the terms in logs, the only one that holds a list.
  if (tag === 'bad_combination') return `{bad_combination,[${(first as unknown[]).map(format).join(',')}]}`
  return `{${tuple.map(format).join(',')}}`
}

const PREFIXED = new Set<unknown>(['shutdown', 'nocatch', 'bad_return_value', 'EXIT', 'already_started'])

type FailedCall = readonly [module: string, name: string, args: readonly unknown[]]

const MODULES = new Set<unknown>(['GenServer', 'Supervisor', 'DynamicSupervisor', 'Sys', 'Process', 'Task'])

const isFailedCall = (term: unknown): term is FailedCall => Array.isArray(term) && term.length === 3 && MODULES.has(term[0]) && Array.isArray(term[2])

// Every request to a supervisor is a call in OTP, whatever the function is called.
function clientFunction([module, name]: FailedCall): string {
  if (module.endsWith('Supervisor')) return 'call'
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** `error` for what was raised, `exit` for all else: the class of a crash report. */
export const classOf = (reason: Reason): 'error' | 'exit' => (reason[0] === 'error' && isErrorLike(reason[1]) ? 'error' : 'exit')

/** The reason behind a rejected call, as the text a caught exit has; throws on what is no failed call. */
export function caughtExit(error: unknown): string {
  const { code, exitReason } = error as { code?: string; exitReason?: Reason }
  if (!code?.startsWith('ERR_CALL_')) throw error
  return format(exitReason)
}

/** A token such as `raise:eek`, cut at its first colon. */
export function cut(token: string): [word: string, rest: string] {
  const at = token.indexOf(':')
  return at < 0 ? [token, ''] : [token.slice(0, at), token.slice(at + 1)]
}
