// A child with `standby: true` whose module takes 200 ms to import: from the kill to the first reply. Beside it a bare worker
// with such a module, made again by its 'exit' listener, and the same child without standby.

import { setTimeout } from 'node:timers/promises'
import { Logger, Supervisor } from 'starfish'
import { crash, recoveries } from './crash.js'
import { BareMortals } from './fixtures/bare-mortals.js'
import Slow from './fixtures/slow-module.js'
import { compare, interleave, scaled, subject } from './harness.js'
import { under } from './row.js'

/** How long a new standby surely takes to boot and to import the module, in ms. */
const STANDBY_BOOTS = 400

const child = (name: string, standby: boolean) => ({ id: name, start: [Slow, null, { name }] as const, ...(standby && { standby }) })

void subject('standby', async () => {
  Logger.configure({ level: 'silent' })
  const options = { strategy: 'one_for_one', maxRestarts: 1_000_000 } as const
  await using _ready = await Supervisor.startLink([child('ready', true)], options)
  await using _usual = await Supervisor.startLink([child('usual', false)], options)
  const bareMortals = new BareMortals(1, 'bare-slow-module')
  const rest = (): Promise<void> => setTimeout(STANDBY_BOOTS)
  const samples = await interleave(scaled(8, 1), {
    ours: recoveries(scaled(4, 2), rest, () => crash('ready', 'kill')),
    bare: recoveries(1, rest, () => bareMortals.crash('kill')),
    usual: recoveries(1, rest, () => crash('usual', 'kill')),
  })
  await bareMortals.stop()
  return compare('a module of 200 ms, kill, p50', 'ms', samples, { bare: { name: 'bare, by hand', target: under(3, 'ms') }, usual: { name: 'ours, without standby' } })
})
