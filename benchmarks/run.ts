// `npm run bench [-- subject...] [--quick] [--json] [--save]`: runs the subjects, each in a Node of its own, and prints
// one table. `--json` prints the rows as an array instead; `--save` also puts them into docs/benchmarks.md, by subject.

import { fork } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Row } from './row.js'
import { SUBJECTS } from './subjects.js'
import { formatMachine, formatPage, formatTable } from './table.js'

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

function save(text: string): void {
  const page = resolve(__dirname, '../../docs/benchmarks.md')
  const before = readFileSync(page, 'utf8')
  const after = before.replace(/(<!-- result -->\n)[^]*(<!-- end of result -->)/, (_, head: string, tail: string) => `${head}\n${text}\n\n${tail}`)
  if (!after.includes(text)) throw new Error(`${page} has no place for the result: <!-- result --> and <!-- end of result -->`)
  writeFileSync(page, after)
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
  if (isSaved) save(`${machine}\n\n${formatPage(rows)}`)
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`\n${String(error)}`)
  process.exitCode = 1
})
