// The supervision tree: one supervisor, N hashers. What becomes of them is read from what the supervisor reports.

import { Logger, Supervisor, type LogEvent, type Started } from 'starfish'
import Hasher, { resourceLimits } from './hasher.js'
import type { Isolation } from './options.js'
import type { Scoreboard } from './scoreboard.js'

/** The window in which restarts are counted, in seconds. */
const WINDOW = 5

/** How many restarts within the window a monkey may cause that hits every so many ms; twice that, to be safe. */
export const restartsFor = (every: number): number => 10 + 2 * Math.ceil((WINDOW * 1000) / every)

export const workerNames = (count: number): string[] => Array.from({ length: count }, (_, i) => `hasher ${i + 1}`)

export interface TreeOptions {
  readonly isolation: Isolation
  readonly every: number
  /** Whether crash reports are kept from the screen. */
  readonly quiet: boolean
}

export async function startTree(board: Scoreboard, { isolation, every, quiet }: TreeOptions): Promise<Started> {
  Logger.configure({ ...(quiet ? { level: 'silent' } : {}), onEvent: (event) => note(event, board) })
  const apart = isolation === 'process'
  // What V8 writes when it gives up would go through the picture.
  const thread = { resourceLimits, stderr: apart && quiet }
  const children = board.workers.map(({ name }) => Supervisor.childSpec([Hasher, undefined], { id: name, name, isolation, thread, standby: apart }))
  return Supervisor.startLink(children, { strategy: 'one_for_one', maxRestarts: restartsFor(every), maxSeconds: WINDOW })
}

function note(event: LogEvent, board: Scoreboard): void {
  if (event.kind !== 'supervisor') return
  const worker = board.worker(event.offender.id)
  if (worker === undefined) return
  if (event.context === 'progress') board.up(worker, event.offender.pid)
  else if (event.context === 'child_terminated') board.down(worker)
}
