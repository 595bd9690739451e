// The store for a Node without node:sqlite: LevelDB, by classic-level. It belongs to the thread that opened it, which
// others ask for what they read.

import type { BatchOperation, ClassicLevel } from 'classic-level'
import { Process, type Pid } from 'starfish'
import { textOf } from './bytes.js'
import type { Driver, Range, Row } from './driver.js'
import { damaged, failed, inUse } from './failure.js'

type Level = ClassicLevel<Uint8Array, Uint8Array>
type Change = BatchOperation<Level, Uint8Array, Uint8Array>

/** No key begins with it. */
const SIZE = Buffer.of(0)
const FIRST = Buffer.of(1)
const STEP = 50

const VIEW = { keyEncoding: 'view', valueEncoding: 'view' } as const

function load(): typeof import('classic-level') | undefined {
  try {
    return require('classic-level') as typeof import('classic-level')
  } catch {
    return undefined
  }
}

export const available = (): boolean => load() !== undefined

/** Who has opened which folder. A writer on the main thread may be killed, and leave it open. */
const opened = new Map<string, { readonly owner: Pid; readonly driver: LevelDriver }>()

/** Opens a folder, or makes one. Waits so many ms for the writer before it. */
export async function open(folder: string, patience: number): Promise<Driver> {
  const owner = Process.self()
  for (let waited = 0; ; waited += STEP) {
    // Each time: who was killed while it opened the folder has it open only now.
    const left = opened.get(folder)
    if (left !== undefined && !Process.isAlive(left.owner)) await left.driver.close()
    const level: Level = new (load()!.ClassicLevel)(folder, VIEW)
    try {
      await level.open()
      const driver = new LevelDriver(folder, level)
      opened.set(folder, { owner, driver })
      return driver
    } catch (error) {
      const { code, message } = causeOf(error)
      if (code !== 'LEVEL_LOCKED') throw code === 'LEVEL_CORRUPTION' ? damaged(folder, message, error) : failed(folder, causeOf(error))
      if (waited >= patience) throw inUse(folder, error)
      await new Promise((resolve) => setTimeout(resolve, STEP))
    }
  }
}

/** An error of `open` says why in its cause. */
function causeOf(error: unknown): { readonly code?: string; readonly message: string } {
  return ((error as Error).cause ?? error) as { code?: string; message: string }
}

class LevelDriver implements Driver {
  readonly name = 'level'
  readonly hasReaders = false
  /** What the next commit will write, by key; undefined for what it deletes. */
  private readonly pending = new Map<string, { readonly key: Uint8Array; readonly value: Uint8Array | undefined }>()
  /** It begins with the end of all rows. */
  private isCleared = false
  /** After a commit that failed: what makes undone the part of it that may be in the log. Until that is written, nothing else is. */
  private undo: Change[] | undefined

  constructor(private readonly folder: string, private readonly level: Level) {}

  get(key: Uint8Array): Uint8Array | undefined {
    try {
      return this.level.getSync(key)
    } catch (error) {
      throw this.errorOf(error)
    }
  }

  peek(key: Uint8Array): Uint8Array | undefined {
    const change = this.pending.get(textOf(key))
    if (change) return change.value
    return this.isCleared ? undefined : this.get(key)
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.pending.set(textOf(key), { key, value })
  }

  delete(key: Uint8Array): void {
    this.pending.set(textOf(key), { key, value: undefined })
  }

  clear(): void {
    this.pending.clear()
    this.isCleared = true
  }

  size(): number {
    const size = this.get(SIZE)
    return size === undefined ? 0 : Number(Buffer.from(size).toString())
  }

  async range({ after, from, to, before, reverse = false, limit }: Range): Promise<Row[]> {
    const lower = after ? { gt: after } : { gte: from ?? FIRST }
    const upper = before ? { lt: before } : to ? { lte: to } : {}
    try {
      return await this.level.iterator({ ...lower, ...upper, reverse, limit }).all()
    } catch (error) {
      throw this.errorOf(error)
    }
  }

  async commit(size: number, sync: boolean): Promise<void> {
    const batch: Change[] = []
    try {
      await this.mend()
      if (this.isCleared) for await (const key of this.level.keys({ gte: FIRST })) batch.push({ type: 'del', key })
      for (const { key, value } of this.pending.values()) batch.push(value ? { type: 'put', key, value } : { type: 'del', key })
      batch.push({ type: 'put', key: SIZE, value: Buffer.from(String(size)) })
    } catch (error) {
      throw this.errorOf(error)
    }
    try {
      await this.level.batch(batch, { sync })
    } catch (error) {
      this.undo = await this.undoOf(batch).catch(() => []) // it is not even read: opened anew all the same
      throw this.errorOf(error)
    }
    this.rollback()
  }

  // A batch that failed is not read, but may be whole in the log, and be there when that is read again; and behind half a record
  // whole ones would not be found.
  private async mend(): Promise<void> {
    if (this.undo === undefined) return
    await this.level.close()
    await this.level.open()
    await this.level.batch(this.undo, { sync: true })
    this.undo = undefined
  }

  private async undoOf(batch: readonly Change[]): Promise<Change[]> {
    const values = await this.level.getMany(batch.map(({ key }) => key))
    return batch.map(({ key }, i): Change => (values[i] === undefined ? { type: 'del', key } : { type: 'put', key, value: values[i] }))
  }

  rollback(): void {
    this.pending.clear()
    this.isCleared = false
  }

  async close(): Promise<void> {
    opened.delete(this.folder)
    await this.mend().catch(() => undefined) // a disk that still refuses
    await this.level.close()
  }

  private errorOf(error: unknown): Error {
    const { code, message } = causeOf(error)
    return code === 'LEVEL_CORRUPTION' ? damaged(this.folder, message, error) : failed(this.folder, error)
  }
}
