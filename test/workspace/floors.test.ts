// The floors of core: a file imports from its own floor or the floors below, nothing goes round in a circle,
// threads are started and booted in two places, and one file reads the clock. Source text alone is judged.
import { expect, test } from '@jest/globals'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import ts from 'typescript'

const floors = ['term', 'rule', 'wire', 'table', 'process', 'behaviour', 'supervision', 'application']
const threadFiles = ['process/thread.ts', 'starter.ts', 'wire/line.ts', 'process/lifeline.ts']
const clockFile = 'process/clock.ts'
const clockWords = /\b(?:performance|Date)\.now\b|\bhrtime\b|(?<![.\w])(?:setTimeout|setInterval)\b|['"](?:node:)?timers(?:\/promises)?['"]/g

interface Import {
  target: string
  isType: boolean
}

const root = resolve(__dirname, '../../../packages/core/src')
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((file) => file.split(sep).join('/'))
  .filter((file) => file.endsWith('.ts'))
  .sort()
const sources = new Map(files.map((file) => [file, parse(file)]))
const imports = new Map(files.map((file) => [file, importsOf(file)]))

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true)
}

/** Every `import`, `export … from`, `import()`, `import = require()` and `require()` of a file; those inside the package by path. */
function importsOf(file: string): Import[] {
  const found: Import[] = []
  const add = (specifier: ts.Node | undefined, isType: boolean) => {
    if (specifier && ts.isStringLiteralLike(specifier)) found.push({ target: locate(file, specifier.text), isType })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeOnly(node.importClause?.namedBindings, node.importClause))
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, isTypeOnly(node.exportClause, node))
    else if (ts.isExternalModuleReference(node)) add(node.expression, false)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true)
    else if (ts.isCallExpression(node) && /^(import|require)$/.test(node.expression.getText())) add(node.arguments[0], false)
    ts.forEachChild(node, visit)
  }
  visit(sources.get(file)!)
  return found
}

/** `import type …`, `export type …`, or braces in which every name says `type`. */
function isTypeOnly(names: ts.Node | undefined, whole: ts.ImportClause | ts.ExportDeclaration | undefined): boolean {
  if (!whole || whole.isTypeOnly) return whole !== undefined
  if (ts.isImportClause(whole) && whole.name) return false
  if (!names || !(ts.isNamedImports(names) || ts.isNamedExports(names))) return false
  return names.elements.length > 0 && names.elements.every((element) => element.isTypeOnly)
}

/** A relative specifier becomes a path under src (`wire/codec.ts`); any other stays as it is. */
function locate(file: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier
  const path = resolve(root, dirname(file), specifier)
  const real = [path.replace(/\.js$/, '.ts'), `${path}.ts`, join(path, 'index.ts')].find((it) => it.endsWith('.ts') && existsSync(it))
  return relative(root, real ?? path).split(sep).join('/')
}

/** The files that other packages import, the first of a thread and of a child process, and what stands in for a user's, stand above all floors. */
function floorOf(file: string): number {
  return ['index.ts', 'internal.ts', 'starter.ts', 'forked.ts', 'understudy.ts'].includes(file) ? floors.length : floors.indexOf(file.split('/')[0]!)
}

/** The text without its comments. */
function codeOf(file: string): string {
  return ts.createPrinter({ removeComments: true }).printFile(sources.get(file)!)
}

test('every file of core stands on a floor', () => {
  const homeless = files.filter((file) => floorOf(file) < 0)
  expect(homeless.map((file) => `${file} is in none of: ${floors.join(', ')}, index.ts`)).toEqual([])
})

test('a file imports only from its own floor or the floors below', () => {
  const wrong = files.flatMap((file) =>
    imports.get(file)!
      .filter(({ target }) => imports.has(target) && floorOf(target) > floorOf(file))
      .map(({ target }) => `${file} imports ${target}, which is a floor above it`))
  expect(wrong).toEqual([])
})

test('core imports only its own files and node: modules', () => {
  const wrong = files.flatMap((file) =>
    imports.get(file)!
      .filter(({ target }) => !imports.has(target) && !target.startsWith('node:'))
      .map(({ target }) => `${file} imports ${target}, which is neither a file of core nor a node: module`))
  expect(wrong).toEqual([])
})

test('no imports go round in a circle', () => {
  const circles: string[] = []
  const done = new Set<string>()
  const walk = (file: string, path: string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' imports '))
    if (path.includes(file) || done.has(file)) return
    for (const { target, isType } of imports.get(file)!) if (!isType && imports.has(target)) walk(target, [...path, file])
    done.add(file)
  }
  for (const file of files) walk(file, [])
  expect(circles).toEqual([])
})

test('only the files of threads and lines import node:worker_threads', () => {
  const wrong = files
    .filter((file) => !threadFiles.includes(file))
    .filter((file) => imports.get(file)!.some(({ target, isType }) => !isType && /^(node:)?worker_threads$/.test(target)))
  expect(wrong.map((file) => `${file} imports node:worker_threads; only ${threadFiles.join(', ')} may`)).toEqual([])
})

test('only the clock reads a clock', () => {
  const wrong = files
    .filter((file) => file !== clockFile)
    .flatMap((file) => [...codeOf(file).matchAll(clockWords)].map(([word]) => `${file} says ${word}; only ${clockFile} may`))
  expect(wrong).toEqual([])
})
