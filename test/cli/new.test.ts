// starfish new: the project it makes passes its own test.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { createProject } from '#cli/new'
import { assertNoLeaks } from '@starfish/testing'

jest.setTimeout(30_000)

// Inside of this repository, so that what the project depends on is there.
let base: string
beforeAll(() => {
  base = mkdtempSync(resolve(__dirname, '../../dist/new-'))
})
afterAll(() => {
  rmSync(base, { recursive: true })
  return assertNoLeaks()
})

const run = async (cwd: string, ...args: string[]): Promise<string> => {
  const { NODE_OPTIONS: _options, JEST_WORKER_ID: _id, NODE_TEST_CONTEXT: _context, ...env } = process.env
  return (await promisify(execFile)(process.execPath, args, { cwd, env })).stdout
}

test.each(['ts', 'js'] as const)('the files of a project in %s', async (language) => {
  const folder = join(base, `files-${language}`)
  const said = await createProject(folder, language, '1.2.3')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.includes('.')).sort()
  const e = language
  expect(files).toEqual(['.gitignore', 'README.md', 'package.json', `src/application.${e}`, `src/counter.${e}`, `src/main.${e}`, `test/counter.test.${e}`, ...(e === 'ts' ? ['tsconfig.json'] : [])])
  const { name, dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string; dependencies: object }
  expect({ name, dependencies }).toEqual({ name: `files-${language}`, dependencies: { starfish: '^1.2.3' } })
  for (const file of files) expect(readFileSync(join(folder, file), 'utf8')).not.toContain('{{')
  expect(said).toContain(`files-${language} is ready`)
})

test('in TypeScript it compiles and passes its own test', async () => {
  const folder = join(base, 'hello')
  await createProject(folder, 'ts', '0.1.0')
  await run(folder, join(require.resolve('@typescript/native/package.json'), '../bin/tsc'))
  expect(await run(folder, '--test', 'dist/test/counter.test.js')).toMatch(/pass 3\n[^]*fail 0\n/)
})

test('in JavaScript it is the same without types', async () => {
  const folder = join(base, 'plain')
  await createProject(folder, 'js', '0.1.0')
  expect(await run(folder, '--test', 'test/counter.test.js')).toMatch(/pass 3\n[^]*fail 0\n/)
})

describe('refused', () => {
  test.each([
    ['Hello', /^expected a name of lower-case letters/],
    ['2fast', /^expected a name of lower-case letters/],
    ['a b', /^expected a name of lower-case letters/],
    ['starfish', /^expected a name of its own/],
  ])('the name %j', async (name, message) => {
    await expect(createProject(join(base, name), 'ts', '0.1.0')).rejects.toThrow(expect.objectContaining({ name: 'Refusal', message: expect.stringMatching(message) as unknown }))
  })

  test('a folder with something in it, and a file', async () => {
    writeFileSync(join(base, 'taken'), '')
    await expect(createProject(base, 'ts', '0.1.0')).rejects.toThrow(/^expected /)
    await expect(createProject(join(base, 'taken'), 'ts', '0.1.0')).rejects.toThrow(/^expected a folder to be made/)
  })
})
