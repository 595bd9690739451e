// Finds the process that a pid, a name, a definition or a handle means.

import { misuse } from '../term/errors.js'
import { formatPid, parsePid, type Pid, type ProcessId } from '../term/pid.js'
import { DEFINITION, isDefinition, type Definition } from './definition.js'
import { here, MAIN_THREAD } from './here.js'
import { HELD_NAME } from './names.js'
import { isRef } from '../term/ref.js'
import { State } from './table.js'
import type { Directory } from './via.js'
import { isVia, type Via, viaLabel } from '../term/via.js'

/** A process to talk to: its pid, its name, its definition (by its name), the handle of a start, or a name that a registry keeps. */
export type Address = Pid | string | Definition | { readonly pid: Pid } | Via

const INSTEAD = 'a pid, a registered name, a definition with a name, or what startLink gave'

/** The name an address goes by, or undefined when it is a pid already. */
export function nameOf(address: Address): string | undefined {
  if (typeof address === 'string') return address.startsWith('#PID<') || isRef(address) ? undefined : address
  if (!isDefinition(address)) return undefined
  const ref = address[DEFINITION]
  if (!ref.registered) misuse('ERR_BAD_ARGUMENT', 'a definition with a name', ref.name, "its pid, or give the definition a name: define(place, { name: 'Counter', ... })")
  return ref.name
}

/** The process, `HELD_NAME` while its supervisor restarts it, or undefined when nobody is there. */
export function resolve(address: Address): ProcessId | undefined {
  const name = nameOf(address)
  if (name !== undefined) return here.names.lookup(name)
  if (isVia(address)) return whereisVia(address)
  return idOf(address)
}

/** Throws ERR_BAD_ARGUMENT for what cannot mean a process; whether there is one is not asked. */
export function checkAddress(address: Address): void {
  if (nameOf(address) === undefined && !isVia(address)) idOf(address)
}

function idOf(address: Exclude<Address, Via>): ProcessId {
  const text = typeof address === 'string' ? address : (address as { pid?: unknown } | null | undefined)?.pid
  const id = typeof text === 'string' ? parsePid(text) : undefined
  return id ?? misuse('ERR_BAD_ARGUMENT', 'a process', address, isRef(address) ? 'Process.send: all that takes an alias' : INSTEAD)
}

/** What the names of a directory are held by; undefined when there was never such a directory. Main thread only. */
export const textOfVia = (via: Via): string | undefined => directoryOf(via)?.textOf(via.key)

/**
 * The process that a directory, on the main thread, has under a key: also one that is ending. `HELD_NAME` while its
 * supervisor restarts it, or while the directory itself is restarted.
 */
export function whereisVia(via: Via): ProcessId | undefined {
  if (here.thread !== MAIN_THREAD) misuse('ERR_BAD_ARGUMENT', 'a pid or a registered name, in a worker', viaLabel(via), 'await Registry.lookup(registry, key) to get the pid: the main thread has to be asked')
  const directory = directoryOf(via)
  if (directory === undefined) return undefined
  const found = here.table.isAlive(directory.keeper) ? directory.whereis(via.key) : undefined
  if (found !== undefined) return found
  const last = here.vias.lookup(directory.textOf(via.key))
  if (last !== undefined && (last === HELD_NAME || !here.table.isAlive(last))) return last
  return isComingBack(directory, via.name) ? HELD_NAME : undefined
}

const directoryOf = ({ via, name }: Via): Directory | undefined => here.directories.get(`${via} ${name}`)

/** Whether who keeps the directory is ending, held or starting again. */
function isComingBack({ keeper }: Directory, name: string): boolean {
  const owner = here.names.lookup(name)
  return owner !== undefined && (owner === HELD_NAME || here.table.state(owner) === (owner === keeper ? State.exiting : State.starting))
}

/** What a process is called in an error: its name if it was called by name, else its pid. */
export function labelOf(address: Address): string {
  const name = nameOf(address)
  if (name !== undefined) return name
  if (isVia(address)) return viaLabel(address)
  return typeof address === 'string' ? address : (address as { pid: Pid }).pid
}

/** The living process of that name or definition; a process that has begun to exit has no name any more. */
export function whereis(name: string | Definition | Via): Pid | undefined {
  const id = resolve(name)
  return id === undefined || id === HELD_NAME || !here.table.isAlive(id) ? undefined : formatPid(id)
}
