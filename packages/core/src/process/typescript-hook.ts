// Has this thread compile TypeScript modules as it loads them, each for itself, without a check, with the project's compiler.

import { existsSync, readFileSync } from 'node:fs'
import Module from 'node:module'
import { fileURLToPath } from 'node:url'
import { dirname } from 'node:path'
import { isTypeScript } from '../rule/exec-argv.js'
import { UsageError } from '../term/errors.js'
import type { TypeScriptLoader } from './typescript.js'

/** What we use of the compiler. */
interface Compiler {
  readonly version: string
  readonly sys: { readonly fileExists: (file: string) => boolean; readonly readFile: (file: string) => string | undefined }
  findConfigFile(folder: string, exists: (file: string) => boolean): string | undefined
  readConfigFile(file: string, read: (file: string) => string | undefined): { config?: object }
  parseJsonConfigFileContent(config: object, host: object, folder: string, override: undefined, file: string): { readonly options: object }
  readonly transpileModule?: (text: string, options: { fileName: string; compilerOptions: object }) => { outputText: string }
}

interface Hooks {
  resolve(specifier: string, context: { parentURL?: string }, next: (specifier: string, context: object) => object): object
  load(url: string, context: object, next: (url: string, context: object) => object): object
}

/** From Node 22.15 on. */
const { registerHooks } = Module as unknown as { registerHooks?: (hooks: Hooks) => void }

let registered = false

/** Throws ERR_NO_TYPESCRIPT when this Node or this compiler cannot do it. */
export function loadTypeScriptBy(loader: TypeScriptLoader): void {
  if (registered) return
  if ('preload' in loader) require(loader.preload)
  else register(loader)
  registered = true
}

function register({ compiler, format }: Exclude<TypeScriptLoader, { readonly preload: string }>): void {
  const compile = compilerOf(compiler)
  if (format === 'commonjs') hookRequire(compile)
  else hookImport(compile)
}

type Compile = (file: string, module: 'commonjs' | 'esnext') => string

function compilerOf(path: string): Compile {
  const compiler = require(path) as Compiler
  const { transpileModule } = compiler
  if (transpileModule === undefined) refuse(`a compiler with transpileModule, as TypeScript 6 has it, got TypeScript ${compiler.version}`)
  const known = new Map<string, object>()
  return (fileName, module) => {
    const config = compiler.findConfigFile(dirname(fileName), compiler.sys.fileExists)
    const own = config === undefined ? {} : (known.get(config) ?? optionsIn(compiler, config))
    if (config !== undefined) known.set(config, own)
    const compilerOptions = { target: 'es2022', esModuleInterop: true, ...own, module, moduleResolution: undefined, verbatimModuleSyntax: false, inlineSourceMap: true, sourceMap: false, declaration: false, composite: false, noEmit: false }
    return transpileModule(readFileSync(fileName, 'utf8'), { fileName, compilerOptions }).outputText
  }
}

// With what the file extends. Which files it is for is not looked for: that takes long, and we have ours.
function optionsIn(compiler: Compiler, file: string): object {
  const { config = {} } = compiler.readConfigFile(file, compiler.sys.readFile)
  return compiler.parseJsonConfigFileContent(config, { ...compiler.sys, readDirectory: () => [] }, dirname(file), undefined, file).options
}

// `./counter.js` in the source of counter.ts means what will be there when all is compiled.
const sourceOf = (specifier: string): string => specifier.replace(/\.([cm]?)js$/, '.$1ts')

function hookRequire(compile: Compile): void {
  type Compiling = NodeJS.Module & { _compile(code: string, file: string): void }
  const load = (module: NodeJS.Module, file: string): void => (module as Compiling)._compile(compile(file, 'commonjs'), file)
  for (const extension of ['.ts', '.cts', '.tsx']) require.extensions[extension as '.js'] = load
  const loader = Module as unknown as { _resolveFilename: (this: unknown, specifier: string, ...rest: unknown[]) => string }
  const resolve = loader._resolveFilename
  loader._resolveFilename = function (specifier, ...rest) {
    try {
      return resolve.call(this, specifier, ...rest)
    } catch (error) {
      const source = sourceOf(specifier)
      if (!specifier.startsWith('.') || source === specifier) throw error
      return resolve.call(this, source, ...rest)
    }
  }
}

function hookImport(compile: Compile): void {
  if (registerHooks === undefined) refuse(`Node 22.15 or later to load TypeScript as ES modules in a thread, got ${process.version}`)
  registerHooks({
    resolve(specifier, context, next) {
      const { parentURL } = context
      const source = sourceOf(specifier)
      const isSource = specifier.startsWith('.') && source !== specifier && parentURL !== undefined && isTypeScript(parentURL) && !existsSync(new URL(specifier, parentURL))
      return next(isSource ? source : specifier, context)
    },
    load(url, context, next) {
      if (!url.startsWith('file:') || !isTypeScript(url) || url.includes('/node_modules/')) return next(url, context)
      return { format: 'module', source: compile(fileURLToPath(url), 'esnext'), shortCircuit: true }
    },
  })
}

function refuse(what: string): never {
  throw new UsageError('ERR_NO_TYPESCRIPT', `expected ${what}; write thread: { execArgv: ['--import', 'tsx'] } into the child specs, or start the tests on compiled files`)
}
