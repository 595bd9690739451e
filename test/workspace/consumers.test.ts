// Programs as users write them, each a folder of ./consumers run in a Node of its own: core must load as one copy
// from CommonJS, from ES modules, under ts-node and in jest, and a process must work there.
import { expect, jest, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'

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

test.each([
  ['jest-cjs'],
  ['jest-esm', '--experimental-vm-modules'],
])('a counter counts under %s', async (folder, ...options) => {
  const { stderr } = await node(folder, ...options, jestBin, '--ci', '--runInBand')
  expect(stderr).toContain('Tests:       1 passed, 1 total')
})
