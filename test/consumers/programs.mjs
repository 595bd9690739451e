// The supervised Counter as the README has it, in the forms that kinds of projects ask for. Nothing is changed but how
// modules name each other and themselves, types where there are none, and `await using` where Node does not know it.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import ts from 'typescript'

const page = (path) => readFileSync(resolve(import.meta.dirname, '../..', path), 'utf8')
const readme = page('README.md')
const testing = page('docs/testing.md')
const pool = page('packages/pool/README.md')

/** The README's counter.ts, and the program that starts it under a supervisor. */
const counter = blockBeginning(readme, '// counter.ts')
const main = blockBeginning(readme, "import { Process, Supervisor } from 'starfish'")

/** What the program writes, line by line. */
export const OUTPUT = [...main.matchAll(/\/\/ => (.*)/g)].map(([, value]) => `${value}\n`).join('')

function blockBeginning(markdown, line) {
  const block = [...markdown.matchAll(/```(?:ts|typescript)\n(.*?)```/gs)].map(([, code]) => code).find((code) => code.startsWith(line))
  if (block === undefined) throw new Error(`there is no block that begins with ${line}`)
  return block
}

/** ES modules in TypeScript. `extension` is what they import each other by. */
export const typescript = ({ extension = '.js', using = true } = {}) => ({
  'counter.ts': counter,
  'main.ts': rename(using ? main : withoutUsing(main), extension),
})

/** CommonJS in TypeScript: `__filename`, and no `await` at the top. */
export const typescriptCommonJs = () => ({
  'counter.ts': counter.replace('import.meta.url', '__filename'),
  'main.ts': inFunction(rename(main, '')),
})

/** ES modules in JavaScript. */
export const modules = () => ({
  'counter.js': stripped(counter),
  'main.js': stripped(withoutUsing(main)),
})

/** CommonJS in JavaScript. */
export const commonJs = () => ({
  'counter.js': required(counter.replace('import.meta.url', '__filename')),
  'main.js': required(inFunction(withoutUsing(main))),
})

/** The pool of its README, as ES modules in JavaScript. */
export const poolModules = () => ({
  'markdown.js': stripped(blockBeginning(pool, '// markdown.ts')),
  'main.js': stripped(withoutUsing(blockBeginning(pool, "import { Supervisor } from 'starfish'"))),
})

/** A test file around the program: what it logs is what the test expects. */
export const testOf = (program, runner) => {
  const { imports, body } = split(program)
  const expecting = body.replace(/console\.log\((.*)\) \/\/ => (.*)/g, 'expect($1).toBe($2)')
  return `import { expect, test } from '${runner}'\n${imports}\ntest('the counter grows back', async () => {\n${expecting}})\n`
}

/** The counter of docs/testing.md, and its test for a runner as it stands there. */
export const testingPage = (runner) => ({
  'counter.ts': blockBeginning(testing, '// counter.ts'),
  'counter.test.ts': blockBeginning(testing, `// counter.test.ts, under ${runner}`),
})

/** The same where modules are CommonJS. */
export const inCommonJs = (files) =>
  Object.fromEntries(Object.entries(files).map(([file, code]) => [file, rename(code.replace('import.meta.url', '__filename'), '')]))

/** The program of a bundle in one file, which threads import too. */
export const guarded = (program) => {
  const { imports, body } = split(program)
  return `${imports}import { isMainThread } from 'node:worker_threads'\nexport { default as Counter } from './counter.js'\nif (isMainThread) {${body}}\n`
}

function rename(code, extension) {
  return code.replace('./counter.js', `./counter${extension}`)
}

function split(program) {
  const end = program.indexOf('\n', program.lastIndexOf('\nimport ') + 1) + 1
  return { imports: program.slice(0, end), body: program.slice(end) }
}

function inFunction(program) {
  const { imports, body } = split(program)
  return `${imports}\nvoid (async () => {${body}})()\n`
}

// Before Node 24 there is no `await using`.
function withoutUsing(program) {
  return `${program.replace('await using supervisor', 'const supervisor')}await supervisor[Symbol.asyncDispose]()\n`
}

function stripped(code) {
  return transpile(code, { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 })
}

function required(code) {
  return transpile(code, { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true })
}

function transpile(code, compilerOptions) {
  return ts.transpileModule(code, { compilerOptions }).outputText
}
