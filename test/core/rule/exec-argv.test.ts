// Which Node options a worker takes over. What comes out must be taken by `new Worker`.
import { expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { hasPreload, inheritedExecArgv, inheritedOptions, isTypeScript } from '#core/rule/exec-argv'

const js = 'file:///srv/app/counter.js'

test.each([
  ['file:///a/b.ts', true], ['file:///a/b.mts', true], ['file:///a/b.cts', true], ['file:///a/b.tsx', true],
  ['file:///a/b.ts?v=1#x', true], ['file:///a/b.js?v=/c.ts', false], ['file:///a/b.js#c.ts', false], ['file:///a%3Fb.ts', true], ['file:///a/b.js', false], ['file:///a/ts', false], ['file:///a.ts/b.js', false],
])('%s is TypeScript: %j', (url, expected) => {
  expect(isTypeScript(url)).toBe(expected)
})

test.each([
  ['nothing to leave out', ['--no-warnings'], undefined],
  ['no options at all', [], undefined],
  ['a preload and its value', ['-r', 'ts-node/register'], []],
  ['a preload written with =', ['--import=tsx', '--no-warnings'], ['--no-warnings']],
  ['several preloads', ['--require', 'a', '--no-warnings', '--loader', 'b', '--experimental-loader=c', '--import', 'd'], ['--no-warnings']],
  ['options with a value of their own', ['--conditions', 'development', '--import', 'tsx', '--no-warnings'], ['--conditions', 'development', '--no-warnings']],
  ['a short option with a value', ['-r', 'x', '-C', 'development'], ['-C', 'development']],
  ['options of the whole process', ['--import', 'x', '--inspect=0', '--max-old-space-size=100', '--title=x'], []],
  ['an option that no worker may have, and its value', ['--import', 'x', '--title', 'x', '--eval', '1+1'], []],
] as const)('for a JavaScript module: %s', async (_, execArgv, expected) => {
  const kept = inheritedExecArgv(execArgv, js)
  expect(kept).toEqual(expected)
  if (kept === undefined) return
  const worker = new Worker('', { eval: true, execArgv: kept })
  expect(await once(worker, 'exit')).toEqual([0])
})

test('a TypeScript module takes over everything: its loader is among it', () => {
  expect(inheritedExecArgv(['--import', 'tsx'], 'file:///a.ts')).toBeUndefined()
})

test.each([
  [['-r', 'x'], true], [['--import=x'], true], [['--experimental-loader', 'x'], true], [['--no-warnings', '--conditions', 'x'], false], [[], false],
])('%j loads something first: %j', (execArgv, expected) => {
  expect(hasPreload(execArgv)).toBe(expected)
})

test.each([
  ['what V8 is to do', ['--expose-gc', '--stack-size=2000', '--max-old-space-size=100'], ['--expose-gc', '--stack-size=2000', '--max-old-space-size=100']],
  ['values of their own', ['-C', 'development', '--no-warnings'], ['-C', 'development', '--no-warnings']],
  ['not preloads', ['-r', 'x', '--import=y', '--no-warnings'], ['--no-warnings']],
  ['not what to run', ['--no-warnings', '-e', '1+1', '--print', '2', '-pe', '3', '--test', '--test-reporter=tap', '--watch', '--env-file', '.env', '--input-type=module', '--run', 'x'], ['--no-warnings']],
  ['not what is done with the program itself', ['--inspect=0', '--inspect-brk', '--cpu-prof', '--heap-prof-dir', 'x', '--prof', '--title=x'], []],
] as const)('a child process has of the program: %s', (_, execArgv, expected) => {
  const kept = inheritedOptions(execArgv, js)
  expect(kept).toEqual(expected)
  expect(execFileSync(process.execPath, [...kept, '-p', '1 + 1'], { encoding: 'utf8' })).toBe('2\n')
})
