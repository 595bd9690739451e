// Modules that only an import can load, in threads that did not load the runtime from its files.
import { expect, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { join } from 'node:path'

test('a server in an ES module with an await at its top has as many lives as any, and nothing is printed beside', async () => {
  const program = join(__dirname, '../fixtures/module-program.mjs')
  const output = await new Promise((resolve, reject) => {
    execFile(process.execPath, [program], { timeout: 20_000 }, (error, stdout, stderr) => (error ? reject(error) : resolve(stdout + stderr)))
  })
  expect(output).toBe('77777')
})
