// A table as a file: a line that says what it is, its rows in blocks, their number, and a checksum of all that. Written beside the file it
// replaces and then put in its place, so that there is always a whole one. Semantics: ets:tab2file/2, ets:file2tab/1.

import type { Hash } from 'node:crypto'
import { promises } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { wallTime } from '../process/clock.js'
import { here } from '../process/here.js'
import type { Key } from '../table/key.js'
import { misuse, StarfishError } from '../term/errors.js'
import { packErrors, unpackErrors } from '../wire/errors-within.js'
import type { AnyTable } from './table-access.js'
import { insert } from './table-rows.js'
import { entries } from './table-walk.js'
import type { TableInfo } from './table.js'

/** What the first line says. */
export type FileHead = Pick<TableInfo, 'name' | 'type' | 'access' | 'maxSize'>

const VERSION = 1
const BLOCK_ROWS = 64
/** Of two rows and more. 2 GB of them could neither be summed up nor read at once. */
const BLOCK_BYTES = 1 << 24
const CHECKSUM_BYTES = 32
/** So much is read at once. */
const CHUNK = 1 << 20
/** In ms. A file of another program that was not written to for so long is not being written any more. */
const LEFT_ALONE = 3_600_000
/** The number of rows as a double, behind a block of length 0. */
const END_BYTES = 4 + 8

export function checkPath(path: string): void {
  if (typeof path !== 'string' || path === '') misuse('ERR_BAD_ARGUMENT', 'the path of a file', path, "'./tables/visits'")
}

/** Writes the rows of a table; returns how many. */
export async function writeTable(table: AnyTable<any, any>, head: FileHead, path: string): Promise<number> {
  const beside = `${path}.${process.pid}.${here.self.id}.${here.makeRef().replace(/\W+/g, '-')}.new`
  try {
    await tidy(path)
    const rows = await writeBeside(beside, table, head)
    await promises.rename(beside, path)
    await syncFolder(dirname(path))
    return rows
  } catch (error) {
    await promises.rm(beside, { force: true }).catch(() => undefined)
    throw isOfDisk(error) ? diskFailed('write', path, error) : error
  }
}

// Removes what those have left beside the file who were killed while they wrote it.
async function tidy(path: string): Promise<void> {
  const name = basename(path)
  for (const file of await promises.readdir(dirname(path)).catch(() => [])) {
    const parts = file.startsWith(name) ? LEFT.exec(file.slice(name.length)) : null
    const left = join(dirname(path), file)
    if (parts !== null && (await isLeft(left, Number(parts[1]), Number(parts[2])))) await promises.rm(left, { force: true }).catch(() => undefined)
  }
}

const LEFT = /^\.(\d+)\.(\d+)\.[\w-]+\.new$/

async function isLeft(file: string, program: number, writer: number): Promise<boolean> {
  if (program === process.pid) return !here.table.isAlive(writer)
  // It may be one of another machine, of which nothing is known here.
  const { mtimeMs } = await promises.stat(file).catch(() => ({ mtimeMs: Infinity }))
  return mtimeMs < wallTime() - LEFT_ALONE
}

async function writeBeside(path: string, table: AnyTable<any, any>, head: FileHead): Promise<number> {
  const file = await promises.open(path, 'wx')
  try {
    const rows = await writeRows(file, table, head)
    await file.sync()
    return rows
  } finally {
    await file.close()
  }
}

// So that the new name outlives a loss of power. Not every system lets a folder be opened.
async function syncFolder(path: string): Promise<void> {
  const folder = await promises.open(path, 'r').catch(() => undefined)
  await folder?.sync().catch(() => undefined)
  await folder?.close()
}

async function writeRows(file: FileHandle, table: AnyTable<any, any>, head: FileHead): Promise<number> {
  const hash = newHash()
  const write = async (bytes: Uint8Array): Promise<void> => {
    hash.update(bytes)
    await file.writeFile(bytes)
  }
  await write(Buffer.from(`${JSON.stringify({ starfish: 'table', version: VERSION, ...head })}\n`))
  let rows = 0
  let block: [Key, unknown][] = []
  const writeBlock = async (block: [Key, unknown][]): Promise<void> => {
    if (block.length === 0) return
    const bytes = serialize(packErrors(block))
    if (bytes.length > BLOCK_BYTES && block.length > 1) {
      const half = block.length >> 1
      await writeBlock(block.slice(0, half))
      return writeBlock(block.slice(half))
    }
    const length = Buffer.alloc(4)
    length.writeUInt32LE(bytes.length)
    await write(Buffer.concat([length, bytes]))
    rows += block.length
  }
  for (const row of entries<Key, unknown>(table)) {
    block.push(row)
    if (block.length < BLOCK_ROWS) continue
    await writeBlock(block)
    block = []
  }
  await writeBlock(block)
  const end = Buffer.alloc(END_BYTES)
  end.writeDoubleLE(rows, 4)
  await write(end)
  await file.writeFile(hash.digest())
  return rows
}

