// one_for_all of ten children, each in its thread: from the kill of one to replies from all ten. With a spare for each,
// and with the one spare that is kept by default.

import { GenServer, Logger, type Pid, Process, Supervisor } from 'starfish'
import { crash, reborn, recoveries, rest } from './crash.js'
import { Elixir } from './elixir.js'
import { BareMortals } from './fixtures/bare-mortals.js'
import Mortal from './fixtures/mortal.js'
import { compare, interleave, scaled, subject } from './harness.js'
import { atMost } from './row.js'

const MEMBERS = Array.from({ length: 10 }, (_, i) => `member ${i}`)
const specs = MEMBERS.map((name) => ({ id: name, start: [Mortal, null, { name }] as const }))

/** Kills the first; resolves when all have answered whose predecessors are gone. */
async function crashAll(): Promise<void> {
  const before = MEMBERS.map((name) => Process.whereis(name)!)
  const ends = before.map((pid) => end(pid))
  Process.exit(before[0], 'kill')
  await Promise.all(MEMBERS.map((name, i) => ends[i]!.then(() => reborn(name, before[i]!))))
}

async function end(pid: Pid): Promise<void> {
  const ref = Process.monitor(pid)
  await Process.receive((message) => message[1] === ref)
}

void subject('one-for-all', async () => {
  Logger.configure({ level: 'silent' })
  await using _all = await Supervisor.startLink(specs, { strategy: 'one_for_all', maxRestarts: 1_000_000 })
  await using _one = await Supervisor.startLink([[Mortal, null]], { strategy: 'one_for_one', maxRestarts: 1_000_000 })
  await Promise.all(MEMBERS.map((name) => GenServer.call(name, 'whoAreYou')))
  const bareMortals = new BareMortals(MEMBERS.length)
  const elixir = await Elixir.start('one-for-all')

  const kills = scaled(3, 1)
  const contest = async (spares: number) => {
    Process.configure({ spares })
    return interleave(scaled(8, 1), {
      ours: recoveries(kills, rest, crashAll),
      one: recoveries(kills, rest, () => crash('Mortal', 'kill')),
      bare: recoveries(kills, rest, () => bareMortals.crash('kill')),
      elixir: elixir?.round('kill', kills),
    })
  }
  const [ten, usual] = [await contest(MEMBERS.length), await contest(1)]

  await elixir?.stop()
  await bareMortals.stop()
  return [
    ...compare('ten children, a spare each', 'ms', ten, { one: { name: 'one child, a spare', target: atMost(2) }, bare: { name: 'bare, by hand' }, elixir: { name: 'Elixir' } }),
    ...compare('ten children, one spare', 'ms', usual, { one: { name: 'one child, a spare' }, bare: { name: 'bare, by hand' } }),
  ]
})
