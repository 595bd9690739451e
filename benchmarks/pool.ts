// Tasks in a pool of two threads: what does the supervision of a pool cost beside the piscina that runs its threads?

import { Piscina } from 'piscina'
import { Logger } from 'starfish'
import * as Pool from '@starfish/pool'
import { fixture } from './fixtures/bare-client.js'
import Tasks from './fixtures/pool.js'
import { inFlight, interleave, latencies, type Round, row, scaled, subject, timed } from './harness.js'

const TASKS = 200
const LANES = 100
const THREADS = { minThreads: 2, maxThreads: 2 }

type Run = () => Promise<number>

/** A task ends all threads that there are; how long until the next one is done? */
const recovery = (exit: () => Promise<unknown>, run: Run): Round => () =>
  timed(async () => {
    await Promise.allSettled([exit(), exit()])
    await run()
  })

void subject('pool', async () => {
  Logger.configure({ level: 'silent' }) // each death would be told
  await using pool = await Pool.startLink(Tasks, THREADS)
  const piscina = new Piscina<number, number>({ filename: fixture('task-counter'), ...THREADS })
  const run: Record<'ours' | 'piscina', Run> = { ours: () => Pool.run(pool, ['default', 1]), piscina: () => piscina.run(1) }
  const exit = { ours: () => Pool.run(pool, 'exit'), piscina: () => piscina.run(0, { name: 'exit' }) }

  const single = await interleave(scaled(100, 5), { ours: () => latencies(TASKS, run.ours), piscina: () => latencies(TASKS, run.piscina) }, 3)
  const many = await interleave(scaled(25, 3), { ours: inFlight(LANES, 4000, run.ours), piscina: inFlight(LANES, 4000, run.piscina) }, 2)
  const back = await interleave(scaled(25, 3), { ours: recovery(exit.ours, run.ours), piscina: recovery(exit.piscina, run.piscina) })
  await piscina.destroy()
  return [
    row('an empty task, p50', 'µs', single.ours.median, { name: 'piscina', value: single.piscina.median }),
    row(`empty tasks, ${LANES} in flight`, 'tasks/s', many.ours.median, { name: 'piscina', value: many.piscina.median }),
    row('all threads exit, next task done, p50', 'ms', back.ours.median, { name: 'piscina', value: back.piscina.median }),
  ]
})
