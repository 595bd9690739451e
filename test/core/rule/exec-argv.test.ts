// Which Node options a worker takes over. What comes out must be taken by `new Worker`.
import { expect, test } from '@jest/globals'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { hasPreload, inheritedExecArgv, isTypeScript } from '#core/rule/exec-argv'

const js = 'file:///srv/app/counter.js'

test.each([
  ['file:///a/b.ts', true], ['file:///a/b.mts', true], ['file:///a/b.cts', true], ['file:///a/b.tsx', true],
  ['file:///a/b.ts?v=1#x', true], ['file:///a/b.js', false], ['file:///a/ts', false], ['file:///a.ts/b.js', false],
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
