// The storm: brings down one victim after the other, each in a way drawn by chance, and times its return. Every call to a
// victim must settle with its death, and every monitor must tell it.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Pid, Process, Task, TaskSupervisor } from 'starfish'
import { type Fate, job } from './job.js'
import { PATIENCE, TASKS, type Victim } from './tree.js'

export interface Score {
  kills: number
  /** Children that were started again: with a sibling they depend on, too. */
  restarts: number
  /** The ms until the victim answered again, by the way it died. */
  readonly recoveries: Map<string, number[]>
  /** Calls that nobody answered although the victim died, and the like. */
  readonly faults: string[]
}

export const newScore = (): Score => ({ kills: 0, restarts: 0, recoveries: new Map(), faults: [] })

/** Lets the storms through, or holds them between two blows. */
export class Weather {
  private held: Promise<void> | undefined
  private release = (): void => undefined
  private blowing = 0
  private calmed = (): void => undefined

  /** Does one blow, when the storm may. */
  async blow(one: () => Promise<void>): Promise<void> {
    while (this.held) await this.held
    this.blowing++
    await one().finally(() => {
      if (--this.blowing === 0) this.calmed()
    })
  }

  /** Resolves when no blow is under way. */
  async calm(): Promise<void> {
    this.held = new Promise((resolve) => {
      this.release = resolve
    })
    if (this.blowing > 0) await new Promise<void>((resolve) => {
      this.calmed = resolve
    })
  }

  go(): void {
    this.held = undefined
    this.release()
  }
}

const pick = <T>(list: readonly T[], random: () => number): T => list[Math.floor(random() * list.length)]!

/** One blow: the victim dies, whoever asked it or watches it is told, and it is back. */
export async function strike(victims: readonly Victim[], score: Score, random: () => number): Promise<void> {
  const victim = pick(victims, random)
  const how = pick(victim.deaths, random)
  const before = await victim.ask()
  const ref = Process.monitor(before)
  const waiting = victim.deaths.includes('hang') ? victim.wait().then(() => 'a reply', (error: { code: string }) => error.code) : undefined
  await nextTurn() // the question is on its way

  const begun = performance.now()
  await victim.die(how, before)
  await down(ref, score, `${victim.name} (${how})`)
  await reborn(victim, before, begun)
  const recovery = performance.now() - begun
  const answer = await waiting
  if (answer !== undefined && answer !== 'ERR_CALL_EXIT' && answer !== 'ERR_CALL_NOPROC') score.faults.push(`a call to ${victim.name} (${how}) ended with ${answer}`)
  score.kills++
  const alike = score.recoveries.get(how) ?? []
  score.recoveries.set(how, alike)
  alike.push(recovery)
}

async function reborn(victim: Victim, before: Pid, begun: number): Promise<void> {
  for (;;) {
    const pid = await victim.ask().catch(() => before)
    if (pid !== before) return
    if (performance.now() - begun > PATIENCE) throw new Error(`${victim.name} did not come back within ${PATIENCE} ms`)
    await nextTurn()
  }
}

async function down(ref: string, score: Score, who: string): Promise<void> {
  await Process.receive((message) => message[0] === 'DOWN' && message[1] === ref, { timeout: PATIENCE }).catch(() => score.faults.push(`no DOWN of ${who}`))
}

const FATES: readonly Fate[] = ['succeed', 'throw', 'exit', 'hang']

/** One task, which succeeds, fails or hangs; its owner is told what became of it. */
export async function runTask(score: Score, random: () => number): Promise<void> {
  const fate = pick(FATES, random)
  const task = await TaskSupervisor.asyncNolink(TASKS, job, fate)
  if (fate === 'hang') {
    await Task.shutdown(task, 'brutal_kill')
    score.kills++
    return
  }
  const [kind] = (await Task.yield(task, PATIENCE)) ?? ['nothing']
  if (kind !== (fate === 'succeed' ? 'ok' : 'exit')) score.faults.push(`a task that was to ${fate} ended with ${kind}`)
  if (fate !== 'succeed') score.kills++
}
