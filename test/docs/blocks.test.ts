// Every `ts` block of the README and of docs/ compiles, runs, and does what its comments say. Types of all pages are
// checked in one go; each page runs in a program of its own.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type ChildProcess, execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { readPage, type Page } from './page.js'
import type { Result } from './check.js'

const root = resolve(__dirname, '../../..')
const out = resolve(__dirname, 'pages')
const pages = ['README.md', 'packages/core/README.md', 'packages/testing/README.md', 'packages/comlink/README.md', 'packages/pool/README.md', 'packages/store/README.md', ...readdirSync(join(root, 'docs')).filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`)]

const folderOf = (name: string): string => join(out, name.replace(/\.md$/, '').replaceAll('/', '-'))
const read = new Map<string, Page>()
const children = new Set<ChildProcess>()
const runs = new Map<string, Promise<Run>>()
let compiled: Promise<string>

beforeAll(() => {
  rmSync(out, { recursive: true, force: true })
  for (const name of pages) {
    const folder = folderOf(name)
    const page = readPage(readFileSync(join(root, name), 'utf8'), `${relative(folder, join(__dirname, 'check.js')).replaceAll('\\', '/')}`)
    read.set(name, page)
    mkdirSync(folder, { recursive: true })
    for (const { file, text } of page.programs) writeFileSync(join(folder, file), text)
  }
  writeFileSync(join(out, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(out, 'tsconfig.json'), JSON.stringify({
    extends: join(root, 'tsconfig.json'),
    compilerOptions: { rootDir: '.', outDir: '.', composite: false, incremental: false, tsBuildInfoFile: null, declarationMap: false, noUnusedLocals: false, noUnusedParameters: false },
    include: ['**/*.ts'],
    exclude: [],
  }))
  compiled = new Promise((done) => {
    execFile(process.execPath, [join(root, 'node_modules/@typescript/native/bin/tsc'), '-p', out], (error, stdout) => done(error ? stdout || error.message : ''))
  })
  // Two pages at a time.
  const lanes: Promise<unknown>[] = [compiled, compiled]
  pages.forEach((name, i) => {
    const result = lanes[i % 2]!.then(() => run(name))
    runs.set(name, result)
    lanes[i % 2] = result.catch(() => undefined)
  })
})

afterAll(() => children.forEach((child) => child.kill('SIGKILL')))

interface Run {
  readonly results: readonly Result[]
  /** Names of the processes that the page has not stopped. */
  readonly left: readonly string[]
}

async function run(name: string): Promise<Run> {
  const files = read.get(name)!.programs.map(({ file }) => join(folderOf(name), file.replace(/\.ts$/, '.js')))
  const child = fork(join(__dirname, 'run-page.js'), files, {
    cwd: folderOf(name), // where a page writes files, they are gone with the page
    execArgv: ['--enable-source-maps'], env: { ...process.env, STARFISH_LOG: 'silent', NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  children.add(child)
  let output = ''
  let message: unknown
  child.stdout!.on('data', (chunk) => (output += chunk))
  child.stderr!.on('data', (chunk) => (output += chunk))
  child.on('message', (sent) => (message = sent))
  const [code] = (await once(child, 'close')) as [number]
  children.delete(child)
  if (message === undefined) throw new Error(`${name} ended with ${code} before its end:\n${output}`)
  return message as Run
}

test('every link to a file leads to one', () => {
  const dead = pages.flatMap((name) => {
    const links = [...readFileSync(join(root, name), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link!)
    return links.filter((link) => !existsSync(join(root, dirname(name), link))).map((link) => `${name}: ${link}`)
  })
  expect(dead).toEqual([])
})

test('every block compiles', async () => {
  expect(await compiled).toBe('')
}, 30_000)

test.each(pages)('%s does what it says', async (name) => {
  const { results, left } = await runs.get(name)!
  const byLine = (lines: readonly { readonly line: number }[]) => lines.toSorted((a, b) => a.line - b.line)
  expect(byLine(results)).toEqual(byLine(read.get(name)!.assertions.map(({ line, expected }) => ({ line, got: expected }))))
  expect(left).toEqual([])
}, 60_000)
