// The three counters under each strategy do what they do on Elixir: the logs recorded there are the expectation.
import { afterAll, describe, expect, test } from '@jest/globals'
import { linesOf, stopAll } from './run.js'
import { inOrder, lives, observed, recorded, restarts } from './trace.js'

afterAll(stopAll)

const COUNTERS = ['One', 'Two', 'Three']
const OPENING = 9 // each of the three starting, at state 0, started

// On a busy machine starts take long. Under one_for_all, Three still has to fail before One can, and four failures must lie
// in one window.
const strategies = [
  ['one_for_one', ['--tick', '50', '--max-restarts', '1000']],
  ['rest_for_one', ['--tick', '50', '--max-restarts', '1000']],
  ['one_for_all', ['--tick', '100', '--max-seconds', '60']],
] as const
const grantsThree = (options: readonly string[]): boolean => !options.includes('--max-restarts')

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

describe.each(strategies)('%s', (strategy, options) => {
  const expected = recorded(strategy)
  const answers = new Map(restarts(expected).map((restart) => [restart.failed, restart]))
  const run = linesOf('strategies', [strategy, ...options], grantsThree(options) ? undefined : enough(new Set(answers.keys()))).then(observed)

  test('starts the children in order, each when the one before it is up', async () => {
    expect(inOrder(await run).slice(0, OPENING)).toEqual(inOrder(expected).slice(0, OPENING))
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
      expect({ who, lives: seen }).toEqual({ who, lives: seen.map(({ length }) => longest!.slice(0, length)) })
    }
  })

  if (grantsThree(options)) {
    test('the fourth failure ends the supervisor', async () => {
      expect(inOrder(await run)).toEqual(inOrder(expected))
    })
  }
})
