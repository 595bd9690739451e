// The kinds of projects there are: their files, what they are built with, how they are run. Each step is the arguments
// of a Node; a `bin` is a file of an installed package.
import { commonJs, guarded, inCommonJs, modules, poolModules, testingPage, testOf, typescript, typescriptCommonJs } from './programs.mjs'

const json = (value) => `${JSON.stringify(value, null, 2)}\n`
const tsconfig = (options = {}) =>
  json({ compilerOptions: { target: 'es2022', lib: ['es2023', 'esnext.disposable'], types: ['node'], module: 'nodenext', rootDir: '.', strict: true, ...options } })

const TSC = '@typescript/native/bin/tsc'
const JEST = 'jest/bin/jest.js'
const nativeTypes = [22, 24, 26]

/**
 * @typedef {object} Kind
 * @property {'module' | 'commonjs'} type of its package.json
 * @property {(major: number) => Record<string, string>} files
 * @property {readonly (readonly string[])[]} steps the last one is the program
 * @property {RegExp} [passes] what a test runner says when all is well; else the program's own output counts
 * @property {RegExp} [told] what the last step, which has to fail, says
 * @property {readonly number[]} [only] the major versions of Node that can run it
 * @property {string} [why] what is missing in the others
 */

/** @type {Record<string, Kind>} */
export const KINDS = {
  'plain ESM': { type: 'module', files: modules, steps: [['main.js']] },
  'plain CommonJS': { type: 'commonjs', files: commonJs, steps: [['main.js']] },
  'TypeScript to ESM': {
    type: 'module',
    files: () => ({ ...typescript(), 'tsconfig.json': tsconfig({ outDir: 'dist' }) }),
    steps: [[`bin:${TSC}`], ['dist/main.js']],
  },
  'TypeScript to CommonJS': {
    type: 'commonjs',
    files: () => ({ ...typescriptCommonJs(), 'tsconfig.json': tsconfig({ outDir: 'dist' }) }),
    steps: [[`bin:${TSC}`], ['dist/main.js']],
  },
  'ts-node CommonJS': {
    type: 'commonjs',
    files: () => ({ ...typescriptCommonJs(), 'tsconfig.json': tsconfig() }),
    steps: [['bin:ts-node/dist/bin.js', '--transpile-only', 'main.ts']],
  },
  'ts-node ESM': {
    type: 'module',
    files: () => ({ ...typescript(), 'tsconfig.json': tsconfig() }),
    steps: [['--loader', 'ts-node/esm/transpile-only', 'main.ts']],
  },
  'type stripping ESM': {
    type: 'module',
    files: (major) => typescript({ extension: '.ts', using: major >= 24 }),
    steps: [['main.ts']],
    only: nativeTypes,
    why: 'Node 20 does not strip types',
  },
  'jest with ts-jest': {
    type: 'commonjs',
    files: () => {
      const { 'counter.ts': counter, 'main.ts': main } = typescript({ extension: '' })
      return {
        'counter.ts': counter.replace('import.meta.url', '__filename'),
        'counter.test.ts': testOf(main, '@jest/globals'),
        'tsconfig.json': tsconfig({ isolatedModules: true }),
        'jest.config.js': "module.exports = { preset: 'ts-jest', testTimeout: 30_000 }\n",
      }
    },
    steps: [[`bin:${JEST}`, '--ci', '--runInBand']],
    passes: /Tests: +1 passed, 1 total/,
  },
  'jest ESM': {
    type: 'module',
    files: () => {
      const { 'counter.js': counter, 'main.js': main } = modules()
      return { 'counter.js': counter, 'counter.test.js': testOf(main, '@jest/globals'), 'jest.config.js': 'export default { transform: {} }\n' }
    },
    steps: [['--experimental-vm-modules', `bin:${JEST}`, '--ci', '--runInBand']],
    passes: /Tests: +1 passed, 1 total/,
  },
  vitest: {
    type: 'module',
    files: () => {
      const { 'counter.ts': counter, 'main.ts': main } = typescript()
      return { 'counter.ts': counter, 'counter.test.ts': testOf(main, 'vitest') }
    },
    steps: [['bin:vitest/vitest.mjs', 'run']],
    passes: /Tests +1 passed \(1\)/,
    only: nativeTypes,
    why: 'vitest 5 needs Node 22',
  },
  'testing under node:test': {
    type: 'module',
    files: () => ({ ...testingPage('node:test'), 'tsconfig.json': tsconfig({ outDir: 'dist' }) }),
    steps: [[`bin:${TSC}`], ['--test', 'dist/counter.test.js']],
    passes: /pass 1\n[^]*fail 0\n/,
  },
  'testing under jest': {
    type: 'commonjs',
    files: () => ({ ...inCommonJs(testingPage('jest')), 'tsconfig.json': tsconfig({ isolatedModules: true }), 'jest.config.js': "module.exports = { preset: 'ts-jest', testTimeout: 30_000 }\n" }),
    steps: [[`bin:${JEST}`, '--ci', '--runInBand']],
    passes: /Tests: +1 passed, 1 total/,
  },
  'testing under vitest': {
    type: 'module',
    files: () => testingPage('vitest'),
    steps: [['bin:vitest/vitest.mjs', 'run']],
    passes: /Tests +1 passed \(1\)/,
    only: nativeTypes,
    why: 'vitest 5 needs Node 22',
  },
  pool: {
    type: 'module',
    files: poolModules,
    steps: [['main.js']],
    passes: /^<h1>Pools<\/h1>\n404\n$/,
  },
  'starfish demo': {
    type: 'module',
    files: modules,
    steps: [['bin:@starfish/cli/dist/bin.js', 'demo', '.', '--plain', '--workers', '1', '--every', '50']],
    passes: /files +3 of 3\n[^]*nothing was lost/,
  },
  'esbuild bundle': {
    type: 'module',
    files: () => typescript(),
    steps: [
      ['bin:esbuild/bin/esbuild', 'main.ts', 'counter.ts', '--bundle', '--splitting', '--packages=external', '--platform=node', '--format=esm', '--target=node20', '--outdir=dist'],
      ['dist/main.js'],
    ],
  },
  'esbuild, one file, guarded': {
    type: 'module',
    files: () => {
      const { 'main.ts': main, ...others } = typescript()
      return { ...others, 'main.ts': guarded(main) }
    },
    steps: [['bin:esbuild/bin/esbuild', 'main.ts', '--bundle', '--packages=external', '--platform=node', '--format=esm', '--target=node20', '--outdir=dist'], ['dist/main.js']],
  },
  'esbuild, one file': {
    type: 'module',
    files: () => typescript(),
    steps: [['bin:esbuild/bin/esbuild', 'main.ts', '--bundle', '--packages=external', '--platform=node', '--format=esm', '--target=node20', '--outdir=dist'], ['dist/main.js']],
    told: /ERR_START_WHILE_LOADING/,
  },
  'esbuild, starfish inside': {
    type: 'module',
    files: () => typescript(),
    steps: [['bin:esbuild/bin/esbuild', 'main.ts', 'counter.ts', '--bundle', '--splitting', '--platform=node', '--format=esm', '--target=node20', '--outdir=dist'], ['dist/main.js']],
    told: /ERR_BUNDLED/,
  },
  'vite server bundle': {
    type: 'module',
    files: () => ({
      ...typescript(),
      'vite.config.js': "export default { build: { ssr: true, target: 'node20', rollupOptions: { input: ['main.ts', 'counter.ts'] } } }\n",
    }),
    steps: [['bin:vite/bin/vite.js', 'build'], ['dist/main.js']],
  },
  'rollup bundle': {
    type: 'module',
    files: modules,
    steps: [
      ['bin:rollup/dist/bin/rollup', 'main.js', 'counter.js', '--external', 'starfish', '--dir', 'dist'],
      ['dist/main.js'],
    ],
  },
}
