// The recorded scenarios can be made again: the generators give for their seed what lies there, byte for byte.
import { expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(__dirname, '../../conformance')
const families = ['sup', 'gs', 'proc', 'reg', 'task']

test('the generators make the recorded scenarios again', () => {
  const program = `
    import { generate } from './elixir/generate/index.mjs'
    for (const family of ${JSON.stringify(families)}) for (const one of generate(family, 1000, 200)) console.log(JSON.stringify(one))`
  const made = execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 24 })
  const lying = families.map((family) => readFileSync(join(folder, `recorded/${family}-1000.scenarios.ndjson`), 'utf8')).join('')
  expect(made === lying).toBe(true)
})
