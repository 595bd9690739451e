// What a program loads, and what its stack traces say: the code is minified, and its names and sources are to be found.
import { expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { mapStack } from '#core/process/source-map'

const run = (...flags: string[]) => spawnSync(process.execPath, [...flags, resolve(__dirname, 'fixtures/defines.js')], { encoding: 'utf8' })

test('a program that only defines servers loads the entry, and nothing of what runs them', () => {
  expect(run().stdout).toBe('index.js entry.js\n')
})

test('a stack trace names functions, and its places lead to the sources', () => {
  const { stderr } = run()
  expect(stderr).toMatch(/at misuse \(.*entry\.js:\d+:\d+\)\n +at checkCallbacks \(.*entry\.js:\d+:\d+\)\n +at .*define \(/)
  expect(mapStack(stderr)).toMatch(/at misuse \(.*core\/src\/term\/errors\.ts:\d+:\d+\)\n +at checkCallbacks \(.*core\/src\/behaviour\/gen-server\.ts:/)
})

test('so it does with --enable-source-maps', () => {
  expect(run('--enable-source-maps').stderr).toMatch(/at checkCallbacks \(.*core\/src\/behaviour\/gen-server\.ts:\d+:\d+\)\n +at .*\n +at .*fixtures\/defines\.ts:/)
})
