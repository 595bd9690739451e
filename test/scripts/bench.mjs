// Runs the compiled benchmarks one after the other, each in a Node of its own: all, or those named.
//   npm run bench
//   npm run bench -- call restart
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

const dist = resolve(import.meta.dirname, '../../benchmarks/dist')
const sources = readdirSync(join(dist, '..')).filter((file) => file.endsWith('.ts'))
const named = process.argv.slice(2)
const names = named.length > 0 ? named : sources.map((file) => file.slice(0, -'.ts'.length))

for (const name of names) {
  const file = join(dist, `${name}.js`)
  if (!existsSync(file)) throw new Error(`no benchmark ${name}; there are: ${sources.join(', ')}`)
  console.log(`\n== ${name}`)
  if (spawnSync(process.execPath, [file], { stdio: 'inherit' }).status !== 0) process.exitCode = 1
}
