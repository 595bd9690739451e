// `wrap`: a process as the object that it exposes, called from any thread.

import type { Remote } from 'comlink'
import { type Pid, type Started, UsageError } from 'starfish'
import type { ExposedDefinition } from './define.js'
import { MailboxEndpoint } from './mailbox-endpoint.js'

export interface WrapOptions {
  /** How long each request may take, in ms; `Infinity` by default, as in Comlink. */
  readonly timeout?: number
}

/**
 * The object that a process exposes, as Comlink's `Remote<T>`: each property read and each method call is a request to
 * the process and gives a promise. By name or definition the same wrap works again after a restart, and a request that
 * finds the process being restarted waits for it.
 *
 * Each request settles: it rejects with a CallError whose `reason` is the exit reason when the process ends before it
 * has answered, `'noproc'` when nobody is there, `'timeout'` after `timeout` ms. An assignment (`remote.x = 1`) has
 * nobody to tell: when it fails, the Logger says so. `remote[releaseProxy]()` ends the wrap; what still waits rejects.
 *
 * @example
 * const images = Comlink.wrap(Images)
 * const small = await images.resize(Comlink.transfer(bytes, [bytes.buffer]), 320)
 */
export function wrap<T, A>(server: ExposedDefinition<T, A> | Started<ExposedDefinition<T, A>>, options?: WrapOptions): Remote<T>
export function wrap<T>(server: Pid | string, options?: WrapOptions): Remote<T>
export function wrap(server: unknown, options: WrapOptions = {}): unknown {
  return endpoint(server as Pid, options).object()
}

/** The mailbox of a process as an endpoint, for Comlink's own `wrap` or anything else that speaks its protocol. */
export function endpoint(server: Pid | string | ExposedDefinition<any, any> | Started<ExposedDefinition<any, any>>, { timeout = Infinity }: WrapOptions = {}): MailboxEndpoint {
  const known = typeof server === 'string' || ((typeof server === 'object' || typeof server === 'function') && server !== null)
  if (!known) throw new UsageError('ERR_BAD_ARGUMENT', `expected a process, got ${String(server)}; write a pid, a name, a definition, or what start gave`)
  if (typeof timeout !== 'number' || !(timeout >= 0)) throw new UsageError('ERR_BAD_ARGUMENT', `expected a timeout in ms, got ${String(timeout)}; write a number from 0, or Infinity`)
  return new MailboxEndpoint({ server: server as Pid, timeout })
}
