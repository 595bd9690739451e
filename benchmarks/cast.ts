// Casts: how many one sender gets through, until the last one is handled.

import { GenServer } from 'starfish'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Elixir } from './elixir.js'
import { pingPong, startBare } from './fixtures/bare-client.js'
import Counter from './fixtures/counter.js'
import { compare, interleave, rate, scaled, subject } from './harness.js'
import { atLeast } from './row.js'

/** Sends all at once, or `perTurn` in each turn of the event loop. */
async function send(casts: number, perTurn: number, one: () => void): Promise<void> {
  for (let sent = 0; sent < casts; sent++) {
    if (sent > 0 && sent % perTurn === 0) await nextTurn()
    one()
  }
}

void subject('cast', async () => {
  await using _counter = await GenServer.startLink(Counter, 0)
  const ours = (): void => void GenServer.cast(Counter, ['add', 1])
  const oursHandled = (): Promise<number> => GenServer.call(Counter, 'get')

  const worker = await startBare('bare-counter')
  const bare = (): void => worker.postMessage({ by: 1 })
  const bareHandled = pingPong(worker)

  const elixir = await Elixir.start('cast')

  const casts = scaled(100_000, 30_000)
  const rounds = scaled(25, 4)
  const inTurns = (perTurn: number) => () => rate(casts, () => send(casts, perTurn, ours).then(oursHandled))
  const contest = (perTurn: number) =>
    interleave(rounds, { ours: inTurns(perTurn), bare: () => rate(casts, () => send(casts, perTurn, bare).then(bareHandled)) }, 2)
  const burst = await contest(casts)
  const turns = await contest(100)
  // A process of Elixir has no turns. Without bare: what its 100,000 posts at once leave to be tidied up, the next round pays for.
  const twins = await interleave(rounds, { ours: inTurns(casts), elixir: elixir?.round('cast', casts) }, 2)
  await elixir?.stop()
  await worker.terminate()

  const name = 'bare postMessage'
  return [
    ...compare('all in one turn', 'casts/s', burst, { bare: { name, floor: atLeast(2), target: atLeast(5) } }),
    ...compare('all in one turn', 'casts/s', twins, { elixir: { name: 'Elixir', target: atLeast(1) } }),
    ...compare('100 in each turn', 'casts/s', turns, { bare: { name } }),
  ]
})
