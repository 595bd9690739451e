// Restarts: from the order to crash to the first reply of the next incarnation, by each way to die. Ours is supervised,
// with a warm spare and without; the bare worker is started again by its 'exit' listener.

import { setTimeout } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { GenServer, Logger, Process, Supervisor } from 'starfish'
import { fixture } from './fixtures/bare-client.js'
import Mortal from './fixtures/mortal.js'
import { interleave, latencies, row, scaled, subject } from './harness.js'
import { under } from './row.js'

type Death = 'throw' | 'exit' | 'kill'

async function crashOurs(how: Death): Promise<void> {
  const before = Process.whereis(Mortal)!
  if (how === 'kill') Process.exit(before, 'kill')
  else GenServer.cast(Mortal, how)
  // The first question may reach the one that is dying, and fails when it dies. By name, the next waits for the restart.
  while ((await GenServer.call(Mortal, 'whoAreYou').catch(() => before)) === before);
}

class BareMortal {
  worker = this.start()
  private answered = (): void => undefined
  private stopped = false

  private start(): Worker {
    const worker = new Worker(fixture('bare-mortal'))
    worker.on('message', () => this.answered())
    worker.on('error', () => undefined) // 'exit' follows
    worker.on('exit', () => {
      if (this.stopped) return
      this.worker = this.start()
      this.worker.postMessage('who are you?')
    })
    return worker
  }

  crash(how: Death): Promise<void> {
    return new Promise((resolve) => {
      this.answered = resolve
      if (how === 'kill') void this.worker.terminate()
      else this.worker.postMessage(how)
    })
  }

  async stop(): Promise<void> {
    this.stopped = true
    await this.worker.terminate()
  }
}

/** How long a new spare surely takes to boot, in ms. Nobody hears of it. */
const SPARE_BOOTS = 80

/** The ms from crash to reply, `crashes` times, each after a pause. */
async function measure(crashes: number, pause: number, crash: () => Promise<void>): Promise<number[]> {
  const samples: number[] = []
  for (let i = 0; i < crashes; i++) {
    await setTimeout(pause)
    const [us] = (await latencies(1, crash)) as [number]
    samples.push(us / 1000)
  }
  return samples
}

void subject('restart', async () => {
  Logger.configure({ level: 'silent' })
  await using _tree = await Supervisor.startLink([[Mortal, null]], { strategy: 'one_for_one', maxRestarts: 1_000_000 })
  const bareMortal = new BareMortal()
  const crashes = scaled(6, 2)
  const rows = []
  for (const [spares, spare, pause] of [[1, 'warm spare', SPARE_BOOTS], [0, 'no spare', 0]] as const) {
    Process.configure({ spares })
    for (const how of ['throw', 'exit', 'kill'] as const) {
      const { ours, bare } = await interleave(scaled(10, 2), {
        ours: () => measure(crashes, pause, () => crashOurs(how)),
        bare: () => measure(crashes, pause, () => bareMortal.crash(how)),
      }, scaled(1, 0))
      const name = `${how === 'exit' ? 'process.exit' : how}, ${spare}`
      const [p50, p99] = spares > 0 ? [{ target: under(3, 'ms') }, { target: under(10, 'ms') }] : [{}, {}]
      rows.push(
        row(`${name}, p50`, 'ms', ours.median, { name: 'bare, by hand', value: bare.median, ...p50 }),
        row(`${name}, p99`, 'ms', ours.p99, { name: 'bare, by hand', value: bare.p99, ...p99 }),
      )
    }
  }
  await bareMortal.stop()
  return rows
})
