// A definition as an object: callbacks together with the place they are exported from, so that another thread can
// import the same file and find them. Also finds them.

import type { DefinitionRef, Host } from '../term/definition.js'
import { misuse, UsageError } from '../term/errors.js'
import { here } from './here.js'
import type { LocalProcess } from './local-process.js'
import { LONGEST_NAME } from './names.js'
import { pathOf, urlOf } from './place.js'

/** Marks a definition in any realm and any copy of the library. */
export const DEFINITION: unique symbol = Symbol.for('starfish.definition') as never

export interface Definition {
  readonly [DEFINITION]: DefinitionRef
  /** Brings the behaviour to life in `process`, and says through `here.role.started` what its init came to. */
  begin(process: LocalProcess, argument: unknown): void
}

export const isDefinition = (value: unknown): value is Definition =>
  typeof value === 'object' && value !== null && DEFINITION in value

/** Throws ERR_BAD_ARGUMENT for a definition of anything else. */
export function checkIsSupervisor(definition: Definition): void {
  if (definition[DEFINITION].kind !== 'supervisor') misuse('ERR_BAD_ARGUMENT', 'the definition of a supervisor', definition[DEFINITION].name, "it into a list, [[Counter, 0]], to have it supervised; GenServer.startLink to start it alone")
}

// What modules of this thread have defined, by place. More than one at a place: the file says the same export twice.
const defined = new Map<string, Definition[]>()

const placeOf = (ref: DefinitionRef): string => `${ref.url}#${ref.exportName}`

export function remember<D extends Definition>(definition: D): D {
  const place = placeOf(definition[DEFINITION])
  const others = defined.get(place)
  if (others) others.push(definition)
  else defined.set(place, [definition])
  return definition
}

/** As if its file had not been loaded. */
export const forget = (definition: Definition): void => void defined.delete(placeOf(definition[DEFINITION]))

/** Reads where a definition says it is: `import.meta.url`, `__filename`, either with `#Export` behind it. */
export function refOf(kind: DefinitionRef['kind'], where: unknown, name: string | undefined, host: Host, child: DefinitionRef['child'] = {}): DefinitionRef {
  const { url, exportName, isModule } = parsePlace(where)
  if (name !== undefined) checkName(name)
  const fallback = exportName === 'default' ? pathOf(url).replace(/^.*[\\/]/, '').replace(/\.[^.]*$/, '') : exportName
  return { kind, url, exportName, name: name ?? fallback, registered: name !== undefined, host, child, ...(isModule && { isModule: true as const }) }
}

let imports = false

/** Whether definitions of this program are in ES modules, which know their place as `import.meta.url`. */
export const inModules = (): boolean => imports

function parsePlace(where: unknown): { url: string; exportName: string; isModule: boolean } {
  const instead = "import.meta.url, or __filename in CommonJS, with '#Name' behind it when the definition is not the default export"
  if (typeof where !== 'string' || where === '') misuse('ERR_BAD_DEFINITION', 'the place of this file', where, instead)
  const [file, exportName = 'default'] = splitAtHash(where)
  if (file.startsWith('file:')) {
    imports = true
    return { url: file, exportName, isModule: true }
  }
  const url = urlOf(file)
  if (url !== undefined) return { url, exportName, isModule: false }
  return misuse('ERR_BAD_DEFINITION', 'a file: URL or an absolute path', where, instead)
}

function splitAtHash(where: string): [string, string?] {
  const hash = where.lastIndexOf('#')
  const exportName = where.slice(hash + 1)
  return hash > 0 && /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(exportName) ? [where.slice(0, hash), exportName] : [where]
}

export function checkName(name: unknown): asserts name is string {
  const instead = "a short word such as 'Counter'"
  if (typeof name !== 'string' || name === '') misuse('ERR_BAD_ARGUMENT', 'a name', name, instead)
  if (name.length > LONGEST_NAME) misuse('ERR_BAD_ARGUMENT', `a name of at most ${LONGEST_NAME} characters`, name, instead)
  if (name.startsWith('#PID<') || name.startsWith('#Ref<')) misuse('ERR_BAD_ARGUMENT', 'a name that does not look like a pid or a ref', name, instead)
}

