// The demo as a program: started, watched, interrupted.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Report } from '#demo/report'

jest.setTimeout(30_000)

const MAIN = resolve(__dirname, '../../../packages/demo/dist/main.js')

const contents = new Map<string, Buffer>([
  ['empty', Buffer.alloc(0)],
  ['naïve 日本 \n.txt', Buffer.from('a name with a line break')],
  [join('deep', 'er', 'three'), Buffer.from('three')],
  ['noise', randomBytes(3 << 20)],
  ...Array.from({ length: 12 }, (_, i): [string, Buffer] => [`many-${i}`, Buffer.from(`file ${i}\n`.repeat(2000))]),
])

let base: string
let tree: string
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'starfish-demo-'))
  tree = join(base, 'tree')
  mkdirSync(join(tree, 'deep', 'er'), { recursive: true })
  mkdirSync(join(base, 'empty'))
  for (const [path, content] of contents) writeFileSync(join(tree, path), content)
  symlinkSync('..', join(tree, 'up'))
  symlinkSync('nowhere', join(tree, 'dangling'))
})
const running = new Set<ChildProcess>()
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
  rmSync(base, { recursive: true })
})

function start(...args: string[]): ChildProcess {
  const { STARFISH_LOG: _, ...env } = process.env
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = start(...args)
  const [[code], out, err] = await Promise.all([once(child, 'close') as Promise<[number]>, text(child.stdout!), text(child.stderr!)])
  return { code, out, err }
}

test('under chaos every file has its result: the second pass agrees, and so does a run in peace', async () => {
  const [wild, calm] = await Promise.all([
    run(tree, '--json', '--workers', '2', '--every', '50', '--seed', '7', '--seconds', '60'),
    run(tree, '--json', '--no-chaos', '--no-verify'),
  ])
  const report = JSON.parse(wild.out) as Report
  expect(report.verification).toEqual({ equal: true, digest: report.digest, different: [] })
  expect(report).toMatchObject({
    ended: 'complete', ok: true, files: { found: contents.size, done: contents.size, left: 0 },
    bytes: [...contents.values()].reduce((sum, { length }) => sum + length, 0),
    skipped: { symlinks: 2, special: 0 }, unreadable: [], lost: [],
  })
  expect(report.recovery.all.kills).toBe(report.restarts - report.slow)
  expect(wild.code).toBe(0)
  expect(wild.err).toContain('2 workers · a kill every 50 ms · seed 7')
  expect(JSON.parse(calm.out)).toMatchObject({ chaos: false, recovery: { all: { kills: 0 } }, ok: true, digest: report.digest, verification: { skipped: 'as you wished' } })
})

test('this repository’s own node_modules, for a moment: what was done is verified, the rest is told', async () => {
  const { code, out } = await run('--plain', '--seconds', '0.4', '--every', '50')
  expect(out).toContain('nothing was lost: a plain single-threaded pass gives the same digest')
  expect(out).toMatch(/files? found but not done when the time was up/)
  expect(code).toBe(0)
})

test('the first files only', async () => {
  const { code, out } = await run(tree, '--json', '--files', '5')
  expect(JSON.parse(out)).toMatchObject({ ended: 'complete', files: { found: 5, done: 5 }, verification: { equal: true } })
  expect(code).toBe(0)
})

test('an empty directory is fine', async () => {
  const { code, out } = await run(join(base, 'empty'), '--json')
  expect(JSON.parse(out)).toMatchObject({ ok: true, files: { found: 0, done: 0 }, verification: { equal: true } })
  expect(code).toBe(0)
})

test.each([
  [['missing'], 1, /^demo: .*missing does not exist\n$/],
  [[MAIN], 1, /^demo: .*main\.js is not a directory\n$/],
  [['--workers', 'two'], 2, /^demo: expected --workers to be a whole number .*\nTry --help\.\n$/],
])('%j is refused with exit code %d', async (args, expected, message) => {
  const { code, err, out } = await run(...args)
  expect(err).toMatch(message)
  expect(out).toBe('')
  expect(code).toBe(expected)
})

test('--help', async () => {
  const { code, out } = await run('--help')
  expect(out).toContain('Usage: npm start')
  expect(code).toBe(0)
})

test.each([['SIGINT', 130], ['SIGTERM', 143]] as const)('%s ends it in order, with code %d', async (signal, expected) => {
  const child = start('--plain', '--every', '50', '--seconds', '60')
  let out = ''
  child.stdout!.setEncoding('utf8')
  for await (const chunk of child.stdout! as AsyncIterable<string>) {
    // In the midst of it: somebody has been killed and has come back.
    if (!out.includes('back after') && (out + chunk).includes('back after')) child.kill(signal)
    out += chunk
  }
  const code = child.exitCode ?? ((await once(child, 'exit')) as [number])[0]
  expect(out).toContain(': interrupted')
  expect(out).toContain('not compared with a second pass: interrupted')
  expect(code).toBe(expected)
})

test('it ends when nobody reads what it writes', async () => {
  const child = start('--plain', '--every', '50', '--seconds', '60')
  await once(child.stdout!, 'data')
  child.stdout!.destroy()
  const [code] = (await once(child, 'exit')) as [number]
  expect(code).toBe(130)
})
