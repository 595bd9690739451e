// Programs as users write them, each a folder of ./consumers run in a Node of its own: core must load as one copy
// from CommonJS, from ES modules, under ts-node and in jest, and a process must work there.
import { afterAll, expect, jest, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import Module from 'node:module'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { GenServer, noreply, ok, reply } from 'starfish'
import { assertNoLeaks } from '@starfish/testing'
import { loadTypeScriptBy } from '#core/process/typescript-hook'

afterAll(() => assertNoLeaks())

const consumers = resolve(__dirname, '../../workspace/consumers')
const jestBin = require.resolve('jest/bin/jest')
const tsNodeBin = require.resolve('ts-node/dist/bin.js')

jest.setTimeout(30_000)

async function node(folder: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  // What the outer Node and jest were started with is not for the program under test.
  const { NODE_OPTIONS: _options, JEST_WORKER_ID: _id, ...env } = process.env
  return promisify(execFile)(process.execPath, args, { cwd: resolve(consumers, folder), env })
}

test.each(['main.cjs', 'main.mjs'])('import and require give one copy, from %s', async (main) => {
  expect((await node('one-copy', main)).stdout).toBe('true\n')
})

test.each(['asker.cjs', 'asker.mjs'])('a module in a thread gets the copy the thread runs on: %s', async (asker) => {
  expect((await node('one-copy', 'thread.mjs', asker)).stdout).toBe('same class: true, loaded again: false\n')
})

test.each([
  ['CommonJS', 'cjs', ['main.js']],
  ['ES modules', 'esm', ['main.js']],
  ['ts-node', 'ts-node-cjs', [tsNodeBin, '--transpile-only', 'main.ts']],
  ['node --require ts-node', 'ts-node-cjs', ['--require', 'ts-node/register/transpile-only', 'main.ts']],
  ['node --loader ts-node/esm', 'ts-node-esm', ['--loader', 'ts-node/esm/transpile-only', 'main.ts']],
])('a counter counts under %s', async (_how, folder, args) => {
  expect((await node(folder, ...args)).stdout).toBe('1\n')
})

// With CommonJS it is what runs all our tests.
test('a counter counts under jest with ES modules', async () => {
  const { stderr } = await node('jest-esm', '--experimental-vm-modules', jestBin, '--ci', '--runInBand')
  expect(stderr).toContain('Tests:       1 passed, 1 total')
})

// Node aborts the program when a thread is ended at a certain moment of the `require` of an ES module.
test('a thread imports an ES module, and does not require it', async () => {
  expect((await node('esm', 'loaded-main.js')).stdout).toBe('imported\n')
})

// As under ts-jest, which shows the main program this file and no thread.
test('in a test runner a thread compiles TypeScript with the compiler of the project', async () => {
  const Counter = GenServer.define(resolve(consumers, 'ts-node-cjs/counter.ts'), {
    name: 'Counter',
    init: (count: number) => ok(count),
    handleCall: { get: (count) => reply(count, count) },
    handleCast: { inc: (count) => noreply(count + 1) },
  })
  await GenServer.startLink(Counter, 41)
  GenServer.cast(Counter, 'inc')
  expect(await GenServer.call(Counter, 'get')).toBe(42)
  await GenServer.stop(Counter)
})

test('with the options of the project, those it extends included', async () => {
  const Fields = GenServer.define(resolve(consumers, 'extended/fields.ts'), { init: () => ok({}), handleCall: { keys: (row) => reply(Object.keys(row), row) } })
  await using fields = await GenServer.startLink(Fields, undefined)
  expect(await GenServer.call(fields, 'keys')).toEqual([])
})

// As under vitest.
test('the same for ES modules, where Node has hooks for it', async () => {
  const hasHooks = 'registerHooks' in Module
  expect((await node('typed', 'main.js')).stdout).toMatch(hasHooks ? /^1\n$/ : /^ERR_NO_TYPESCRIPT expected Node 22.15 or later .*; write thread: /)
})

test('a compiler that cannot do it is refused with the remedy, each time', () => {
  const load = (): void => loadTypeScriptBy({ compiler: require.resolve('@typescript/native'), format: 'commonjs' })
  const refusal = expect.objectContaining({ code: 'ERR_NO_TYPESCRIPT', message: expect.stringMatching(/^expected a compiler with transpileModule, .* got TypeScript 7.*; write thread: /) as unknown })
  expect(load).toThrow(refusal)
  expect(load).toThrow(refusal)
})
