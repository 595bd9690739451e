// Who decides about the name of a process that ended: its supervisor, or, when that has ended before it, whoever may
// start that one again with all its children. Until the decision the name is held. Main thread only.

import type { ProcessId } from '../term/pid.js'
import type { Entries, Entry } from './entry.js'
import { here } from './here.js'
import type { Keeper, NameKeeper } from './name-keeper.js'
import type { MayReturn } from './role.js'
import { Flag } from './table.js'

export class Heirs {
  /** The processes that outlived their supervisor, with who decides about it. */
  private readonly orphans = new Map<Entry, Keeper>()

  constructor(private readonly entries: Entries, private readonly names: NameKeeper, private readonly vias: NameKeeper) {}

  /** A process ended. Call it before anybody hears of that. */
  bury(entry: Entry): void {
    const keeper = this.keeperOf(entry)
    this.orphans.delete(entry)
    if (entry.name !== null) leaveTo(keeper, this.names, entry.name)
    for (const name of entry.vias ?? []) if (this.vias.owner(name) === entry.id) leaveTo(keeper, this.vias, name)
    if (!here.table.hasFlag(entry.id, Flag.supervisor)) return
    this.names.pass(entry.id, keeper)
    this.vias.pass(entry.id, keeper)
    for (const child of this.entries.values()) {
      if (child.parent === entry.id || this.orphans.get(child)?.supervisor === entry.id) this.leave(child, keeper)
    }
  }

  /** `supervisor` has decided about all whose end it has heard of, unless `mayReturn` says otherwise. */
  release(supervisor: ProcessId, mayReturn: () => MayReturn): void {
    let answer: MayReturn | undefined
    const isOver = (keeper: Keeper): boolean => {
      if (keeper.supervisor !== supervisor) return false
      answer ??= mayReturn()
      return 'allBut' in answer ? answer.allBut.includes(keeper.death) : !answer.includes(keeper.death)
    }
    this.names.release(isOver)
    this.vias.release(isOver)
    for (const [orphan, keeper] of this.orphans) if (isOver(keeper)) this.orphans.delete(orphan)
  }

  private keeperOf(entry: Entry): Keeper | undefined {
    const { id, parent } = entry
    return this.orphans.get(entry) ?? (here.table.isAlive(parent) && here.table.hasFlag(parent, Flag.supervisor) ? { supervisor: parent, death: id } : undefined)
  }

  private leave(orphan: Entry, keeper: Keeper | undefined): void {
    if (keeper) this.orphans.set(orphan, keeper)
    else this.orphans.delete(orphan)
  }
}

function leaveTo(keeper: Keeper | undefined, names: NameKeeper, name: string): void {
  if (keeper) names.hold(name, keeper)
  else names.take(name)
}
