// The three counters under each strategy do what they do on Elixir: the logs recorded there are the expectation.
import { afterAll, describe, expect, test } from '@jest/globals'
import { linesOf, stopAll } from './run.js'
import { inOrder, lives, observed, opening, recorded, restarts } from './trace.js'

afterAll(stopAll)

const COUNTERS = ['One', 'Two', 'Three']

// On a busy machine starts take long. Under one_for_all Three still has to fail before One can, so it runs on its own, with
// a longer tick, and all four failures have to lie in one window.
const strategies = [
  ['one_for_one', ['--tick', '50', '--max-restarts', '1000']],
  ['rest_for_one', ['--tick', '50', '--max-restarts', '1000']],
  ['one_for_all', ['--tick', '100', '--max-seconds', '60']],
] as const

/** Holds at the failure after each of `failing` has failed, and three failures have been answered. */
function enough(failing: ReadonlySet<string>): (line: string) => boolean {
  const failed: string[] = []
  return (line) => {
    const who = /Child Counter\.(\w+) .* terminated$/.exec(line)?.[1]
    if (who === undefined) return false
    if (failed.length >= 3 && [...failing].every((one) => failed.includes(one))) return true
    failed.push(who)
    return false
  }
}

let others: Promise<unknown> = Promise.resolve()

describe.each(strategies)('%s', (strategy, options) => {
  const expected = recorded(strategy)
  const answers = new Map(restarts(expected).map((restart) => [restart.failed, restart]))
  const endsItself = strategy === 'one_for_all'
  const start = (): Promise<string[]> => linesOf('strategies', [strategy, ...options], endsItself ? undefined : enough(new Set(answers.keys())))
  const run = (endsItself ? others.then(start) : start()).then(observed)
  others = Promise.allSettled([others, run])

  test('starts the children in order, each when the one before it is up', async () => {
    expect(opening(await run)).toEqual(opening(expected))
  }, 60_000)

  test('restarts for each failure what Elixir restarts, in its order', async () => {
    const seen = restarts(await run)
    expect(seen).toEqual(seen.map(({ failed }) => answers.get(failed)))
    expect(new Set(seen.map(({ failed }) => failed))).toEqual(new Set(answers.keys()))
  })

  test('each counter prints in each life what it prints on Elixir', async () => {
    for (const who of COUNTERS) {
      // Under one_for_one everybody lives as long as it can.
      const [longest] = lives(recorded('one_for_one'), who).sort((a, b) => b.length - a.length)
      const seen = lives(await run, who)
      const known = seen.map((life) => life.slice(0, longest!.length))
      expect({ who, lives: known }).toEqual({ who, lives: known.map(({ length }) => longest!.slice(0, length)) })
    }
  })

  if (endsItself) {
    test('the fourth failure ends the supervisor', async () => {
      expect(inOrder(await run)).toEqual(inOrder(expected))
    })
  }
})
