// Hands out files by call, one per worker at a time. A call that fails has lost nothing: its file is handed out again.
// A worker that keeps silent for too long is killed; its supervisor does the rest.

import { GenServer, Process, type Pid } from 'starfish'
import { join } from 'node:path'
import type { Bell } from './bell.js'
import { errorCodeOf } from './failure.js'
import type { Answer } from './hasher.js'
import type { Job } from './ledger.js'
import type { Scoreboard, WorkerState } from './scoreboard.js'

/** How long a worker may take for anything, in ms. */
const PATIENCE = 1000
/** A bigger file gets this much again for each time it is as big, in bytes. */
const PORTION = 10_000_000

/** How long a worker may take for a file, in ms: longer for one that has failed more often than chance explains. */
export const deadline = ({ bytes, failures }: Pick<Job, 'bytes' | 'failures'>): number =>
  Math.min(PATIENCE * (1 + Math.floor(bytes / PORTION)) * 2 ** Math.max(0, failures - 2), 600_000)

export interface Hands {
  readonly root: string
  readonly supervisor: Pid
  /** No file is handed out any more; those in hand are waited for. */
  readonly enough: AbortSignal
  /** Nothing is waited for any more. */
  readonly stop: AbortSignal
  /** Rings when there may be something new to do. */
  readonly bell: Bell
}

/** Works until every file has its result, or time is up, and every worker that was hit is back. */
export async function dispatch(board: Scoreboard, hands: Hands): Promise<void> {
  await Promise.all(board.workers.map((worker) => serve(worker, board, hands)))
}

async function serve(worker: WorkerState, board: Scoreboard, hands: Hands): Promise<void> {
  const { ledger } = board
  while (!hands.stop.aborted) {
    // Whose call has failed is asked for a sign of life before it gets a file: how long that takes is the recovery.
    const job = hands.enough.aborted || worker.blow?.reason ? undefined : ledger.take()
    if (job) await handOut(job, worker, board, hands)
    else if (worker.blow) await ping(worker, board, hands)
    else if (hands.enough.aborted || board.isAllDone) return
    else await hands.bell.wait()
  }
}

async function handOut(job: Job, worker: WorkerState, board: Scoreboard, hands: Hands): Promise<void> {
  const { ledger } = board
  const asked = running(worker.name)
  board.took(worker, job)
  try {
    const path = join(hands.root, job.path)
    const { digest, by } = await GenServer.call<Answer>(worker.name, ['digest', path], { timeout: deadline(job), signal: hands.stop })
    ledger.done(job, digest)
    board.answered(worker, by)
  } catch (error) {
    if (errorCodeOf(error) === 'aborted') return ledger.putBack(job)
    board.failed(worker, job, error)
    ledger.failed(job)
    afterFailure(error, asked, worker, board, hands)
  } finally {
    hands.bell.ring()
  }
}

/** Asks a worker that was hit whether it is back. */
async function ping(worker: WorkerState, board: Scoreboard, hands: Hands): Promise<void> {
  const asked = running(worker.name)
  try {
    board.answered(worker, await GenServer.call<Pid>(worker.name, 'ping', { timeout: PATIENCE, signal: hands.stop }))
  } catch (error) {
    if (errorCodeOf(error) === 'aborted') return
    board.failed(worker, undefined, error)
    afterFailure(error, asked, worker, board, hands)
  }
}

/** Who has that name, unless it is only being started: that is no silence. */
function running(name: string): Pid | undefined {
  const info = Process.info(name)
  return info?.status === 'running' ? info.pid : undefined
}

function afterFailure(error: unknown, asked: Pid | undefined, worker: WorkerState, board: Scoreboard, { supervisor }: Hands): void {
  if (!Process.isAlive(supervisor)) throw new Error('the supervisor has given up: its workers died faster than it may restart them', { cause: error })
  if (errorCodeOf(error) !== 'timeout' || asked === undefined || !Process.isAlive(asked)) return
  if (worker.blow?.pid !== asked) board.slow++
  Process.exit(asked, 'kill')
}
