// Runs the test suite under several versions of Node, each fetched once from npm into .nodes/ (Linux, x64).
//   npm run matrix                 20.19.0, 22, 24 and 26
//   npm run matrix -- 24 26        only those
// Further words beginning with - go to jest: npm run matrix -- 24 --testPathPatterns wire
import { execFileSync, spawnSync } from 'node:child_process'
import { dirname, resolve } from 'node:path'
import { install, VERSIONS } from './nodes.mjs'

const root = resolve(import.meta.dirname, '../..')
const words = process.argv.slice(2)
const flag = words.findIndex((word) => word.startsWith('-'))
const versions = flag < 0 ? words : words.slice(0, flag)
const jestWords = flag < 0 ? [] : words.slice(flag)
if (versions.length === 0) versions.push(...VERSIONS)

const failed = versions.filter((version) => {
  const node = install(version)
  console.log(`\n== Node ${execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()}`)
  // First on the PATH too, so that the children a test spawns by name are the same Node.
  const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` }
  return spawnSync(node, ['node_modules/jest/bin/jest.js', ...jestWords], { cwd: root, env, stdio: 'inherit' }).status !== 0
})

console.log(failed.length === 0 ? `\nall of ${versions.join(', ')} passed` : `\nfailed under ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
