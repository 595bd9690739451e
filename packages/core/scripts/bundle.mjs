// Puts the compiled files of core together into a few, minified: a thread that loads one file starts sooner than one that
// loads eighty. Reads build (CommonJS, one file per source file), writes dist. Run after tsc: node bundle.mjs
//
// Each source file stays a function of its own, run when it is first asked for. A file of dist/<floor> is a door to that
// one copy, for our own tests; it is not published.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { decode, encode } from '@jridgewell/sourcemap-codec'
import { Minifier } from './minify.mjs'

const require = createRequire(import.meta.url)
const root = resolve(import.meta.dirname, '..')
const build = join(root, 'build')
const dist = join(root, 'dist')
const { version } = require(join(root, 'package.json'))
const minifier = new Minifier(build)

/** What programs and their modules load, and all it takes to define a server: these files, and no others. */
const ENTRY = [
  'index.js', 'internal.js', 'behaviour/gen-server.js', 'behaviour/returns.js', 'process/calls.js', 'process/clock.js', 'process/definition.js',
  'process/here.js', 'process/keys.js', 'process/lanes.js', 'process/last-map.js', 'process/names.js', 'process/place.js', 'process/start-options.js', 'process/surroundings.js', 'process/thread-options.js', 'process/turn.js', 'rule/marks.js', 'term/error-table.js', 'term/errors.js',
  'term/format.js', 'term/from.js', 'term/pid.js', 'term/ref.js', 'term/via.js', 'term/key.js',
]
/** The files of dist, by what they must hold. A module is in the first that reaches it, unless it is told to be in another. */
const CHUNKS = {
  'entry.js': [],
  // What every thread runs besides.
  'kernel.js': ['process/boot.js', 'process/process.js', 'process/address.js', 'behaviour/request.js', 'behaviour/server.js', 'behaviour/stop.js', 'behaviour/started.js', 'process/logger.js'],
  // What the main thread runs besides: it starts, judges and supervises.
  'host.js': ['process/main.js', 'supervision/supervisor.js'],
  // What it takes to run processes in child processes.
  'forks.js': ['process/boot-forked.js', 'process/fork.js'],
  // What it takes to make tables and to use them.
  'tables.js': ['behaviour/table.js', 'table/keeper.js', 'table/tables.js'],
  // What a program loads when it uses it.
  'extras.js': ['index.js', 'internal.js', 'behaviour/gen-server.js'],
}
/** What is named earlier, and loaded only when a program uses it. */
const TOLD = {
  'host.js': ['process/autopsies.js', 'process/log-output.js'],
  'forks.js': ['process/fork.js'],
  'tables.js': ['table/keeper.js', 'table/tables.js'],
  'extras.js': [
    'behaviour/code-change.js', 'behaviour/debug.js', 'behaviour/multi-call.js', 'behaviour/persist.js', 'behaviour/persistence.js',
    'behaviour/sys.js', 'behaviour/sys-function.js', 'behaviour/watchers.js', 'process/typescript-hook.js',
  ],
}
/** What of Node a new thread takes a while to load: when it is used. */
const DEAR = ['node:diagnostics_channel', 'node:fs', 'node:module', 'node:os', 'node:path', 'node:url', 'node:util', 'node:util/types', 'node:v8']
/** What is in the file that needs it, and run only when it is used, as in most threads it is not. */
const SELDOM = ['process/rehearsal.js', 'term/error-table.js', 'term/key.js']
/** The entries of the package. */
const FACES = ['index.js', 'internal.js']
/** The first file of a thread, and of a child process, and what spares rehearse with: they stand outside, since they load the others. */
const STARTERS = ['starter.js', 'forked.js', 'understudy.js']
/** Runs once the kernel is there, unless a starter has brought it. */
const MAIN = 'process/main.js'

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
const chunkOf = new Map([...ENTRY.map((id) => [id, 'entry.js']), ...Object.entries(TOLD).flatMap(([chunk, ids]) => ids.map((id) => [id, chunk]))])
for (const [chunk, roots] of Object.entries(CHUNKS)) {
  const walk = (id) => {
    if (!chunkOf.has(id)) chunkOf.set(id, chunk)
    else if (!roots.includes(id) && !TOLD[chunk]?.includes(id)) return
    modules.get(id).imports.forEach(walk)
  }
  for (const id of [...roots, ...(TOLD[chunk] ?? [])]) walk(id)
}

/** A module as a function of its exports. In the place of one in a later chunk stands what loads it when it is used. */
function wrap(id) {
  const order = Object.keys(CHUNKS)
  const { code } = modules.get(id)
  const isLater = (target) => order.indexOf(chunkOf.get(target)) > order.indexOf(chunkOf.get(id))
  const joined = code
    .replace(/^(?:const|var) (\w+) = require\("([^"]*)"\);$/gm, (line, variable, specifier) => {
      const target = specifier.startsWith('.') ? locate(id, specifier) : specifier
      if (!isLater(target) && !DEAR.includes(target) && !SELDOM.includes(target)) return line
      return `let ${variable} = lazily(${JSON.stringify(target)}, (found) => { ${variable} = found; });`
    })
    // `export * as Task`: what it names is made when somebody asks for it, as most threads do not.
    .replace(/^exports\.(\w+) = __importStar\(require\("(\.[^"]*)"\)\);$/gm, (line, name, specifier) => {
      const target = locate(id, specifier)
      if (!isLater(target)) return line
      return `{ let found; Object.defineProperty(exports, ${JSON.stringify(name)}, { enumerable: true, get: () => (found ??= namespace(${JSON.stringify(target)}, ${JSON.stringify(Object.keys(require(join(build, target))))})) }); }`
    })
    // Without it, accessors are made as such: an object in which a value becomes one is a table for V8, into which every call looks.
    .replace(/^exports\..* = void 0;$/m, '')
    .replace(/\brequire\("(\.[^"]*)"\)/g, (_, specifier) => `load(${JSON.stringify(locate(id, specifier))})`)
  // On one line with the first, which tells no more than "use strict": the lines of the source map hold.
  return minifier.minify(`modules[${JSON.stringify(id)}] = function (exports) { ${joined}};`, modules.get(id).map)
}

