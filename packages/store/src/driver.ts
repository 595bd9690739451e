// What a durable table needs of an embedded store: sorted rows of bytes, of which several change at one moment. And the
// choice of a store: the one that wrote the file, else the one that this Node has.

import { statSync } from 'node:fs'
import { StarfishError } from 'starfish'

export type DriverName = 'sqlite' | 'level'

/** Rows from one key to another, both included; in the order of their bytes, or the other way round. */
export interface Range {
  readonly after?: Uint8Array
  readonly from?: Uint8Array
  readonly to?: Uint8Array
  readonly before?: Uint8Array
  readonly reverse?: boolean
  readonly limit: number
}

export type Row = [key: Uint8Array, value: Uint8Array]

/** Reads what has been committed. */
export interface RowReader {
  get(key: Uint8Array): Uint8Array | undefined
  /** How many rows there are. */
  size(): number
  range(range: Range): Row[] | Promise<Row[]>
  close(): void | Promise<void>
}

/**
 * The one connection that writes. What it puts and deletes happens all together at the next `commit`, or not at all.
 * What goes wrong in the store is thrown as an error with ERR_STORE_FAILED, ERR_FILE_DAMAGED or ERR_FILE_IN_USE.
 */
export interface Driver extends RowReader {
  readonly name: DriverName
  /** Whether other threads can read the file themselves, with `openReader`. */
  readonly hasReaders: boolean
  /** The value as it will be after the commit. */
  peek(key: Uint8Array): Uint8Array | undefined
  put(key: Uint8Array, value: Uint8Array): void
  delete(key: Uint8Array): void
  clear(): void
  /** With `sync`, what was committed is on the disk when this is done, and all before it; without, it is with the operating system. */
  commit(size: number, sync: boolean): void | Promise<void>
  /** Forgets what was put and deleted since the last commit. */
  rollback(): void
}

/** What a driver's module gives. */
export interface DriverModule {
  /** Undefined when this Node does not have the store. */
  available(): boolean
  open(file: string, patience: number): Driver | Promise<Driver>
  openReader?(file: string): RowReader
}

const REMEDY: Record<DriverName, string> = {
  sqlite: 'Node 22.13 or later, which has node:sqlite',
  level: '"npm install classic-level", which needs no compiler',
}

/** Which store a file is for. Throws ERR_NO_STORE. */
export function chooseDriver(file: string, wanted: DriverName | undefined, modules: Record<DriverName, Pick<DriverModule, 'available'>>): DriverName {
  const written = writtenBy(file)
  if (wanted !== undefined && written !== undefined && wanted !== written) {
    throw new StarfishError('ERR_NO_STORE', `expected ${file} to be written by ${wanted}, got one that ${written} wrote; write driver: '${written}', or another file`)
  }
  const name = written ?? wanted
  if (name !== undefined) {
    if (modules[name].available()) return name
    throw new StarfishError('ERR_NO_STORE', `expected ${name === 'sqlite' ? 'node:sqlite' : 'classic-level'} for ${file}${written ? ', which it wrote' : ''}, got none in Node ${process.versions.node}; use ${REMEDY[name]}`)
  }
  const found = (['sqlite', 'level'] as const).find((one) => modules[one].available())
  if (found !== undefined) return found
  throw new StarfishError('ERR_NO_STORE', `expected a store for ${file}, got none in Node ${process.versions.node}; use ${REMEDY.sqlite}, or ${REMEDY.level}`)
}

/** SQLite keeps a file, LevelDB a folder. Why a path cannot be looked at, opening it will tell. */
function writtenBy(file: string): DriverName | undefined {
  try {
    return statSync(file).isDirectory() ? 'level' : 'sqlite'
  } catch {
    return undefined
  }
}
