// How this thread reads durable tables: with a connection of its own where the store has that, else by asking the writer.

import { GenServer, Process, StarfishError, type Pid } from 'starfish'
import { bytesOf, textOf } from './bytes.js'
import type { Range, Row, RowReader } from './driver.js'
import { drivers } from './drivers.js'
import type { Answer, Place, Request } from './writer.js'

interface Source {
  /** The life of the writer for which this was found out. */
  readonly writer: Pid
  readonly reader: RowReader | undefined
}

const sources = new Map<string, Source>()

/** Asks the writer. While its supervisor restarts it, waits for that. Rejects with ERR_NO_TABLE when there is none. */
export async function ask<T>(table: string, message: Request): Promise<T> {
  try {
    return await GenServer.call<T>(table, message, { timeout: Infinity })
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_CALL_NOPROC') throw error
    throw new StarfishError('ERR_NO_TABLE', `there is no durable table ${table}, or not any more: Durable.open('${table}', { file }), or Durable.spec as a child of a supervisor`, { cause: error })
  }
}

/** Asks for what changes nothing: if the writer ends meanwhile, the next one, or there is no table any more. */
export async function askAgain<T>(table: string, message: Exclude<Request, readonly ['change', unknown]>): Promise<T> {
  for (;;) {
    try {
      return await ask<T>(table, message)
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ERR_CALL_EXIT') throw error
    }
  }
}

export function valueOf(answer: Answer): unknown {
  if (answer[0] === 'failed') throw answer[1] as Error
  return answer[1]
}

async function readerOf(table: string): Promise<RowReader | undefined> {
  for (;;) {
    const writer = Process.whereis(table)
    const known = sources.get(table)
    if (known !== undefined && known.writer === writer) return known.reader
    forget(table)
    const { file, driver, hasReaders } = await askAgain<Place>(table, 'place')
    // Neither opened by another reader of this thread meanwhile, nor by another writer.
    if (writer === undefined || Process.whereis(table) !== writer || sources.has(table)) continue
    const reader = hasReaders ? drivers[driver].openReader!(file) : undefined
    sources.set(table, { writer, reader })
    return reader
  }
}

/** Closes what this thread has open of a table. */
export function forget(table: string): void {
  void sources.get(table)?.reader?.close()
  sources.delete(table)
}

/** What a connection of this thread reads, or, in a store without them, the writer. */
async function read<T>(table: string, use: (reader: RowReader) => T | Promise<T>, askWriter: () => Promise<T>): Promise<T> {
  for (;;) {
    const reader = await readerOf(table)
    if (reader === undefined) return askWriter()
    // If it is closed meanwhile, there may be another, or no table.
    if (sources.get(table)?.reader === reader) return use(reader)
  }
}

async function askForRow(table: string, key: Uint8Array): Promise<Uint8Array | undefined> {
  const found = valueOf(await askAgain(table, ['get', textOf(key)])) as string | undefined
  return found === undefined ? undefined : bytesOf(found)
}

export const get = (table: string, key: Uint8Array): Promise<Uint8Array | undefined> => read(table, (reader) => reader.get(key), () => askForRow(table, key))

export const size = (table: string): Promise<number> => read(table, (reader) => reader.size(), async () => valueOf(await askAgain(table, 'size')) as number)

export const range = (table: string, rows: Range): Promise<Row[]> => read(table, (reader) => reader.range(rows), async () => valueOf(await askAgain(table, ['range', rows])) as Row[])
