// Memory: what does each of 200 supervised children add to a program?

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Elixir } from './elixir.js'
import { fixture } from './fixtures/bare-client.js'
import { compare, interleave, type Round, scaled, subject } from './harness.js'
import { atMost } from './row.js'

const CHILDREN = scaled(200, 20)

/** The MB, in a program of their own. */
const footprint = (kind: 'ours' | 'bare'): Round => async () => {
  const child = fork(fixture('footprint'), [kind, String(CHILDREN)])
  const [mb] = (await once(child, 'message')) as [number]
  await once(child, 'exit')
  return [mb]
}

void subject('memory', async () => {
  const elixir = await Elixir.start('memory')
  const samples = await interleave(scaled(5, 1), { ours: footprint('ours'), bare: footprint('bare'), elixir: elixir?.round('children', CHILDREN) }, 0)
  await elixir?.stop()
  return compare(`each of ${CHILDREN} children`, 'MB', samples, { bare: { name: 'new Worker', target: atMost(1.15) }, elixir: { name: 'Elixir' } })
})