/** Writes a file of dist from pieces of code, with one source map made of those they bring. */
function write(file, pieces) {
  const whole = { version: 3, file, sources: [], sourcesContent: [], names: [], mappings: [] }
  for (const { code, map } of pieces) {
    const lines = map ? decode(map.mappings) : []
    const [sources, names] = [whole.sources.length, whole.names.length]
    for (let line = 0; line < code.split('\n').length - 1; line++) {
      whole.mappings.push((lines[line] ?? []).map(([column, source, ...rest]) =>
        source === undefined ? [column] : [column, source + sources, ...rest.map((value, i) => (i === 2 ? value + names : value))]))
    }
    for (const key of ['sources', 'sourcesContent', 'names']) whole[key].push(...(map?.[key] ?? []))
  }
  writeFileSync(join(dist, file), `${pieces.map(({ code }) => code).join('')}//# sourceMappingURL=${file}.map\n`)
  writeFileSync(join(dist, `${file}.map`), JSON.stringify({ ...whole, mappings: encode(whole.mappings) }))
}

const idsOf = (chunk) => [...modules.keys()].filter((id) => chunkOf.get(id) === chunk)
const elsewhere = Object.fromEntries(Object.keys(CHUNKS).slice(1).map((chunk) => [`./${chunk}`, idsOf(chunk)]))

const head = await minifier.minify(`'use strict';
const modules = { __proto__: null };
const loaded = { __proto__: null };
const elsewhere = () => (${JSON.stringify(elsewhere)});
function load(id) {
  if (loaded[id] === undefined && modules[id] === undefined) fetch(id);
  const before = loaded[id];
  if (before !== undefined) return before;
  const exports = loaded[id] = {};
  try {
    modules[id](exports);
  } catch (error) {
    delete loaded[id];
    throw error;
  }
  return exports;
}
function fetch(id) {
  const [file] = Object.entries(elsewhere()).find(([, ids]) => ids.includes(id));
  if (file !== './kernel.js') return load.add(require(file));
  try {
    // Both or none: there may be no files left to open.
    [require(file), modules[${JSON.stringify(MAIN)}] ? () => {} : require('./host.js')].forEach(load.add);
  } catch (error) {
    throw new (load('term/errors.js').StartError)(['error', error], 'the runtime', { cause: error });
  }
  load(${JSON.stringify(MAIN)});
}
load.add = (chunk) => chunk(modules, load, lazily, namespace);
function lazily(id, keep) {
  const get = (_, name) => {
    const found = id.startsWith('node:') ? require(id) : load(id);
    keep(found);
    return found[name];
  };
  return new Proxy({}, { get });
}
function namespace(id, names) {
  // Without a prototype it is a table from the first: with one, each getter would make a new shape.
  const space = Object.create(null, { __esModule: { value: true } });
  const get = (name) => () => {
    Object.defineProperties(space, Object.getOwnPropertyDescriptors(load(id)));
    return space[name];
  };
  for (const name of names) Object.defineProperty(space, name, { get: get(name), enumerable: true, configurable: true });
  return Object.setPrototypeOf(space, Object.prototype);
}
globalThis[Symbol.for(${JSON.stringify(`starfish.kernel ${version}`)})] = load;
module.exports = load;
`)
const comment = `// starfish ${version}, minified: one function per source file. The sources, with their comments, are in the source map.\n`

for (const chunk of Object.keys(CHUNKS)) {
  const bodies = await Promise.all(idsOf(chunk).map(wrap))
  if (chunk === 'entry.js') write(chunk, [{ code: comment }, { code: head.code }, ...bodies])
  else write(chunk, [{ code: `${comment}'use strict'\nmodule.exports = (modules, load, lazily, namespace) => {\n` }, ...bodies, { code: '}\n' }])
}

for (const id of STARTERS) write(id, [await minifier.minify(modules.get(id).code, modules.get(id).map)])
minifier.save()
// The same for programs of ES modules.
writeFileSync(join(dist, 'understudy.mjs'), "export { default } from './understudy.js'\n")

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
  const entry = relative(dirname(path), join(dist, 'entry.js')).split(sep).join('/')
  // Says the names where the lexer of Node's ES modules looks for them.
  const names = FACES.includes(id) ? `0 && (module.exports = { ${Object.keys(require(join(build, id))).join(', ')} });\n` : ''
  const guard = FACES.includes(id) ? 'outsideOfBundles() || ' : ''
  const load = `globalThis[Symbol.for('starfish.kernel ${version}')] || ${guard}require('${entry.startsWith('.') ? '' : './'}${entry}')`
  writeFileSync(path, `'use strict';\nconst load = ${load};\nmodule.exports = load('${id}');\n${names}${guard && unbundled}`)
}
