// Sys: looks into any server and holds it, whatever its callbacks (sys.erl). For debugging and for tests.

import { Kind } from '../wire/envelope.js'
import type { Address } from '../process/address.js'
import { request } from './gen-server.js'
import type { SystemRequest } from './system.js'

export interface SysOptions {
  /** Ms to wait; 5000 by default. */
  readonly timeout?: number
}

const ask = (server: Address, message: SystemRequest, name: string, options: SysOptions): Promise<unknown> =>
  request(Kind.system, server, message, options, `Sys.${name}`)

/** The state of a server, copied. */
export const getState = <S = unknown>(server: Address, options: SysOptions = {}): Promise<S> =>
  ask(server, ['get_state'], 'getState', options) as Promise<S>

/** Puts another state in place; gives it back. */
export const replaceState = <S>(server: Address, state: S, options: SysOptions = {}): Promise<S> =>
  ask(server, ['replace_state', state], 'replaceState', options) as Promise<S>

/** From now on the server takes nothing but system messages and its parent's exit signal; the rest waits. */
export const suspend = async (server: Address, options: SysOptions = {}): Promise<void> => void (await ask(server, ['suspend'], 'suspend', options))

/** The server goes on with what has gathered. */
export const resume = async (server: Address, options: SysOptions = {}): Promise<void> => void (await ask(server, ['resume'], 'resume', options))

export interface SysStatus {
  readonly pid: string
  readonly name: string
  readonly status: 'running' | 'suspended'
  /** Messages that wait in it now. */
  readonly mailbox: number
  /** The state, printed, at most 10,000 characters. */
  readonly state: string
}

export const getStatus = (server: Address, options: SysOptions = {}): Promise<SysStatus> =>
  ask(server, ['get_status'], 'getStatus', options) as Promise<SysStatus>

/** Settles when the server has handled everything that was sent to it before. */
export const sync = async (server: Address, options: SysOptions = {}): Promise<void> => void (await ask(server, ['sync'], 'sync', options))
