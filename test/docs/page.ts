// A page of documentation as programs. A `ts` block that begins with the name of a file (`// counter.ts`) is that file;
// all others of the page are one program, which runs from top to bottom: each block has a scope of its own, imports are
// for the whole page. Every line stands where it stands in the page, so that errors name the line to look at.
import ts from 'typescript'

export interface Program {
  readonly file: string
  readonly text: string
}

export interface Page {
  /** In the order in which they run. */
  readonly programs: readonly Program[]
  /** What the page asserts, by line. */
  readonly assertions: readonly { readonly line: number; readonly expected: string }[]
}

interface Block {
  /** The number of lines before its first. */
  readonly offset: number
  readonly lines: readonly string[]
}

interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

const ASSERTION = /^;?[ \t]*\/\/ (=>|throws) (.*\S)/
const REST = 'page.ts'

/** `check` is the specifier of the module with the assertions. */
export function readPage(markdown: string, check: string): Page {
  const programs: Program[] = []
  const assertions: { line: number; expected: string }[] = []
  const rest = markdown.split('\n').map(() => '')
  const imports = new Set<string>()
  const head = `import * as __check from ${JSON.stringify(check)};`
  for (const block of blocksOf(markdown)) {
    const named = /^\/\/ ([\w-]+\.ts)\b/.exec(block.lines[0] ?? '')
    const { text, asserted, imported } = translate(block, named === null)
    assertions.push(...asserted)
    if (named) {
      if (programs.some(({ file }) => file === named[1])) throw new Error(`there are two blocks for ${named[1]}`)
      programs.push({ file: named[1]!, text: head + '\n'.repeat(block.offset) + text })
      continue
    }
    for (const one of imported) imports.add(one)
    text.split('\n').forEach((line, i) => (rest[block.offset + i] = line))
    rest[block.offset - 1] = '{'
    rest[block.offset + block.lines.length] = '}'
  }
  rest[0] = [head, ...imports].join(' ')
  if (rest.includes('{')) programs.push({ file: REST, text: rest.join('\n') })
  return { programs, assertions }
}

function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = []
  const lines = markdown.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const fence = /^```(\w*)$/.exec(lines[i]!)
    if (!fence) continue
    const end = lines.indexOf('```', i + 1)
    if (end < 0) throw new Error(`the block of line ${i + 1} has no end`)
    if (fence[1] === 'ts') blocks.push({ offset: i + 1, lines: lines.slice(i + 1, end) })
    i = end
  }
  return blocks
}

function translate(block: Block, hoist: boolean): { text: string; asserted: { line: number; expected: string }[]; imported: string[] } {
  const text = block.lines.join('\n')
  const source = ts.createSourceFile('block.ts', text, ts.ScriptTarget.Latest, true)
  const edits: Edit[] = []
  const asserted: { line: number; expected: string }[] = []
  const imported: string[] = []
  const visit = (node: ts.Node): void => {
    if (hoist && ts.isImportDeclaration(node)) {
      imported.push(...importsOf(node))
      edits.push({ start: node.getStart(), end: node.end, text: '\n'.repeat(node.getText().split('\n').length - 1) })
      return
    }
    const [, kind, expected] = (isStatement(node) && ASSERTION.exec(text.slice(node.end).split('\n')[0]!)) || []
    if (kind !== undefined) {
      const line = block.offset + source.getLineAndCharacterOfPosition(node.end).line + 1
      asserted.push({ line, expected: expected! })
      edits.push(...assertion(node as ts.Statement, kind, line, expected!))
      return
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  const written = text.match(/\/\/ (=>|throws) /g)?.length ?? 0
  if (written !== asserted.length) throw new Error(`the block of line ${block.offset} asserts ${written} times, but only ${asserted.length} stand behind a statement on its last line`)
  return { text: edits.sort((a, b) => b.start - a.start).reduce((done, { start, end, text: by }) => done.slice(0, start) + by + done.slice(end), text), asserted, imported }
}

const isStatement = (node: ts.Node): boolean => ts.isExpressionStatement(node) || ts.isVariableStatement(node)

function assertion(node: ts.Statement, kind: string, line: number, expected: string): Edit[] {
  const args = `${line}, ${JSON.stringify(expected)}`
  const around = (inner: ts.Node, before: string, after: string): Edit[] => [
    { start: inner.getStart(), end: inner.getStart(), text: before },
    { start: inner.end, end: inner.end, text: after },
  ]
  if (kind === 'throws') return around(node, `await __check.throws(${args}, async () => { `, ' })')
  if (ts.isVariableStatement(node)) {
    const { name } = node.declarationList.declarations[0]!
    return [{ start: node.end, end: node.end, text: `; __check.is(${args}, ${name.getText()})` }]
  }
  const { expression } = node as ts.ExpressionStatement
  if (ts.isCallExpression(expression) && expression.expression.getText() === 'console.log') {
    return [{ start: expression.expression.getStart(), end: expression.expression.end, text: `__check.prints(${args})` }]
  }
  return around(expression, `__check.is(${args}, `, ')')
}

// One statement for each name, so that two blocks may import the same.
function importsOf({ importClause, moduleSpecifier }: ts.ImportDeclaration): string[] {
  const from = `from ${moduleSpecifier.getText()};`
  const bindings = importClause?.namedBindings
  const names = bindings === undefined ? [] : ts.isNamespaceImport(bindings) ? [bindings.getText()] : bindings.elements.map((name) => `{ ${name.getText()} }`)
  const all = [...(importClause?.name ? [importClause.name.getText()] : []), ...names]
  const type = importClause?.isTypeOnly ? 'type ' : ''
  return importClause ? all.map((name) => `import ${type}${name} ${from}`) : [`import ${moduleSpecifier.getText()};`]
}
