// How a thread loads a TypeScript module: as the program does, where the program left a trace of how that is; under a
// test runner, which transforms modules for itself alone, with the project's own compiler.

import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { hasPreload, isTypeScript } from '../rule/exec-argv.js'
import { inModules } from './definition.js'

export type TypeScriptLoader =
  /** A module that registers itself with `require`. */
  | { readonly preload: string }
  /** The `typescript` of the project, and what its output is to be. */
  | { readonly compiler: string; readonly format: 'commonjs' | 'module' }

// `ts-node file.ts` hooks itself into the main thread only, and leaves this mark.
const TS_NODE = Symbol.for('ts-node.register.instance')

/** What a thread must do before it can load the module; undefined: nothing, it is JavaScript, or Node or an inherited option sees to it. */
export function typescriptLoader(moduleUrl: string): TypeScriptLoader | undefined {
  if (!isTypeScript(moduleUrl) || hasPreload(process.execArgv)) return undefined
  if (TS_NODE in process) {
    const main = require.main?.path ?? process.cwd()
    return { preload: require.resolve('ts-node/register/transpile-only', { paths: [process.cwd(), main, __dirname] }) }
  }
  if (stripsTypes() && !inTestRunner()) return undefined
  try {
    return { compiler: createRequire(fileURLToPath(moduleUrl)).resolve('typescript'), format: inModules() ? 'module' : 'commonjs' }
  } catch {
    return undefined // Node will say that it does not know the extension
  }
}

const stripsTypes = (): boolean => (process.features as { typescript?: unknown }).typescript !== undefined && (process.features as { typescript?: unknown }).typescript !== false

const inTestRunner = (): boolean => process.env['JEST_WORKER_ID'] !== undefined || process.env['VITEST'] !== undefined
