// The names of children that died: held for as long as their supervisor may bring them back, so that a call by name
// waits instead of failing.

import { isPid, parsePid, type ProcessId } from '../term/pid.js'
import { here } from '../process/here.js'
import type { LocalProcess } from '../process/local-process.js'
import type { ChildState } from './child.js'

/**
 * Gives up what is held for children that do not come back. Kept is the name of a child whose end the supervisor has
 * still to hear of. While a restart is to be tried again all are kept, but for those of `gone`, who ended for good.
 */
export function settleNames(supervisor: LocalProcess, children: Iterable<ChildState>, gone: readonly ChildState['pid'][] = []): void {
  here.role.releaseNames(supervisor.id, () => {
    const pids = [...children].map(({ pid }) => pid)
    return pids.includes('restarting') ? { allBut: idsOf(gone) } : idsOf(pids)
  })
}

const idsOf = (pids: readonly ChildState['pid'][]): ProcessId[] => pids.filter(isPid).map((pid) => parsePid(pid)!)
