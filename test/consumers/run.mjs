// The packages as their users get them: packed, installed into a throw-away folder, and used by every kind of project
// under every version of Node. Prints one table; what went wrong stands before it.
//   npm run consumers                       every kind, Node 20.19.0, 22, 24 and 26
//   npm run consumers -- 24 --kind esbuild  some of it
//   npm run consumers -- --quick            this Node, the kinds that need no tools of others
//   npm run consumers -- --keep             leaves the folder, and says where it is
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { install, VERSIONS } from '../scripts/nodes.mjs'
import { KINDS } from './kinds.mjs'
import { OUTPUT } from './programs.mjs'

const exec = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { kind: { type: 'string', multiple: true, default: [] }, quick: { type: 'boolean' }, keep: { type: 'boolean' } },
})

/** What users of Starfish have besides: what `npm install` gives today. Our own sources are compiled with the types of Node 20. */
const QUICK_TOOLS = ['@typescript/native@npm:typescript@7', '@types/node@26']
const TOOLS = [...QUICK_TOOLS, 'typescript@6', 'ts-node@10', 'jest@30', 'ts-jest@29', 'vitest@5', 'esbuild@0.28', 'vite@8', 'rollup@4.67.4']
const NEW = { 'starfish new --ts': 'ts', 'starfish new --js': 'js' }
const QUICK = ['plain ESM', 'plain CommonJS', 'TypeScript to ESM', 'TypeScript to CommonJS', 'starfish new --ts', 'starfish demo', 'pool']
const PACKAGES = ['packages/core', 'packages/testing', 'packages/demo', 'packages/cli', 'packages/pool']
const LIMIT = 120_000 // ms for one step
let tarballs

const folder = await mkdtemp(join(tmpdir(), 'starfish-consumers-'))
try {
  process.exitCode = (await everyCell()) ? 0 : 1
} finally {
  if (values.keep) console.log(`\nleft: ${folder}`)
  else await rm(folder, { recursive: true, force: true })
}

