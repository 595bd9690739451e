// Waits until nothing is going on in a scenario: no process starting or ending, every mailbox empty, every process
// idle and answering, every death noticed, three looks in a row with nothing new. Timers that merely wait do not count.

import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { Process, Sys, type Pid } from 'starfish'
import { liveProcesses } from 'starfish/internal'
import type { EventLog } from './log.js'

export interface Calm {
  /** Whether a process may have messages waiting: it is suspended. It still has to answer. */
  readonly suspended?: (pid: Pid) => boolean
  /** Asks a process for a sign that it has handled all that was sent to it; a system message by default. */
  readonly ping?: (pid: Pid) => Promise<unknown>
  /** Anything else that has to be so; looked at last in each round. */
  readonly also?: () => Promise<boolean>
}

const LOOKS = 3
const LIMIT_MS = 15_000
const PING_MS = 500

const ask = (pid: Pid): Promise<void> => Sys.sync(pid, { timeout: PING_MS })

/** False when it never came to rest. */
export async function settle(log: EventLog, calm: Calm = {}): Promise<boolean> {
  const limit = Date.now() + LIMIT_MS
  for (let looks = 0; looks < LOOKS; ) {
    if (await isQuiet(log, calm)) looks++
    else if (Date.now() > limit) return false
    else {
      looks = 0
      await sleep(1)
    }
  }
  return true
}

async function isQuiet(log: EventLog, { suspended = () => false, ping = ask, also }: Calm): Promise<boolean> {
  const before = log.count
  const pids = livePids().filter((pid) => !log.hanging.has(pid))
  const areIdle = (): boolean => pids.every((pid) => isIdle(pid) || (suspended(pid) && Process.isAlive(pid)))
  if (!areIdle()) return false
  const answers = await Promise.allSettled(pids.map(ping))
  if (answers.some(({ status }) => status === 'rejected')) return false
  await turn()
  await log.noticeDeaths()
  if (!log.isUpToDate || !areIdle()) return false
  return (also === undefined || (await also())) && log.count === before
}

const livePids = (): Pid[] => liveProcesses().map(({ pid }) => pid as Pid)

/** Kills whatever a scenario has left, and waits until everybody has heard of it. */
export async function endAll(log: EventLog): Promise<void> {
  for (const pid of livePids()) Process.exit(pid, 'kill')
  await until(async () => {
    await log.noticeDeaths()
    return livePids().length === 0 && log.living.length === 0
  })
  await turn()
}

/** Whether a process waits with an empty mailbox. */
export function isIdle(pid: Pid): boolean {
  const info = Process.info(pid)
  return info?.status === 'running' && info.mailboxLength === 0 && info.busyMs === 0
}

/** Looks until `fact` holds or `ms` have passed. */
export async function until(fact: () => boolean | Promise<boolean>, ms = 5000): Promise<void> {
  const limit = Date.now() + ms
  while (!(await fact()) && Date.now() < limit) await sleep(1)
}
