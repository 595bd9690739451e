// Monitors and aliases of the calling process. Semantics: erlang:monitor/3 and erlang:alias/1.

import { misuse } from '../term/errors.js'
import { makeAlias, type Ref } from '../term/ref.js'
import { type Address, nameOf, resolve } from './address.js'
import { isVia, viaLabel } from '../term/via.js'
import { here, MAIN_THREAD } from './here.js'
import { HELD_NAME } from './names.js'
import { checkKeys } from './keys.js'

const UNTIL = ['explicit_unalias', 'demonitor', 'reply_demonitor'] as const

export interface MonitorOptions {
  /**
   * Makes the ref an alias as well, to which others can send. It ends: `'explicit_unalias'` with `Process.unalias`
   * only; `'demonitor'` with the monitor too; `'reply_demonitor'` also with the first message that comes by it, and
   * the monitor with it.
   */
  readonly alias?: (typeof UNTIL)[number]
}

/**
 * Watches a process: when it ends, the caller gets `['DOWN', ref, pid, reason]`, with `noproc` at once when it is dead
 * already. Watching by name puts the name in place of the pid; a via name only when nobody has it. Each call watches once more.
 *
 * @example
 * // A request that is answered, or fails with the server; late answers are dropped.
 * const ref = Process.monitor(server, { alias: 'reply_demonitor' })
 * Process.send(server, ['request', ref])
 */
export function monitor(process: Address, options: MonitorOptions = {}): Ref {
  checkKeys(options, ['alias'], 'monitor option')
  const { alias: until } = options
  if (until !== undefined && !UNTIL.includes(until)) misuse('ERR_BAD_ARGUMENT', 'when the alias ends', until, UNTIL.map((word) => `'${word}'`).join(', '))
  const self = here.self
  // From a worker, the main thread finds out whom a via name means.
  const via = isVia(process) && here.thread !== MAIN_THREAD ? process : undefined
  const id = via === undefined ? resolve(process) : undefined
  const ref = until === undefined ? here.makeRef() : makeAlias(self.id)
  const target = id === undefined || id === HELD_NAME ? 0 : id
  const name = isVia(process) && target === 0 ? viaLabel(process) : nameOf(process)
  if (until !== undefined) self.aliases.add(ref, until)
  self.monitors.set(ref, target)
  here.role.monitor(self.id, target, ref, via ?? name)
  return ref
}

/** Stops watching. With `flush`, a `DOWN` that has arrived already is removed. True when it was still being watched. */
export function demonitor(ref: Ref, options: { readonly flush?: boolean } = {}): boolean {
  checkKeys(options, ['flush'], 'demonitor option')
  const self = here.self
  const active = self.monitors.delete(ref)
  if (active) {
    self.aliases.demonitored(ref)
    here.role.demonitor(self.id, ref)
  }
  if (options.flush) self.discard((letter) => letter.tag === ref)
  return active
}

/**
 * Makes an alias of the calling process: a ref to which anybody can `Process.send` until it ends. What comes later is
 * dropped without a word, also what was on its way: so an answer that comes too late does not stay in the mailbox.
 * `'explicit_unalias'`, the default: it ends with `Process.unalias`; `'reply'`: with the first message too. All end
 * with their process.
 *
 * @example
 * const alias = Process.alias('reply')
 * Process.send(server, ['request', alias])
 * const answer = await Process.receive((message) => message[0] === 'answer', { timeout: 100 })
 * // after a timeout: Process.unalias(alias)
 */
export function alias(until: 'explicit_unalias' | 'reply' = 'explicit_unalias'): Ref {
  if (until !== 'explicit_unalias' && until !== 'reply') misuse('ERR_BAD_ARGUMENT', 'when the alias ends', until, "'explicit_unalias' or 'reply'")
  const self = here.self
  const ref = makeAlias(self.id)
  self.aliases.add(ref, until)
  return ref
}

/**
 * Ends an alias of the calling process. True when it was active; false also for one of another process. Messages that
 * have arrived by it stay in the mailbox.
 */
export const unalias = (ref: Ref): boolean => here.self.aliases.remove(ref)
