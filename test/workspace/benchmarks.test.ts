// The benchmarks run, and what they print is what benchmarks/README.md says.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, jest, test } from '@jest/globals'
import { atLeast, atMost, over, under } from '#benchmarks/row'
import { isFlat, trend } from '#benchmarks/soak/trend'
import { judge } from '#benchmarks/soak/verdict'
import { questionOf, SUBJECTS } from '#benchmarks/subjects'

/** How long a program may take, in ms: they boot many threads, and a machine may be busy. */
const PATIENCE = 120_000

const root = resolve(__dirname, '../../../benchmarks')
const run = (file: string) => (...words: string[]) => spawnSync(process.execPath, [resolve(root, 'dist', file), ...words], { encoding: 'utf8' })
const [bench, soak] = [run('run.js'), run('soak/soak.js')]

test('a subject gives its rows as JSON, and nothing else on stdout', () => {
  const { stdout, status } = bench('transfer', '--quick', '--json')
  expect(status).toBe(0)
  const rows = JSON.parse(stdout) as Record<string, unknown>[]
  expect(rows.map(({ otherName }) => otherName)).toEqual(['bare transfer', 'piscina', 'tinypool', 'workerpool', 'comlink', 'bare transfer'])
  for (const row of rows) {
    expect(row).toMatchObject({ subject: 'transfer', unit: 'µs' })
    for (const key of ['ours', 'other', 'ratio']) expect(row[key]).toBeGreaterThan(0)
  }
  expect(rows[0]).toMatchObject({ name: '8 MB there and back, p50', target: '≤ 1.2 ×', met: (rows[0]!['ratio'] as number) <= 1.2 })
  expect(rows[5]).toMatchObject({ name: '8 MB there and back, p99', target: null, met: null })
}, PATIENCE)

test('each subject is a file, and the README says what it asks', () => {
  const readme = readFileSync(resolve(root, 'README.md'), 'utf8')
  const told = [...readme.matchAll(/^\| `([\w-]+)` \| (.*) \|$/gm)].map(([, name, question]) => [name, question])
  expect(told).toEqual(SUBJECTS.map((name) => [name, questionOf(name)]))
  for (const name of SUBJECTS) expect(existsSync(resolve(root, `${name}.ts`))).toBe(true)
})

test('the page has the places that --save fills', () => {
  const page = readFileSync(resolve(root, '../docs/benchmarks.md'), 'utf8')
  for (const name of ['targets on Node 20', 'targets on Node 26', 'rows on Node 20']) expect(page).toMatch(new RegExp(`<!-- ${name} -->\\n[^]*<!-- end of ${name} -->`))
})

test('a subject or a flag that does not exist is refused, with those that do', () => {
  const { stderr, status } = bench('cal', '--fast')
  expect(status).toBe(1)
  expect(stderr).toContain(`expected subjects (${SUBJECTS.join(', ')}) and --quick, --json, --save, got --fast cal`)
})

test.each([[['--save', '--quick']], [['--save', 'call']]])('a page is not made with %j', (words) => {
  const { stderr, status } = bench(...words)
  expect(status).toBe(1)
  expect(stderr).toContain('expected --save with all subjects and without --quick')
})

test.each([
  [atMost(1.3), { ours: 13, other: 10, ratio: 1.3 }, { ours: 13.1, other: 10, ratio: 1.31 }],
  [atLeast(4), { ours: 40, other: 10, ratio: 4 }, { ours: 39, other: 10, ratio: 3.9 }],
  [under(3, 'ms'), { ours: 3, other: 1, ratio: 3 }, { ours: 3.1, other: 30, ratio: 0.1 }],
  [over(5, 'ms'), { ours: 25, other: 20, ratio: 1.25 }, { ours: 25.1, other: 20, ratio: 1.26 }],
])('%j is met, and is not', (target, met, short) => {
  expect(target.met(met)).toBe(true)
  expect(target.met(short)).toBe(false)
})

test('a soak crashes its tree, asks everybody again, and does not judge a short run', () => {
  const { stdout, status } = soak('--kills', '4')
  expect(stdout).toMatch(/^all +\d+ times +p50 +[\d.]+ /m)
  expect(stdout).toMatch(/^FAIL: \d+ kills, \d+ restarts, 0 faults, too short a run to judge$/m)
  expect(status).toBe(1)
}, PATIENCE)

test.each([
  ['what stands still', [5, 5, 5, 5, 5, 5], 0, true],
  ['what goes up and down', [9, 9, 10, 11, 11, 10], 0, true],
  ['what grew only at first', [1, 5, 9, 9, 9, 9, 9, 9, 9], 0, true],
  ['what falls', [9, 8, 7, 6, 5, 4], -3, true],
  ['what grows', [100, 101, 102, 103, 104, 105], 3, false],
  ['what grows by less than the bound', [100, 100.5, 101, 101.5, 102, 102.5], 1.5, true],
])('the trend of %s', (_, samples, growth, flat) => {
  const found = trend(samples)
  expect(found.growth).toBeCloseTo(growth, 5)
  expect(isFlat(found, { share: 0.02 })).toBe(flat)
})

const KB = 1 / 1024
const STILL = { rss: 200, heap: 5, workerHeap: 2.5, handles: 16, workerHandles: 1, files: 80, threads: 20 }

/** What a soak of 1,500 kills would read that grows by so much with each. */
const growing = (perKill: Partial<typeof STILL>) =>
  Array.from({ length: 40 }, (_, i) => {
    const growth = (key: keyof typeof STILL): number => Math.floor(((perKill[key] ?? 0) * 1500 * i) / 40 / KB) * KB
    return Object.fromEntries(Object.entries(STILL).map(([key, value]) => [key, value + growth(key as keyof typeof STILL)])) as typeof STILL
  })

test.each([
  ['nothing', {}, 'nothing grows'],
  ['1 KB of the heap', { heap: KB }, 'not flat'],
  ['1 KB in a worker', { workerHeap: KB }, 'not flat'],
  ['30 KB of resident memory', { rss: 30 * KB }, 'not flat'],
  ['a handle in 100', { handles: 0.01 }, 'not flat'],
  ['a port of a worker in 100', { workerHandles: 0.01 }, 'not flat'],
  ['a file in 100', { files: 0.01 }, 'not flat'],
  ['a thread in 100', { threads: 0.01 }, 'not flat'],
])('the verdict over a soak that loses %s a kill', (_, perKill, verdict) => {
  const told = jest.spyOn(console, 'log').mockImplementation(() => undefined)
  expect(judge(growing(perKill), 1500)).toBe(verdict)
  told.mockRestore()
})
