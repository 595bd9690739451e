// `npm run bench [-- subject...] [--quick] [--json] [--save]`: runs the subjects, each in a Node of its own, and prints
// one table. `--json` prints the rows as an array instead; `--save` also puts them into docs/benchmarks.md: those with a target
// into the table of the Node that runs, and all, by subject, if it is the one that the page shows whole.

import { fork } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Row } from './row.js'
import { SUBJECTS } from './subjects.js'
import { formatMachine, formatSubjects, formatTable } from './table.js'

const FLAGS = ['--quick', '--json', '--save']

function run(name: string, flags: readonly string[]): Promise<readonly Row[]> {
  return new Promise((done, fail) => {
    const child = fork(join(__dirname, `${name}.js`), flags, { serialization: 'advanced', stdio: ['ignore', process.stderr, 'inherit', 'ipc'] })
    let rows: readonly Row[] | undefined
    child.on('message', (message) => {
      rows = message as readonly Row[]
    })
    child.on('error', fail)
    child.on('exit', (code, signal) => {
      if (code === 0 && rows !== undefined) done(rows)
      else fail(new Error(`the benchmark ${name} ended with ${signal ?? code} and ${rows ? 'its' : 'no'} results`))
    })
  })
}

/** Puts a text into the page, between `<!-- name -->` and `<!-- end of name -->`. */
function put(page: string, name: string, text: string): string {
  const after = page.replace(new RegExp(`(<!-- ${name} -->\n)[^]*(<!-- end of ${name} -->)`), (_, head: string, tail: string) => `${head}\n${text}\n\n${tail}`)
  if (!after.includes(text)) throw new Error(`docs/benchmarks.md has no place for this: <!-- ${name} --> and <!-- end of ${name} -->`)
  return after
}

function save(rows: readonly Row[], machine: string): void {
  const page = resolve(__dirname, '../../docs/benchmarks.md')
  const node = `Node ${process.versions.node.split('.')[0]}`
  const aims = rows.filter(({ target, floor }) => target !== null || floor !== null)
  const saved = put(readFileSync(page, 'utf8'), `targets on ${node}`, `${formatTable(aims)}\n\n${machine}`)
  writeFileSync(page, saved.includes(`<!-- rows on ${node} -->`) ? put(saved, `rows on ${node}`, formatSubjects(rows)) : saved)
}

async function main(words: readonly string[]): Promise<void> {
  const flags = words.filter((word) => word.startsWith('-'))
  const named = words.filter((word) => !word.startsWith('-'))
  const unknown = [...flags.filter((flag) => !FLAGS.includes(flag)), ...named.filter((name) => !(SUBJECTS as readonly string[]).includes(name))]
  if (unknown.length > 0) throw new Error(`expected subjects (${SUBJECTS.join(', ')}) and ${FLAGS.join(', ')}, got ${unknown.join(' ')}`)
  const isSaved = flags.includes('--save')
  if (isSaved && (named.length > 0 || flags.includes('--quick'))) throw new Error('expected --save with all subjects and without --quick: the page is made of one whole run')

  const rows: Row[] = []
  for (const name of named.length > 0 ? named : SUBJECTS) {
    const begun = performance.now()
    process.stderr.write(`${name} …`)
    rows.push(...(await run(name, flags)))
    process.stderr.write(` ${((performance.now() - begun) / 1000).toFixed(1)} s\n`)
  }

  const machine = formatMachine()
  console.log(flags.includes('--json') ? JSON.stringify(rows, undefined, 2) : `\n${formatTable(rows)}\n\n${machine}`)
  if (isSaved) save(rows, machine)
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`\n${String(error)}`)
  process.exitCode = 1
})
