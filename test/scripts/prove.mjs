// Runs in full what npm test takes samples of, and prints the seed of what is random. Build first.
//   npm run prove                       all
//   npm run prove -- settle             each way to die at each moment of a life
//   npm run prove -- seams              a thread ended at each step of all it does
//   npm run prove -- chaos --seed 7 --runs 500
//   npm run prove -- garbage --runs 2000    anything that a thread could post
//   npm run prove -- leaks                  workers killed at all moments of their lives: nothing is left
//   npm run prove -- order                  what two say that meet for the first time arrives in its order
//   npm run prove -- fuzz                   anything for the arguments of every public function
import { spawnSync } from 'node:child_process'
import { basename, resolve } from 'node:path'
import { parseArgs } from 'node:util'

const root = resolve(import.meta.dirname, '../..')
const PROOFS = ['process/settle', 'process/seams', 'process/chaos', 'process/garbage', 'process/leaks', 'process/order', 'fuzz']
const { values, positionals } = parseArgs({ allowPositionals: true, options: { seed: { type: 'string' }, runs: { type: 'string', default: '500' } } })
const names = PROOFS.map((path) => basename(path))
const unknown = positionals.filter((name) => !names.includes(name))
if (unknown.length > 0) throw new Error(`expected some of ${names.join(', ')}, got ${unknown.join(', ')}`)

const seed = values.seed ?? String(Date.now() % 2 ** 31)
console.log(`seed ${seed}`)
const files = PROOFS.filter((path) => positionals.length === 0 || positionals.includes(basename(path))).map((path) => `test/dist/core/${path}.test.js`)
const env = { ...process.env, STARFISH_PROOF: 'full', STARFISH_RUNS: values.runs, STARFISH_SEED: seed }
process.exitCode = spawnSync(process.execPath, ['node_modules/jest/bin/jest.js', '--runInBand', ...files], { cwd: root, env, stdio: 'inherit' }).status ?? 1