/** The definition a ref means, imported into this thread. Rejects with ERR_BAD_DEFINITION, or what the import threw. */
export async function findDefinition(ref: DefinitionRef): Promise<Definition> {
  const known = defined.get(placeOf(ref))
  if (known?.length === 1) return known[0]!
  const loaded = await importModule(ref.url, ref.isModule !== true)
  if (here.refusal !== undefined) throw here.refusal
  const made = defined.get(placeOf(ref))
  if (made && made.length > 1) {
    throw new UsageError(
      'ERR_BAD_DEFINITION',
      `expected one definition at ${placeOf(ref)}, got ${made.length}; write define(import.meta.url + '#Name', ...) for each but the default export`,
    )
  }
  const found = pick(loaded, ref.exportName)
  if (isDefinition(found)) return found
  if (found === undefined && made !== undefined && isExported(loaded, made[0]!)) return made[0]!
  const what = ref.exportName === 'default' ? 'its default export' : `an export named ${ref.exportName}`
  throw new UsageError(
    'ERR_BAD_DEFINITION',
    `expected ${ref.url} to have the definition ${ref.name} as ${what}, got ${found === undefined ? 'no such export' : `a ${typeof found}`}; ` +
      (ref.exportName === 'default' ? 'write `export default` before it, or define(import.meta.url + \'#Name\', ...)' : `write \`export const ${ref.exportName} = ...\``),
  )
}

// A CommonJS module seen through import() has its exports under `default`, once or twice.
function pick(loaded: unknown, exportName: string): unknown {
  const modules = [loaded, (loaded as { default?: unknown }).default]
  for (const module of modules) {
    if (!isObject(module)) continue
    const found = module[exportName]
    if (isDefinition(found)) return found
  }
  return modules.find((module) => isDefinition(module) && exportName === 'default') ?? (loaded as Record<string, unknown>)[exportName]
}

// A bundler gives exports names of its own.
const isExported = (loaded: unknown, definition: Definition): boolean =>
  [loaded, (loaded as { default?: unknown }).default].some((module) => isObject(module) && Object.values(module).includes(definition))

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const ONLY_IMPORT = new Set(['ERR_REQUIRE_ESM', 'ERR_REQUIRE_ASYNC_MODULE', 'ERR_REQUIRE_CYCLE_MODULE', 'ERR_UNKNOWN_FILE_EXTENSION'])

// A file that require takes for JavaScript only because it does not know better is left to import().
function canRequire(path: string): boolean {
  const extension = /\.[^.\\/]*$/.exec(path)?.[0] ?? ''
  return extension === '.js' || extension === '.cjs' || (extension !== '.mjs' && extension !== '.mts' && extension in require.extensions)
}

let importer = (url: string): Promise<unknown> => import(url)

/** Says how modules are imported: the text of the kernel that threads run has no loader of its own. */
export function importBy(loader: (url: string) => Promise<unknown>): void {
  importer = loader
}

// `require` starts a CommonJS module some 10 ms sooner than `import()`, which has to wake the ESM loader first. It takes ES modules
// too, but Node aborts the whole program when a thread is ended in that moment (CreateRequiredModuleFacade in module_wrap.cc).
export async function importModule(url: string, isCommonJs = false): Promise<unknown> {
  const before = here.loading
  here.loading = url
  try {
    const path = pathOf(url)
    if (isCommonJs && canRequire(path)) {
      try {
        return require(path)
      } catch (error) {
        if (!ONLY_IMPORT.has((error as NodeJS.ErrnoException).code ?? '')) throw error
      }
    }
    return await importer(url)
  } finally {
    here.loading = before
  }
}
