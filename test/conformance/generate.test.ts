// The recorded scenarios can be made again: the generators give for their seed what lies there, one and the same every time.
import { expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(__dirname, '../../conformance')

test.each(['sup', 'gs', 'proc', 'reg', 'task'])('%s', (family) => {
  const program = `import { generate } from './elixir/generate/index.mjs'; for (const one of generate('${family}', 1000, 200)) console.log(JSON.stringify(one))`
  const made = execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 24 })
  expect(made).toBe(readFileSync(join(folder, `recorded/${family}-1000.scenarios.ndjson`), 'utf8'))
})
