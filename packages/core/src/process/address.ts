// Finds the process that a pid, a name, a definition or a handle means.

import { misuse } from '../term/errors.js'
import { formatPid, parsePid, type Pid, type ProcessId } from '../term/pid.js'
import { DEFINITION, isDefinition, type Definition } from './definition.js'
import { here } from './here.js'
import { HELD_NAME } from './names.js'

/** A process to talk to: its pid, its name, its definition (by its name), or the handle of a start. */
export type Address = Pid | string | Definition | { readonly pid: Pid }

const INSTEAD = "a pid, a registered name, a definition with a name, or what startLink gave"

/** The name an address goes by, or undefined when it is a pid already. */
export function nameOf(address: Address): string | undefined {
  if (typeof address === 'string') return address.startsWith('#PID<') ? undefined : address
  if (!isDefinition(address)) return undefined
  const ref = address[DEFINITION]
  if (!ref.registered) misuse('ERR_BAD_ARGUMENT', 'a definition with a name', ref.name, "its pid, or give the definition a name: define(place, { name: 'Counter', ... })")
  return ref.name
}

/** The process, `HELD_NAME` while its supervisor restarts it, or undefined when nobody is there. */
export function resolve(address: Address): ProcessId | undefined {
  const name = nameOf(address)
  if (name !== undefined) {
    const id = here.names.lookup(name)
    return id
  }
  const text = typeof address === 'string' ? address : (address as { pid?: unknown } | null | undefined)?.pid
  const id = typeof text === 'string' ? parsePid(text) : undefined
  if (id === undefined) misuse('ERR_BAD_ARGUMENT', 'a process', address, INSTEAD)
  return id
}

/** The living process of that name or definition; a process that has begun to exit has no name any more. */
export function whereis(name: string | Definition): Pid | undefined {
  const id = resolve(name)
  return id === undefined || id === HELD_NAME || !here.table.isAlive(id) ? undefined : formatPid(id)
}
