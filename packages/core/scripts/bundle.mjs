// Puts the compiled files of core together into a few: a thread that loads one file starts sooner than one that loads
// eighty. Reads build (CommonJS, one file per source file), writes dist. Run after tsc: node bundle.mjs
//
// Each source file stays a function of its own, run when it is first asked for. A file of dist/<floor> is a door to that
// one copy, for our own tests; it is not published.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve, sep } from 'node:path'

const require = createRequire(import.meta.url)
const root = resolve(import.meta.dirname, '..')
const build = join(root, 'build')
const dist = join(root, 'dist')
const { version } = require(join(root, 'package.json'))

/** The files of dist, by what they must hold. A module is in the first that reaches it. */
const CHUNKS = {
  // What every thread runs.
  'kernel.js': ['process/boot.js', 'behaviour/gen-server.js', 'behaviour/returns.js', 'behaviour/sys.js', 'process/process.js', 'process/logger.js'],
  // What the main thread runs besides: it starts, judges and supervises.
  'host.js': ['process/arbiter.js', 'supervision/supervisor.js'],
  // What it takes to run processes in child processes.
  'forks.js': ['process/boot-forked.js', 'process/fork.js'],
  // What a program loads when it uses it.
  'extras.js': ['index.js', 'internal.js', 'table/keeper.js', 'table/tables.js', 'process/typescript-hook.js', 'behaviour/persist.js', 'behaviour/persistence.js'],
}
/** What programs load, and so is in the kernel, though it names all the rest: that is loaded when it is used. */
const ENTRIES = ['index.js', 'internal.js']
/** What the kernel and the host name, and load only when a program uses it. */
const LATER = { 'table/keeper.js': 'extras.js', 'table/tables.js': 'extras.js', 'process/typescript-hook.js': 'extras.js', 'behaviour/persist.js': 'extras.js', 'behaviour/persistence.js': 'extras.js', 'process/fork.js': 'forks.js' }
/** The first file of a thread, and of a child process: they stand outside, since they load the kernel. */
const STARTERS = ['starter.js', 'forked.js']

