// The report: its numbers, its verdict, its exit code.
import { expect, test } from '@jest/globals'
import { bytes, ms, percentile, plural } from '#demo/format'
import { exitCode, recoveryOf, reportLines, reportOf, type Ending, type Report } from '#demo/report'
import { parseOptions } from '#demo/options'
import { Scoreboard } from '#demo/scoreboard'
import { render } from '#demo/text'
import { restartsFor, workerNames } from '#demo/tree'

const digest = { bytes: 1_000_000, sha256: 'abc', gzip: 250_000 }

/** A run of one second with one file done; `change` does the rest. */
function report(verification: Report['verification'] | undefined, ended: Ending = 'complete', change: (board: Scoreboard) => void = () => undefined): Report {
  let now = 0
  const board = new Scoreboard(workerNames(2), () => now)
  board.ledger.add({ path: 'a', bytes: 1_000_000 })
  board.ledger.done(board.ledger.take()!, digest)
  change(board)
  now = 1000
  board.workIsOver('over')
  const facts = { directory: '/d', options: parseOptions([], { cores: 2, seed: 7 }), ended }
  return reportOf(board, { ...facts, verification: verification ?? { equal: true, digest: reportOf(board, { ...facts, verification: { skipped: '' } }).digest, different: [] } })
}

const text = (of: Report): string => reportLines(of).map((line) => render(line, Infinity, false)).join('\n')

test('all is well', () => {
  const well = report(undefined)
  expect(well).toMatchObject({ ok: true, bytes: 1_000_000, gzipBytes: 250_000, seconds: 1, bytesPerSecond: 1_000_000, files: { found: 1, done: 1, left: 0 } })
  expect(text(well)).toContain('nothing was lost: a plain single-threaded pass gives the same digest')
  expect(text(well)).toContain('1.0 MB, gzipped 250 kB (25 %)')
  expect(exitCode(well)).toBe(0)
})

test('a difference is told, with the paths, and is a failure', () => {
  const bad = report({ equal: false, digest: 'there', different: ['a'] })
  expect(text(bad)).toContain('different from a plain single-threaded pass: a\n')
  expect(exitCode(bad)).toBe(1)
})

test('a file that was given up is a failure, whatever the second pass says', () => {
  const bad = report(undefined, 'complete', ({ ledger }) => void ledger.givenUp.push({ path: 'po\x07ison', bytes: 1 }))
  expect(text(bad)).toContain('lost: 1 file killed whoever touched them: po?ison')
  expect(exitCode(bad)).toBe(1)
})

test('what the time did not suffice for is told and is no failure', () => {
  const cut = report({ skipped: 'as you wished' }, 'time', ({ ledger }) => ledger.add({ path: 'b', bytes: 1 }))
  expect(text(cut)).toContain('1 file found but not done when the time was up')
  expect(text(cut)).toContain('nothing was lost: each file handed out has its result; not compared with a second pass: as you wished')
  expect(exitCode(cut)).toBe(0)
})

test('an interrupted run is no success', () => {
  expect(exitCode(report({ skipped: 'interrupted' }, 'interrupted'))).toBe(130)
})

test('unreadable files are named', () => {
  const some = report(undefined, 'complete', (board) => board.skip('secret', 'EACCES'))
  expect(text(some)).toMatch(/unreadable +secret \(EACCES\)/)
})

test('recovery: the nearest rank, of those that came back', () => {
  const hit = (recovery?: number) => ({ at: 0, worker: 'w', blow: 'kill' as const, pid: '' as never, reason: 'killed', ...(recovery === undefined ? {} : { recovery }) })
  expect(recoveryOf([hit(30), hit(10), hit(20), hit()])).toEqual({ kills: 4, seenAs: ['killed'], p50: 20, p99: 30, max: 30 })
  expect(recoveryOf([])).toEqual({ kills: 0, seenAs: [], p50: undefined, p99: undefined, max: undefined })
  expect(percentile(Array.from({ length: 200 }, (_, i) => i + 1), 0.99)).toBe(198)
})

test('numbers read well', () => {
  expect([0, 999, 1000, 99_400, 99_500, 999_499, 999_500, 1e9, 5e15].map(bytes)).toEqual(['0 B', '999 B', '1.0 kB', '99.4 kB', '100 kB', '999 kB', '1.0 MB', '1.0 GB', '5000 TB'])
  expect([ms(0.4), ms(1041.5), plural(1, 'file'), plural(8121, 'file')]).toEqual(['0 ms', '1,042 ms', '1 file', '8,121 files'])
})

test('the supervisor is allowed more restarts than the monkey can cause', () => {
  for (const every of [10, 50, 300, 5000, 60_000]) expect(restartsFor(every)).toBeGreaterThan(5000 / every + 5)
})
