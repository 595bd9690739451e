// A project made of the templates: what `mix new --sup` does.

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { Refusal } from './refusal.js'

export type Language = 'ts' | 'js'

const TEMPLATES = join(__dirname, '..', 'templates')

/** Writes the files of a new project; gives what to say about it. Refuses a name npm would not take, and a folder that is not empty. */
export async function createProject(folder: string, language: Language, version: string): Promise<string> {
  const target = resolve(folder)
  const name = basename(target)
  if (!/^[a-z][a-z0-9_-]*$/.test(name)) throw new Refusal(`expected a name of lower-case letters, digits, - and _ that begins with a letter, got ${JSON.stringify(name)}; write starfish new my-app`)
  if (name === 'starfish') throw new Refusal('expected a name of its own, got "starfish": the project could not install the library of that name')
  await checkEmpty(target)
  const files = await filesOf(join(TEMPLATES, language))
  for (const [path, text] of files) {
    await mkdir(dirname(join(target, path)), { recursive: true })
    await writeFile(join(target, path), text.replaceAll('{{name}}', name).replaceAll('{{version}}', version))
  }
  const list = files.map(([path]) => `  ${path}\n`).join('')
  return `${list}\n${name} is ready:\n\n  cd ${relative(process.cwd(), target) || '.'}\n  npm install\n  npm test\n  npm start\n`
}

async function checkEmpty(folder: string): Promise<void> {
  const there = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new Refusal(`expected a folder to be made, got ${folder}: ${error.message}`)
  })
  if (there.length > 0) throw new Refusal(`expected an empty folder or none, got ${folder} with ${there[0]} in it`)
}

// npm leaves some names out of packages: such files are called _ here.
async function filesOf(folder: string): Promise<[path: string, text: string][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
  return Promise.all(paths.sort().map(async (path): Promise<[string, string]> => [projectPath(path), await readFile(join(folder, path), 'utf8')]))
}

const projectPath = (path: string): string => (path === '_gitignore' ? '.gitignore' : path.replace(/^_/, ''))
