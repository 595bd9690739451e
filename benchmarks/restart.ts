// Restarts: from the order to crash to the first reply of the next incarnation, by each way to die. Ours is supervised,
// with a warm spare and without; the bare worker is made again by its 'exit' listener; pools replace their threads.

import { Piscina } from 'piscina'
import { Logger, Process, Supervisor } from 'starfish'
import { pool as workerpool } from 'workerpool'
import { crash, recoveries, rest } from './crash.js'
import { Elixir } from './elixir.js'
import { fixture } from './fixtures/bare-client.js'
import { BareMortals } from './fixtures/bare-mortals.js'
import Mortal from './fixtures/mortal.js'
import { compare, interleave, row, scaled, subject } from './harness.js'
import { under } from './row.js'

const noPause = async (): Promise<void> => undefined

void subject('restart', async () => {
  Logger.configure({ level: 'silent' })
  await using _tree = await Supervisor.startLink([[Mortal, null]], { strategy: 'one_for_one', maxRestarts: 1_000_000 })
  const bareMortals = new BareMortals(1)
  const elixir = await Elixir.start('restart')

  const piscina = new Piscina<number, number>({ filename: fixture('task-counter'), minThreads: 1, maxThreads: 1 })
  const pool = workerpool(fixture('workerpool-counter'), { minWorkers: 1, maxWorkers: 1, workerType: 'thread' })
  // Of the five, these two tell the caller and replace the thread.
  const replaced = {
    piscina: async () => {
      await piscina.run(1, { name: 'exit' }).catch(() => undefined)
      await piscina.run(1)
    },
    workerpool: async () => {
      await Promise.resolve(pool.exec('exit', [])).catch(() => undefined)
      await pool.exec('bump', [1])
    },
  }

  const crashes = scaled(10, 2)
  const rows = []
  for (const [spares, spare, rounds] of [[1, 'warm spare', scaled(12, 2)], [0, 'no spare', scaled(6, 1)]] as const) {
    Process.configure({ spares })
    const ready = spares > 0 ? rest : noPause
    for (const how of ['throw', 'exit', 'kill'] as const) {
      const peers = spares > 0 && how === 'exit'
      const ours = recoveries(crashes, ready, () => crash('Mortal', how))
      const samples = await interleave(rounds, {
        ours: async () => {
          const recovered = await ours()
          await ready() // a spare that boots would be in the way of whoever is next
          return recovered
        },
        bare: recoveries(crashes, noPause, () => bareMortals.crash(how)),
        piscina: peers ? recoveries(crashes, noPause, replaced.piscina) : undefined,
        workerpool: peers ? recoveries(crashes, noPause, replaced.workerpool) : undefined,
        elixir: spares > 0 ? elixir?.round(how, crashes) : undefined,
      }, scaled(1, 0))
      const name = `${how === 'exit' ? 'process.exit' : how}, ${spare}`
      if (spares === 0) rows.push(...compare(`${name}, p50`, 'ms', samples, { bare: { name: 'bare, by hand' } }))
      else rows.push(
        ...compare(`${name}, p50`, 'ms', samples, { bare: { name: 'bare, by hand', target: under(3, 'ms') }, piscina: {}, workerpool: {}, elixir: { name: 'Elixir' } }),
        row(`${name}, p99`, 'ms', samples.ours.p99, { name: 'bare, by hand', value: samples.bare.p99, target: under(10, 'ms') }),
      )
    }
  }
  await elixir?.stop()
  await bareMortals.stop()
  return rows
})
