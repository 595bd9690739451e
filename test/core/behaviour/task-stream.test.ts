// Streams of tasks against what they promise: how many run at once, how far the source is read, in which order the
// outcomes come. Which task is done next is left to chance.
import { afterAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Process, Task, type Outcome, type Pid } from 'starfish'
import { assertNoLeaks, captureLog, receive } from '@starfish/testing'
import { Announces, type Item } from '../fixtures/tasks.js'

afterAll(() => assertNoLeaks())

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const streams = fc.record({
  size: fc.nat(8),
  maxConcurrency: fc.integer({ min: 1, max: 5 }),
  ordered: fc.boolean(),
  /** Which of the tasks that run is done next, and whether it fails. */
  choices: fc.array(fc.tuple(fc.nat(), fc.boolean()), { minLength: 8, maxLength: 8 }),
})

/** What the stream still has to wait for, before the outcome of the first that is not done. */
const doneInARow = (done: ReadonlyMap<number, unknown>): number => {
  let n = 0
  while (done.has(n)) n++
  return n
}

test('whoever is done first, no more tasks run than may, the source is read no further than they need, and the order is as asked for', async () => {
  using _log = captureLog()
  await fc.assert(
    fc.asyncProperty(streams, async ({ size, maxConcurrency, ordered, choices }) => {
      let read = 0
      function* items(): Generator<Item> {
        while (read < size) yield { n: read++, owner: Process.self() }
      }
      const got: Outcome<number>[] = []
      const consumed = (async () => {
        for await (const outcome of Task.asyncStream(items(), Announces, { maxConcurrency, ordered })) got.push(outcome)
      })()
      const running = new Map<number, Pid>()
      const done = new Map<number, unknown>()
      for (const [choice, fails] of choices.slice(0, size)) {
        const given = ordered ? doneInARow(done) : done.size
        while (got.length < given) await turn()
        const begun = Math.min(size, done.size + maxConcurrency)
        while (done.size + running.size < begun) {
          const [, n, pid] = await receive('running')
          running.set(n as number, pid as Pid)
        }
        for (let i = 0; i < 8; i++) await turn() // in which it could read further
        expect(read).toBe(begun)
        const n = [...running.keys()][choice % running.size]!
        Process.send(running.get(n)!, fails ? 'fail' : 'go')
        running.delete(n)
        done.set(n, fails ? ['exit', ['error', expect.objectContaining({ message: `failed ${n}` })]] : ['ok', n * 10])
      }
      await consumed
      expect(got).toEqual(ordered ? [...done.keys()].toSorted((a, b) => a - b).map((n) => done.get(n)) : [...done.values()])
      await expect(Process.receive(undefined, { timeout: 0 })).rejects.toMatchObject({ code: 'ERR_RECEIVE_TIMEOUT' })
    }),
    { numRuns: 60, endOnFailure: true }, // what a failed run leaves behind would fail the next one as well
  )
}, 30_000)
