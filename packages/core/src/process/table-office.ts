// Where the main thread hears what concerns tables: requests, and the ends of processes and threads. The keeper itself
// is loaded when there is something to do for it.

import type { ProcessId } from '../term/pid.js'
import { Kind } from '../wire/envelope.js'
import { isArenaUsed, reserveArena } from '../table/arena.js'
import { TableKeeper, type TableRequest } from '../table/keeper.js'
import { here } from './here.js'
import { postLetter } from './post.js'

export class TableOffice {
  private made: TableKeeper | undefined

  constructor() {
    here.tableMemory = reserveArena()
  }

  async serve(from: ProcessId, request: TableRequest): Promise<unknown> {
    return this.keeper.serve(from, request)
  }

  processEnded(id: ProcessId): void {
    this.made?.processEnded(id)
  }

  threadEnded(thread: number): void {
    if (thread > 0 && isArenaUsed(here.tableMemory!)) this.keeper.threadEnded(thread)
  }

  private get keeper(): TableKeeper {
    return (this.made ??= new TableKeeper(here.openTables(), {
      isAlive: (id) => here.table.isAlive(id),
      tell: (to, from, message) => void postLetter(Kind.info, to, from, 0, message),
    }))
  }
}
