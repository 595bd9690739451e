// Writes the ESM face of a package: dist/index.mjs names every export of the CommonJS build, so that
// `import` and `require` share one copy. Run after tsc: node esm-face.mjs packages/core packages/testing
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'

const require = createRequire(import.meta.url)

for (const folder of process.argv.slice(2)) {
  const dist = resolve(folder, 'dist')
  const names = Object.keys(require(`${dist}/index.js`)).sort()
  const lines = names.map((name) => `export const ${name} = cjs.${name}`)
  writeFileSync(`${dist}/index.mjs`, ["import cjs from './index.js'", ...lines, ''].join('\n'))
  writeFileSync(`${dist}/index.d.mts`, "export * from './index.js'\n")
}