/** A file that has been found whole. */
export class TableFile {
  private constructor(readonly head: FileHead, private readonly file: FileHandle, private readonly path: string, private at: number) {}

  /** Reads all of it once: rejects with ERR_FILE_DAMAGED before anything is made of it. */
  static async open(path: string): Promise<TableFile> {
    const file = await promises.open(path, 'r').catch((error: unknown) => {
      throw diskFailed('read', path, error)
    })
    try {
      const { size } = await file.stat()
      await checkSum(file, size, path)
      const start = Buffer.alloc(Math.min(size, 65_536))
      await file.read(start, 0, start.length, 0)
      const length = start.indexOf(10) + 1
      return new TableFile(headOf(start.subarray(0, length).toString(), path), file, path, length)
    } catch (error) {
      await file.close()
      throw isOfDisk(error) ? diskFailed('read', path, error) : error
    }
  }

  /** Puts all rows into a table. */
  async readInto(table: AnyTable<any, any>): Promise<void> {
    let rows = 0
    for (;;) {
      const length = (await this.take(4)).readUInt32LE()
      if (length === 0) break
      for (const [key, value] of this.rowsOf(await this.take(length))) {
        insert(table, key, value)
        rows++
      }
    }
    const expected = (await this.take(8)).readDoubleLE()
    if (rows !== expected) throw damaged(this.path, `${rows} rows of ${expected}`)
  }

  close(): Promise<void> {
    return this.file.close()
  }

  private rowsOf(bytes: Buffer): [Key, unknown][] {
    try {
      return unpackErrors(deserialize(bytes)) as [Key, unknown][]
    } catch (error) {
      throw damaged(this.path, 'rows that this version of Node cannot read', error)
    }
  }

  private async take(bytes: number): Promise<Buffer> {
    const buffer = Buffer.alloc(bytes)
    for (let read = 0; read < bytes; ) {
      const { bytesRead } = await this.file.read(buffer, read, Math.min(CHUNK, bytes - read), this.at)
      if (bytesRead === 0) throw damaged(this.path, 'an end in the middle')
      read += bytesRead
      this.at += bytesRead
    }
    return buffer
  }
}

async function checkSum(file: FileHandle, size: number, path: string): Promise<void> {
  if (size < CHECKSUM_BYTES + END_BYTES) throw damaged(path, `${size} bytes`)
  const hash = newHash()
  const buffer = Buffer.alloc(CHUNK)
  const end = size - CHECKSUM_BYTES
  for (let at = 0; at < end; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - at), at)
    if (bytesRead === 0) throw damaged(path, 'an end in the middle')
    hash.update(buffer.subarray(0, bytesRead))
    at += bytesRead
  }
  await file.read(buffer, 0, CHECKSUM_BYTES, end)
  if (!hash.digest().equals(buffer.subarray(0, CHECKSUM_BYTES))) throw damaged(path, 'another checksum than that of what is in it')
}

function headOf(line: string, path: string): FileHead {
  let head: FileHead & { readonly starfish?: unknown; readonly version?: unknown }
  try {
    head = JSON.parse(line) as typeof head
  } catch (error) {
    throw damaged(path, 'no first line of one', error)
  }
  if (head.starfish !== 'table') throw damaged(path, 'a first line of something else')
  if (head.version !== VERSION) throw damaged(path, `one of version ${String(head.version)}, which is not this one's, ${VERSION}: the version of starfish that wrote it reads it`)
  const { name, type, access, maxSize } = head
  return { name, type, access, maxSize }
}

// Loaded when there is a file: every thread that uses a table would pay for it.
const newHash = (): Hash => process.getBuiltinModule('node:crypto').createHash('sha256')

// Errors of the operating system have a code, such as ENOSPC; so have ours.
function isOfDisk(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && !code.startsWith('ERR_')
}

const damaged = (path: string, got: string, cause?: unknown): StarfishError =>
  new StarfishError('ERR_FILE_DAMAGED', `expected a file that Table.toFile wrote, ${path}, got ${got}; write the path of another, or restore a copy of it`, { cause })

const diskFailed = (what: 'read' | 'write', path: string, cause: unknown): StarfishError =>
  new StarfishError('ERR_STORE_FAILED', `expected to ${what} ${path}, got ${(cause as Error).message}; mend that, and write it again`, { cause })
