// The store that Node has built in: node:sqlite, with a write-ahead log, so that every thread reads what was committed
// last while one writes.

import type { Driver, Range, Row, RowReader } from './driver.js'
import { damaged, failed, inUse } from './failure.js'

interface Statement {
  get(...values: unknown[]): Record<string, unknown> | undefined
  all(...values: unknown[]): Record<string, unknown>[]
  run(...values: unknown[]): unknown
}

interface Database {
  exec(sql: string): void
  prepare(sql: string): Statement
  close(): void
}

interface SqliteModule {
  readonly DatabaseSync: new (file: string, options?: { readOnly?: boolean }) => Database
}

const CORRUPT = 11
const NOT_A_DATABASE = 26
const BUSY = 5
/** 'star', in the header of the file. */
const APPLICATION = 0x73746172
const FORMAT = 1

const load = (): SqliteModule | undefined => process.getBuiltinModule('node:sqlite') as SqliteModule | undefined

export const available = (): boolean => load() !== undefined

function errorOf(file: string, error: unknown): Error {
  const { errcode, message } = error as { errcode?: number; message: string }
  const primary = (errcode ?? 0) & 0xff
  if (primary === CORRUPT || primary === NOT_A_DATABASE) return damaged(file, message, error)
  return primary === BUSY ? inUse(file, error) : failed(file, error)
}

/** Runs `use`; what the store throws comes as an error of ours. */
function guard<T>(file: string, use: () => T): T {
  try {
    return use()
  } catch (error) {
    throw typeof (error as { errcode?: unknown }).errcode === 'number' ? errorOf(file, error) : error
  }
}

class Reader implements RowReader {
  private readonly select: Statement
  private readonly count: Statement
  private readonly ranges = new Map<string, Statement>()

  constructor(protected readonly file: string, protected readonly database: Database) {
    this.select = database.prepare('SELECT value FROM rows WHERE key = ?')
    this.count = database.prepare("SELECT value FROM meta WHERE name = 'size'")
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return guard(this.file, () => this.select.get(key)?.['value'] as Uint8Array | undefined)
  }

  size(): number {
    return guard(this.file, () => this.count.get()!['value'] as number)
  }

  range({ after, from, to, before, reverse = false, limit }: Range): Row[] {
    const bounds = Object.entries({ '>': after, '>=': from, '<=': to, '<': before }).filter(([, bound]) => bound !== undefined)
    const where = bounds.map(([comparison]) => `key ${comparison} ?`).join(' AND ')
    const sql = `SELECT key, value FROM rows${where && ` WHERE ${where}`} ORDER BY key ${reverse ? 'DESC' : 'ASC'} LIMIT ?`
    return guard(this.file, () => {
      let statement = this.ranges.get(sql)
      if (!statement) this.ranges.set(sql, (statement = this.database.prepare(sql)))
      // All at once: a thread that is killed between two rows must not leave a read that keeps the log from being taken over.
      return statement.all(...bounds.map(([, bound]) => bound), limit).map(({ key, value }) => [key, value] as Row)
    })
  }

  close(): void {
    this.database.close()
  }
}

class SqliteDriver extends Reader implements Driver {
  readonly name = 'sqlite'
  readonly hasReaders = true
  private isOpen = false
  private readonly upsert: Statement
  private readonly remove: Statement
  private readonly setSize: Statement
  private readonly tick: Statement

  constructor(file: string, database: Database, private readonly lock: Database) {
    super(file, database)
    this.upsert = database.prepare('INSERT INTO rows (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value')
    this.remove = database.prepare('DELETE FROM rows WHERE key = ?')
    this.setSize = database.prepare("UPDATE meta SET value = ? WHERE name = 'size'")
    this.tick = database.prepare("UPDATE meta SET value = value + 1 WHERE name = 'flushed'")
  }

  peek(key: Uint8Array): Uint8Array | undefined {
    return this.get(key)
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.change(() => this.upsert.run(key, value))
  }

  delete(key: Uint8Array): void {
    this.change(() => this.remove.run(key))
  }

  clear(): void {
    this.change(() => this.database.exec('DELETE FROM rows'))
  }

  commit(size: number, sync: boolean): void {
    guard(this.file, () => {
      if (this.isOpen) {
        this.setSize.run(size)
        this.database.exec('COMMIT')
        this.isOpen = false
      }
      if (sync) this.flush()
    })
  }

  // With synchronous = FULL a commit waits until the log is on the disk, and with it all that was committed before.
  private flush(): void {
    this.database.exec('PRAGMA synchronous = FULL')
    try {
      this.tick.run()
    } finally {
      this.database.exec('PRAGMA synchronous = NORMAL')
    }
  }

  rollback(): void {
    if (!this.isOpen) return
    this.isOpen = false
    try {
      this.database.exec('ROLLBACK')
    } catch {
      // A full disk, as an example, has rolled back already.
    }
  }

  override close(): void {
    this.rollback()
    try {
      // As long as another thread has the file open to read, SQLite would leave what is in the log there.
      this.database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch {
      // It stays in the log, and is found there.
    }
    super.close()
    this.lock.close()
  }

  private change(make: () => unknown): void {
    guard(this.file, () => {
      this.begin()
      make()
    })
  }

  private begin(): void {
    if (this.isOpen) return
    this.database.exec('BEGIN IMMEDIATE')
    this.isOpen = true
  }
}

/** Opens a file, or makes one. Waits so many ms for the writer before it. */
export function open(file: string, patience: number): Driver {
  const lock = takeLock(file, patience)
  try {
    const database = connect(file)
    try {
      guard(file, () => prepare(file, database))
      return new SqliteDriver(file, database, lock)
    } catch (error) {
      database.close()
      throw error
    }
  } catch (error) {
    lock.close()
    throw error
  }
}

/** Opens a file that a writer has open, to read it. */
export const openReader = (file: string): RowReader => guard(file, () => new Reader(file, connect(file, { readOnly: true })))

function connect(file: string, options: { readOnly?: boolean } = {}): Database {
  return guard(file, () => {
    const database = new (load()!.DatabaseSync)(file, options)
    database.exec('PRAGMA busy_timeout = 1000')
    return database
  })
}

// SQLite lets several programs write in turn. A lock on a second file keeps it to one writer; the operating system takes
// it back from a program that was killed.
function takeLock(file: string, patience: number): Database {
  const lock = connect(`${file}-lock`)
  try {
    guard(file, () => lock.exec(`PRAGMA busy_timeout = ${patience}; BEGIN EXCLUSIVE`))
    return lock
  } catch (error) {
    lock.close()
    throw error
  }
}

function prepare(file: string, database: Database): void {
  const pragma = (name: string): unknown => Object.values(database.prepare(`PRAGMA ${name}`).get()!)[0]
  const isNew = pragma('schema_version') === 0
  if (!isNew && pragma('application_id') !== APPLICATION) throw damaged(file, 'it is a database of another program')
  if (!isNew && pragma('user_version') !== FORMAT) throw damaged(file, 'another version of @starfish/store wrote it')
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  if (!isNew) return
  database.exec(`
    BEGIN IMMEDIATE;
    CREATE TABLE rows (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    INSERT INTO meta VALUES ('size', 0), ('flushed', 0);
    PRAGMA application_id = ${APPLICATION};
    PRAGMA user_version = ${FORMAT};
    COMMIT`)
}
