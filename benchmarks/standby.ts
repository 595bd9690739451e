// A child with `standby: true` whose module takes 200 ms to import: from the kill to the first reply. Beside it the same
// child without standby, and a bare worker that is made again by its 'exit' listener.

import { setTimeout } from 'node:timers/promises'
import { Logger, Supervisor } from 'starfish'
import { crash, recoveries } from './crash.js'
import Slow from './fixtures/slow-module.js'
import { interleave, row, scaled, subject, type SubjectRow } from './harness.js'
import { under } from './row.js'

/** How long a new standby surely takes to boot and to import the module, in ms. */
const STANDBY_BOOTS = 400

const child = (name: string, standby: boolean) => ({ id: name, start: [Slow, null, { name }] as const, ...(standby && { standby }) })

async function measure(): Promise<SubjectRow[]> {
  Logger.configure({ level: 'silent' })
  const options = { strategy: 'one_for_one', maxRestarts: 1_000_000 } as const
  await using _ready = await Supervisor.startLink([child('ready', true)], options)
  await using _usual = await Supervisor.startLink([child('usual', false)], options)
  const kills = scaled(5, 2)
  const rest = (): Promise<void> => setTimeout(STANDBY_BOOTS)
  const { ours, usual } = await interleave(scaled(8, 1), {
    ours: recoveries(kills, rest, () => crash('ready', 'kill')),
    usual: recoveries(kills, rest, () => crash('usual', 'kill')),
  })
  const name = 'a module of 200 ms, kill'
  return [
    row(`${name}, p50`, 'ms', ours.median, { name: 'ours, without standby', value: usual.median, target: under(3, 'ms') }),
    row(`${name}, p99`, 'ms', ours.p99, { name: 'ours, without standby', value: usual.p99 }),
  ]
}

void subject('standby', () =>
  measure().catch((error: { code?: unknown }) => {
    if (error.code === 'ERR_BAD_CHILD_SPEC') return [] // no such option yet
    throw error
  }),
)
