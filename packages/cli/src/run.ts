// An application as a program: finds it in a module, and leaves the rest to Application.run of the module's own runtime.

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as Starfish from 'starfish'
import { Refusal } from './refusal.js'

export interface RunOptions {
  readonly export?: string
  /** In ms. */
  readonly patience?: number
}

type Application = Starfish.ApplicationDefinition

/** Starts the application that a module exports, and says so. */
export async function runFile(file: string, { export: name, patience }: RunOptions): Promise<void> {
  const path = resolve(file)
  if (!existsSync(path)) throw new Refusal(`expected a file, got ${file}, which does not exist`)
  const application = applicationOf(await load(path), file, name)
  const { Application, Logger } = runtimeOf(path)
  await Application.run(application, patience === undefined ? {} : { patience })
  Logger.info(`${application.name} runs, Ctrl-C ends it`)
}

async function load(path: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_UNKNOWN_FILE_EXTENSION') throw error
    throw new Refusal(`expected a file that Node ${process.versions.node} can run, got ${extname(path)}; compile it, or write node --import tsx node_modules/.bin/starfish run ${path}`)
  }
}

// The program must not hold two runtimes: that of the module counts, wherever this command is installed.
function runtimeOf(path: string): typeof Starfish {
  try {
    return createRequire(path)('starfish') as typeof Starfish
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') throw new Refusal(`expected starfish to be installed beside ${path}; write npm install starfish`)
    throw error
  }
}

function applicationOf(module: Record<string, unknown>, file: string, name: string | undefined): Application {
  // A CommonJS module has its exports under `default`, once or twice.
  const inner = module['default'] as Record<string, unknown> | undefined
  const exports: Record<string, unknown> = { ...(isApplication(inner) ? {} : inner), ...module }
  if (isApplication(inner?.['default'])) exports['default'] = inner['default']
  if (name !== undefined) {
    if (isApplication(exports[name])) return exports[name]
    throw new Refusal(`expected ${file} to export an application as ${name}, got ${typeof exports[name]}; write export const ${name} = Application.define({ ... })`)
  }
  if (isApplication(exports['default'])) return exports['default']
  const found = new Map(Object.entries(exports).filter((entry): entry is [string, Application] => isApplication(entry[1])))
  if (found.size === 0) throw new Refusal(`expected ${file} to export an application, got none; write export default Application.define({ ... })`)
  if (found.size > 1) throw new Refusal(`expected one application in ${file}, got ${[...found.keys()].join(' and ')}; write --export ${[...found.keys()][0]}`)
  return [...found.values()][0]!
}

function isApplication(value: unknown): value is Application {
  const { name, start, applications } = (value ?? {}) as Partial<Application>
  return typeof name === 'string' && typeof start === 'function' && Array.isArray(applications)
}
