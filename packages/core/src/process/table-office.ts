// Where the main thread hears what concerns tables: requests, and the ends of processes and threads. The keeper itself
// is loaded when there is something to do for it.

import { UsageError } from '../term/errors.js'
import { formatPid, type ProcessId } from '../term/pid.js'
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
    const to = request.ask === 'new' ? request.heir : request.ask === 'delete' ? 0 : request.to
    if (to !== 0 && here.table.thread(to) < 0) throw new UsageError('ERR_ISOLATED', `expected a process that shares memory with the others, to have a table, got ${formatPid(to)}, with isolation: 'process'; write the pid of one that has a thread`)
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
