// Minifies one compiled file, so that its stack traces can still be read: functions and classes keep their names, each
// statement a line, and the source map leads to the sources. What it made of a text it keeps in build, for the next run.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { minify as terser } from 'terser'

const { version } = createRequire(import.meta.url)('terser/package.json')

const OPTIONS = {
  ecma: 2022,
  // Whatever takes a function out of a stack trace, or joins statements, stays off.
  compress: { passes: 2, sequences: false, inline: false, reduce_funcs: false },
  keep_classnames: true,
  keep_fnames: true,
  format: { semicolons: false, ascii_only: true },
}

/** A function that has its name from the variable it is assigned to. */
const NAMED_BY_VARIABLE = /\b(?:const|let|var) (\w+) = (?:async )?(?:function\b|class\b|\w+ =>|\([^()]*(?:\([^()]*\)[^()]*)*\) =>)/g

export class Minifier {
  #file
  #before
  #after = {}

  constructor(folder) {
    this.#file = join(folder, '.minified.json')
    try {
      this.#before = JSON.parse(readFileSync(this.#file, 'utf8'))
    } catch {
      this.#before = {}
    }
  }

  /** The code, and the map from it to the sources; `map` leads from what is given. */
  async minify(code, map) {
    const key = createHash('sha256').update(JSON.stringify([version, OPTIONS, String(NAMED_BY_VARIABLE), code, map])).digest('base64')
    return (this.#after[key] ??= this.#before[key] ?? (await minified(code, map)))
  }

  save() {
    writeFileSync(this.#file, JSON.stringify(this.#after))
  }
}

async function minified(code, map) {
  const reserved = [...code.matchAll(NAMED_BY_VARIABLE)].map(([, name]) => name)
  const result = await terser(code, { ...OPTIONS, mangle: { reserved }, ...(map && { sourceMap: { content: map, asObject: true } }) })
  return { code: `${result.code}\n`, map: result.map }
}
