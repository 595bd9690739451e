// The program under torture: one live tree, in which one process after another dies, while a bystander is called all the time.
// Says in lines of JSON what became of each. It takes what is left to die of as words: numbers of PLANS.

import { type CallError, GenServer, Logger, ok, Process, Supervisor } from 'starfish'
import type { Fate } from './fate.js'
import { PLANS, type Plan } from './plan.js'
import Victim, { Bystander } from './victim.js'

/** A call that takes longer than this does not settle, in ms. */
const PATIENCE = 25_000

const Missing = GenServer.define(`${__dirname}/missing.js`, { init: () => ok(0) })

type Settled = readonly [how: string, ms: number]

/** How a promise settles, and after how long. */
async function settle(promise: Promise<unknown>): Promise<Settled> {
  const begun = performance.now()
  const how = await promise.then((value) => `answered ${String(value)}`, (error: CallError) => shortly(error.reason ?? error.message))
  return [how, performance.now() - begun]
}

/** A reason in a few words. */
function shortly(reason: unknown): string {
  if (!Array.isArray(reason)) return String(reason)
  const [what, detail] = reason as [string, unknown]
  if (typeof detail !== 'object' || detail === null) return `${what} ${String(detail)}`
  return `${what}: ${(detail as { code?: string; message: string }).code ?? (detail as Error).message}`
}

const optionsOf = ({ isolation, maxHandlerTime, heap, maxOldSpace }: Plan): object => ({
  isolation,
  ...(maxHandlerTime === undefined ? {} : { maxHandlerTime }),
  thread: { stderr: true, ...(heap === undefined ? {} : { heap: { hard: heap } }), ...(maxOldSpace === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: maxOldSpace } }) },
})

async function endure(plan: Plan): Promise<Fate> {
  const { way } = plan
  const fate = (told: Settled, queued: string, back: number | undefined): Fate => ({ way, isolation: plan.isolation, reason: told[0], told: told[1], queued, back })
  if (way === 'an init that never returns') return fate(await settle(GenServer.start(Victim, 'never ready', { ...optionsOf(plan), name: null, timeout: 500 })), '–', undefined)
  if (way === 'a module that is missing') return fate(await settle(GenServer.start(Missing, undefined, { ...optionsOf(plan) })), '–', undefined)

  await using _supervisor = await Supervisor.startLink([{ id: 'victim', start: [Victim, 'ready'], ...optionsOf(plan) }], { strategy: 'one_for_one', maxRestarts: 10 })
  await GenServer.call(Victim, 'alive', { timeout: PATIENCE })
  const before = Process.whereis('Victim')!
  const dying = settle(GenServer.call(before, way === 'kill' ? 'wait' : ['die', way], { timeout: PATIENCE }))
  const queued = settle(GenServer.call(before, 'alive', { timeout: PATIENCE }))
  if (way === 'kill') {
    await queued
    Process.exit(before, 'kill')
  }
  const told = await dying
  const begun = performance.now()
  while ((await GenServer.call(Victim, 'alive', { timeout: PATIENCE }).catch(() => undefined)) !== 'alive');
  return fate(told, (await queued)[0], performance.now() - begun)
}

async function main(): Promise<void> {
  Logger.configure({ level: 'silent' })
  await using _tree = await Supervisor.startLink([Bystander], { strategy: 'one_for_one' })
  let bumps = 0
  let longest = 0
  let isOver = false
  const bystanding = (async () => {
    while (!isOver) {
      const begun = performance.now()
      const count = await GenServer.call(Bystander, 'bump', { timeout: PATIENCE })
      if (count !== ++bumps) throw new Error(`the bystander was at ${String(count)} instead of ${bumps}`)
      longest = Math.max(longest, performance.now() - begun)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })()
  for (const number of process.argv.slice(2)) {
    const fate = await endure(PLANS[Number(number)]!)
    console.log(JSON.stringify(fate))
  }
  isOver = true
  await bystanding
  console.log(JSON.stringify({ uptime: process.uptime(), bumps, longest, zombies: Process.zombies().length }))
}

void main()
