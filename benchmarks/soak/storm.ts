// The storm: brings down one victim after the other, each in a way drawn by chance, and times its return. Every call to a
// victim must settle with its death, and every monitor must tell it.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { GenServer, type Pid, Process, Task, TaskSupervisor } from 'starfish'
import Bystander, { isDeath } from './bystander.js'
import { PATIENCE, running, within } from './clock.js'
import { type Fate, job } from './job.js'
import { TASKS, type Victim } from './tree.js'

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
  const who = `${victim.name} (${how})`
  let awaited = 'an answer to the first question'
  const blow = async (): Promise<void> => {
    const before = await present(victim)
    const ref = Process.monitor(before)
    const waiting = victim.wait?.()
    awaited = 'the bystander'
    await GenServer.call(Bystander, ['watch', { pid: before, isAsked: waiting !== undefined }], { timeout: Infinity }) // the question is on its way

    const begun = running()
    await victim.die(how, before)
    awaited = 'DOWN'
    await Process.receive((message) => message[0] === 'DOWN' && message[1] === ref)
    awaited = 'the next incarnation'
    while ((await present(victim)) === before) await nextTurn()
    const back = running()
    awaited = 'the end of a call'
    const answer = await waiting
    if (answer !== undefined && !isDeath(answer)) score.faults.push(`a call to ${who} ended with ${answer}`)
    score.kills++
    if (back.stops === begun.stops) note(score, how, back.ms - begun.ms)
  }
  await within(PATIENCE, blow(), () => `${who}: ${awaited} did not come within ${PATIENCE} ms`)
}

/** Asks until it answers. */
async function present(victim: Victim): Promise<Pid> {
  for (;;) {
    const pid = await victim.ask().catch(() => undefined)
    if (pid !== undefined) return pid
    await nextTurn()
  }
}

function note({ recoveries }: Score, how: string, ms: number): void {
  const alike = recoveries.get(how) ?? []
  recoveries.set(how, alike)
  alike.push(ms)
}

const FATES: readonly Fate[] = ['succeed', 'throw', 'exit', 'hang']

/** One task, which succeeds, fails or hangs; its owner is told what became of it. */
export async function runTask(score: Score, random: () => number): Promise<void> {
  const fate = pick(FATES, random)
  const blow = async (): Promise<void> => {
    const task = await TaskSupervisor.asyncNolink(TASKS, job, fate)
    if (fate === 'hang') await Task.shutdown(task, 'brutal_kill')
    else {
      const [kind] = (await Task.yield(task, Infinity))!
      if (kind !== (fate === 'succeed' ? 'ok' : 'exit')) score.faults.push(`a task that was to ${fate} ended with ${kind}`)
    }
    if (fate !== 'succeed') score.kills++
  }
  await within(PATIENCE, blow(), () => `a task that was to ${fate} did not end within ${PATIENCE} ms`)
}
