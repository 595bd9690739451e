// Our half of the subjects that crash things: the order to die, the wait for the next incarnation, and the pause in
// which a new spare boots.

import { setTimeout } from 'node:timers/promises'
import { GenServer, type Pid, Process } from 'starfish'
import type { Death } from './fixtures/bare-mortals.js'
import { type Round, timed } from './harness.js'

/** Resolves with the first reply of the next incarnation. */
export async function crash(name: string, how: Death): Promise<void> {
  const before = Process.whereis(name)!
  if (how === 'kill') Process.exit(before, 'kill')
  else GenServer.cast(before, how)
  await reborn(name, before)
}

/** Waits for the first reply of whoever comes after `before`. */
export async function reborn(name: string, before: Pid): Promise<void> {
  // The first question may reach the one that is dying, and fails when it dies. By name, the next waits for the restart.
  while ((await GenServer.call(name, 'whoAreYou').catch(() => before)) === before);
}

/** How long this program must do next to nothing, in ms, and what that is, in ms of CPU time. */
const [REST, NOTHING] = [20, 1]

/** Waits until the spares that are missing have booted. Nobody is told of that, but then all threads are idle. */
export async function rest(): Promise<void> {
  for (let used = Infinity; used > NOTHING; ) {
    const before = process.cpuUsage()
    await setTimeout(REST)
    const { user, system } = process.cpuUsage(before)
    used = (user + system) / 1000
  }
}

/** The ms from crash to reply, `crashes` times, each after `pause`. */
export const recoveries = (crashes: number, pause: () => Promise<unknown>, once: () => Promise<unknown>): Round => async () => {
  const samples: number[] = []
  for (let i = 0; i < crashes; i++) {
    await pause()
    samples.push(...(await timed(once)))
  }
  return samples
}