const modules = new Map(
  readdirSync(build, { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(sep).join('/'))
    .filter((file) => file.endsWith('.js'))
    .sort()
    .map((id) => [id, readModule(id)]),
)

function readModule(id) {
  const code = readFileSync(join(build, id), 'utf8').replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n')
  const map = JSON.parse(readFileSync(join(build, `${id}.map`), 'utf8'))
  map.sources = map.sources.map((source) => join(dirname(id), source).split(sep).join('/'))
  delete map.file
  return { code, map, imports: [...code.matchAll(/\brequire\("(\.[^"]*)"\)/g)].map(([, specifier]) => locate(id, specifier)) }
}

function locate(from, specifier) {
  return join(dirname(from), specifier).split(sep).join('/')
}

/** Which file of dist each module is in. */
const chunkOf = new Map([...ENTRIES.map((id) => [id, 'kernel.js']), ...Object.entries(LATER)])
for (const [chunk, roots] of Object.entries(CHUNKS)) {
  const walk = (id) => {
    if (!chunkOf.has(id)) chunkOf.set(id, chunk)
    else if (!roots.includes(id)) return
    modules.get(id).imports.forEach(walk)
  }
  roots.forEach(walk)
}

/** A module as a function of its exports. Of one in a later chunk it gets the names, and the values when it uses one. */
function wrap(id) {
  const order = Object.keys(CHUNKS)
  const code = modules.get(id).code.replace(/\brequire\("(\.[^"]*)"\)/g, (_, specifier) => {
    const target = locate(id, specifier)
    const isLater = order.indexOf(chunkOf.get(target)) > order.indexOf(chunkOf.get(id))
    return isLater ? `lazily(${JSON.stringify(target)}, ${JSON.stringify(Object.keys(require(join(build, target))))})` : `load(${JSON.stringify(target)})`
  })
  return ascii(`modules[${JSON.stringify(id)}] = function (exports) {\n${code}};\n`)
}

// A string with one character beyond Latin-1 takes twice the memory, in every thread.
const ascii = (code) => code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Writes a file of dist from pieces of code, each with the source map it brings. */
function write(file, pieces) {
  const sections = []
  let line = 0
  for (const { code, map, skip = 0 } of pieces) {
    if (map) sections.push({ offset: { line: line + skip, column: 0 }, map })
    line += code.split('\n').length - 1
  }
  writeFileSync(join(dist, file), `${pieces.map(({ code }) => code).join('')}//# sourceMappingURL=${file}.map\n`)
  writeFileSync(join(dist, `${file}.map`), JSON.stringify({ version: 3, file, sections }))
}

const chunkFiles = JSON.stringify(Object.fromEntries([...chunkOf].filter(([, chunk]) => chunk !== 'kernel.js').map(([id, chunk]) => [id, `./${chunk}`])), null, 2)

const kernelHead = `'use strict';
// What every thread runs of starfish ${version}: one function per source file. The sources, with their comments, are in
// the source map. Loaded by require on the main thread, by starter.js in a worker.
const modules = { __proto__: null };
const loaded = { __proto__: null };
const elsewhere = ${chunkFiles};
function load(id) {
  const before = loaded[id];
  if (before !== undefined) return before;
  if (modules[id] === undefined) require(elsewhere[id])(modules, load, lazily);
  const exports = loaded[id] = {};
  try {
    modules[id](exports);
  } catch (error) {
    delete loaded[id];
    throw error;
  }
  return exports;
}
function lazily(id, names) {
  const namespace = Object.defineProperty({}, '__esModule', { value: true });
  const get = (name) => () => {
    Object.defineProperties(namespace, Object.getOwnPropertyDescriptors(load(id)));
    return namespace[name];
  };
  for (const name of names) Object.defineProperty(namespace, name, { get: get(name), enumerable: true, configurable: true });
  return namespace;
}
globalThis[Symbol.for('starfish.kernel ${version}')] = load;
module.exports = load;
`

for (const chunk of Object.keys(CHUNKS)) {
  const ids = [...modules.keys()].filter((id) => chunkOf.get(id) === chunk)
  const bodies = ids.map((id) => ({ code: wrap(id), map: modules.get(id).map, skip: 1 }))
  if (chunk === 'kernel.js') write(chunk, [{ code: kernelHead }, ...bodies])
  else write(chunk, [{ code: `'use strict';\nmodule.exports = (modules, load, lazily) => {\n` }, ...bodies, { code: '};\n' }])
}

for (const id of STARTERS) write(id, [{ code: ascii(modules.get(id).code), map: modules.get(id).map }])

// Threads run files of dist. Whoever put this one into a bundle is told, before what is missing there fails in other words.
const unbundled = `function outsideOfBundles() {
  if (typeof __dirname !== 'undefined' && require('node:fs').existsSync(__dirname + '/${STARTERS[0]}')) return;
  const text = 'expected starfish to be loaded from its own folder, where its threads find their code, got it inside of a bundle; ' +
    "write --packages=external (esbuild), ssr: { external: ['starfish'] } (vite), external: ['starfish'] (rollup), externals: { starfish: 'commonjs starfish' } (webpack)";
  throw Object.assign(new Error(text), { name: 'UsageError', code: 'ERR_BUNDLED' });
}
`

// One copy per realm, whichever loader of Node or jest finds the way here.
for (const id of chunkOf.keys()) {
  const path = join(dist, id)
  mkdirSync(dirname(path), { recursive: true })
  const kernel = relative(dirname(path), join(dist, 'kernel.js')).split(sep).join('/')
  // Says the names where the lexer of Node's ES modules looks for them.
  const names = ENTRIES.includes(id) ? `0 && (module.exports = { ${Object.keys(require(join(build, id))).join(', ')} });\n` : ''
  const guard = ENTRIES.includes(id) ? 'outsideOfBundles() || ' : ''
  const load = `globalThis[Symbol.for('starfish.kernel ${version}')] || ${guard}require('${kernel.startsWith('.') ? '' : './'}${kernel}')`
  writeFileSync(path, `'use strict';\nconst load = ${load};\nmodule.exports = load('${id}');\n${names}${guard && unbundled}`)
}
