// A process that is started under a name that a directory keeps, such as a key of a registry, has it from its first
// moment. Main thread only.

import { UsageError } from '../term/errors.js'
import type { ProcessId } from '../term/pid.js'
import { type Via, viaLabel } from '../term/via.js'
import { here } from './here.js'
import { copyOf } from './post.js'

/** Refuses a name of a directory that does not run, or gives none to a child of `parent`. */
export function checkGivesNames(via: Via, parent: ProcessId): void {
  const directory = here.directories.get(`${via.via} ${via.name}`)
  const gives = directory?.claim !== undefined && here.table.isAlive(directory.keeper) && (!directory.forChildren || directory.keeper === parent)
  if (!gives) throw new UsageError('ERR_BAD_ARGUMENT', `expected a key of a registry that runs and has unique keys, got ${viaLabel(via)}; write Registry.startLink({ name: '${via.name}', keys: 'unique' }) before`)
  copyOf([via.key, via.value], undefined, 'start.name') // what cannot be copied is refused before anything is started
}

/** Gives the name to its owner. */
export const claimVia = ({ via, name, key, value }: Via, owner: ProcessId): void => void here.directories.get(`${via} ${name}`)?.claim?.(key, owner, value)
