// Restarts: from the order to crash to the first reply of the next incarnation, by each way to die. Ours is supervised;
// the bare worker is started again by its 'exit' listener.

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

const milliseconds = async (crashes: number, once: () => Promise<void>): Promise<number[]> => (await latencies(crashes, once)).map((us) => us / 1000)

void subject('restart', async () => {
  Logger.configure({ level: 'silent' })
  await using _tree = await Supervisor.startLink([[Mortal, null]], { strategy: 'one_for_one', maxRestarts: 1_000_000 })
  const bare = new BareMortal()
  const crashes = scaled(8, 3)
  const rows = []
  for (const how of ['throw', 'exit', 'kill'] as const) {
    const { ours, other } = await interleave(scaled(15, 2), {
      ours: () => milliseconds(crashes, () => crashOurs(how)),
      other: () => milliseconds(crashes, () => bare.crash(how)),
    }, scaled(1, 0))
    const name = how === 'exit' ? 'process.exit' : how
    rows.push(
      row(`after ${name}, p50`, 'ms', ours.median, { name: 'bare, by hand', value: other.median, target: under(3, 'ms') }),
      row(`after ${name}, p99`, 'ms', ours.p99, { name: 'bare, by hand', value: other.p99, target: under(10, 'ms') }),
    )
  }
  await bare.stop()
  return rows
})
