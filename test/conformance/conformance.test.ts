// A sample of the recorded scenarios, run on Starfish: the logs are those of real Elixir. `npm run conformance` runs all.
import { afterAll, describe, expect, test } from '@jest/globals'
import { assertNoLeaks } from '@starfish/testing'
import { families } from './driver/families/index.js'
import { check, type Recorded, recorded } from './driver/recorded.js'

/** How many scenarios of each family are run: spread over the whole list, those that wait for seconds left out. */
const SAMPLE: Record<string, number> = { sup: 10, gs: 5, proc: 5, reg: 4, task: 4 }

function sample(family: string): Recorded[] {
  const quick = recorded(family).filter(({ scenario }) => {
    const text = JSON.stringify(scenario)
    return !/"op":"sleep"|"start_timeout"/.test(text) && families[family]!.missing(scenario) === undefined
  })
  const wanted = SAMPLE[family]!
  return Array.from({ length: wanted }, (_, i) => quick[Math.floor((i * quick.length) / wanted)]!)
}

describe.each(Object.keys(families))('%s', (family) => {
  test.each(sample(family).map((one) => [one.scenario.id, one] as const))('%s', async (_id, one) => {
    expect((await check(one, 'thread')).differences).toEqual([])
  }, 30_000)
})

afterAll(() => assertNoLeaks())
