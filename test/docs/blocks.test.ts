// Every `ts` block of the README and of docs/ compiles, runs, and does what its comments say. Types of all pages are
// checked in one go; two programs run the pages, each the half of them.
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
const runs = new Map<string, () => Promise<Run>>()
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
  const running = pages.filter((name) => read.get(name)!.programs.length > 0)
  for (const half of [0, 1]) {
    const names = running.filter((_, i) => i % 2 === half)
    const told = compiled.then(() => run(names))
    for (const name of names) runs.set(name, async () => (await told)(name))
  }
})

afterAll(() => children.forEach((child) => child.kill('SIGKILL')))

interface Run {
  readonly results: readonly Result[]
  /** Names of the processes that the page has not stopped. */
  readonly left: readonly string[]
}

/** Starts a program that runs pages one after another. Gives what a page came to. */
function run(names: readonly string[]): (name: string) => Promise<Run> {
  const programs = names.map((name) => ({ name, folder: folderOf(name), files: read.get(name)!.programs.map(({ file }) => file.replace(/\.ts$/, '.js')) }))
  const child = fork(join(__dirname, 'run-pages.js'), [JSON.stringify(programs)], {
    execArgv: ['--enable-source-maps'], env: { ...process.env, STARFISH_LOG: 'silent', NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  children.add(child)
  const done = new Map<string, Run>()
  let output = ''
  const told = (chunk: unknown): void => void (output += String(chunk))
  child.stdout!.on('data', told)
  child.stderr!.on('data', told)
  child.on('message', ({ name, ...result }: Run & { readonly name: string }) => {
    done.set(name, result)
    output = ''
  })
  const ended = once(child, 'close').then(([code]) => {
    children.delete(child)
    return code as number
  })
  return async (name) => {
    while (!done.has(name)) {
      const code = await Promise.race([once(child, 'message').then(() => undefined), ended])
      if (code !== undefined && !done.has(name)) throw new Error(`the program ended with ${code} in ${names[done.size]!}:\n${output}`)
    }
    return done.get(name)!
  }
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
  const { results, left } = (await runs.get(name)?.()) ?? { results: [], left: [] } // a page without programs
  const byLine = (lines: readonly { readonly line: number }[]) => lines.toSorted((a, b) => a.line - b.line)
  expect(byLine(results)).toEqual(byLine(read.get(name)!.assertions.map(({ line, expected }) => ({ line, got: expected }))))
  expect(left).toEqual([])
}, 60_000)