async function everyCell() {
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n')
  tarballs = await Promise.all(PACKAGES.map(pack))
  await npm(folder, 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps', ...tarballs, ...(values.quick ? QUICK_TOOLS : TOOLS))
  const names = [...Object.keys(KINDS), ...Object.keys(NEW)].filter((name) => (values.quick ? QUICK.includes(name) : values.kind.length === 0 || values.kind.some((word) => name.includes(word))))
  const nodes = await nodesToTry()
  const cells = names.flatMap((name) => nodes.map((node) => ({ name, node, said: undefined })))
  const queue = [...cells]
  const work = async () => {
    for (let cell = queue.shift(); cell; cell = queue.shift()) cell.said = await (cell.name in NEW ? tryNew(cell) : tryOut(cell))
  }
  await Promise.all([work(), work()])
  printTable(names, nodes, cells)
  return cells.every(({ said }) => said.ok)
}

async function nodesToTry() {
  const paths = values.quick ? [process.execPath] : (positionals.length > 0 ? positionals : VERSIONS).map(install)
  return Promise.all(paths.map(async (path) => ({ path, version: (await exec(path, ['--version'])).stdout.trim().slice(1) })))
}

async function pack(workspace) {
  const { stdout } = await npm(root, 'pack', '--json', '--workspace', workspace, '--pack-destination', folder)
  return join(folder, JSON.parse(stdout)[0].filename)
}

function npm(cwd, ...args) {
  return exec('npm', args, { cwd, maxBuffer: 1e8 })
}

async function tryOut({ name, node }) {
  const kind = KINDS[name]
  const major = Number(node.version.split('.')[0])
  if (kind.only && !kind.only.includes(major)) return { ok: true, word: 'cannot', why: kind.why }
  const project = join(folder, `${name} ${node.version}`.replaceAll(' ', '-'))
  await writeProject(project, kind, major)
  const began = Date.now()
  let output = ''
  try {
    for (const step of kind.steps) output = await run(project, node.path, step, kind.passes !== undefined)
    if (kind.told) throw new Error(`expected it to fail with ${kind.told}, got:\n${output}`)
    const well = kind.passes ? kind.passes.test(output) : output === OUTPUT
    if (!well) throw new Error(`expected ${kind.passes ?? JSON.stringify(OUTPUT)}, got:\n${output}`)
    return { ok: true, word: seconds(began) }
  } catch (error) {
    if (kind.told?.test(error.stderr)) return { ok: true, word: 'is told' }
    return failed(name, node, error)
  }
}

/** A project that the command has made is installed, tested, started and stopped. */
async function tryNew({ name, node }) {
  const language = NEW[name]
  const project = join(folder, `new-${language}-${node.version.replaceAll('.', '-')}`)
  const began = Date.now()
  try {
    await run(folder, node.path, ['bin:@starfish/cli/dist/bin.js', 'new', project, `--${language}`])
    await npm(project, 'install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', ...tarballs.filter((file) => !/cli|demo|pool/.test(basename(file))))
    const options = { cwd: project, env: environment(node.path), timeout: LIMIT }
    const tested = await exec('npm', ['test'], options)
    if (!/pass 3\n[^]*fail 0\n/.test(tested.stdout)) throw new Error(`expected three tests to pass, got:\n${tested.stdout}`)
    const program = spawn(node.path, [language === 'ts' ? 'dist/src/main.js' : 'src/main.js'], options)
    const ended = once(program, 'exit')
    let written = ''
    program.stderr.on('data', (text) => {
      written += text
      if (written.includes('runs, Ctrl-C ends it')) program.kill('SIGTERM')
    })
    const [code] = await ended
    if (code !== 0) throw new Error(`expected the program to end with code 0, got ${code}:\n${written}`)
    return { ok: true, word: seconds(began) }
  } catch (error) {
    return failed(name, node, error)
  }
}

function failed(name, node, error) {
  console.log(`\n== ${name}, Node ${node.version}\n${error.message}\n${error.stdout ?? ''}`)
  return { ok: false, word: 'FAILED' }
}

function seconds(began) {
  return `${((Date.now() - began) / 1000).toFixed(1)} s`
}

function environment(node) {
  const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}`, NO_COLOR: '1' }
  for (const name of ['NODE_OPTIONS', 'JEST_WORKER_ID', 'FORCE_COLOR', 'STARFISH_LOG']) delete env[name]
  return env
}

async function writeProject(project, kind, major) {
  const files = { 'package.json': `${JSON.stringify({ private: true, type: kind.type })}\n`, ...kind.files(major) }
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(project, file)), { recursive: true })
    await writeFile(join(project, file), text)
  }
}

/** Runs a step under this Node, and gives what it wrote to stdout; of a test runner also what it wrote to stderr. */
async function run(cwd, node, step, both) {
  const args = step.map((word) => (word.startsWith('bin:') ? join(folder, 'node_modules', word.slice(4)) : word))
  const { stdout, stderr } = await exec(node, args, { cwd, env: environment(node), timeout: LIMIT, maxBuffer: 1e8 })
  return both ? stdout + stderr : stdout
}

function printTable(names, nodes, cells) {
  const width = Math.max(...names.map((name) => name.length))
  console.log(`\n${''.padEnd(width)}  ${nodes.map(({ version }) => `Node ${version}`.padStart(13)).join('')}`)
  for (const name of names) {
    const row = cells.filter((cell) => cell.name === name)
    console.log(`${name.padEnd(width)}  ${row.map(({ said }) => said.word.padStart(13)).join('')}`)
  }
  for (const why of new Set(cells.map(({ said }) => said.why).filter(Boolean))) console.log(`cannot: ${why}`)
  console.log(cells.every(({ said }) => said.ok) ? `\n${cells.length} cells, all as they should be` : '\nfailed')
}
