// The counter of the first seed prints what it prints on Elixir.
import { afterAll, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { linesOf, stopAll } from './run.js'

afterAll(stopAll)

test('the counter counts to 3, is killed under its supervisor, and is back at 0 with another pid', async () => {
  const lines = await linesOf('counter-main', [])
  const recorded = readFileSync(resolve(__dirname, '../../examples/recorded/counter.txt'), 'utf8').split('\n')
  // What the recording says last, that a call right after the kill fails, holds on Elixir only: ours waits.
  const theirs = recorded.filter((line) => line !== '' && !line.startsWith('call by name'))
  expect(lines.filter((line) => theirs.includes(line))).toEqual(theirs)
  const [before, after] = lines.flatMap((line) => /pid: (#PID<0\.\d+\.\d+>)$/.exec(line)?.[1] ?? [])
  expect(after).toMatch(/^#PID/)
  expect(after).not.toBe(before)
  expect(lines.filter((line) => line.endsWith(' terminated'))).toEqual([expect.stringContaining('[error] Child Counter of Supervisor')])
})
