// Tables as files and as children of supervisors: what outlives the program, and what outlives a crash.
import { afterAll, afterEach, describe, expect, test } from '@jest/globals'
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GenServer, Logger, Process, Supervisor, Table, type Pid, type Started } from 'starfish'
import { parsePid } from '#core/term/pid'
import { assertNoLeaks, down, restarted } from '@starfish/testing'
import Clerk from '../fixtures/clerk.js'
import Counter from '../fixtures/counter.js'

const logger = Logger.configure({ level: 'silent' })
const folder = mkdtempSync(join(tmpdir(), 'starfish-table-'))
const path = join(folder, 'rows.table')
afterEach(async () => {
  for (const table of Table.all()) if (Table.info(table)?.owner === Process.self()) await Table.deleteTable(table)
})
afterAll(async () => {
  Logger.configure(logger)
  rmSync(folder, { recursive: true })
  await assertNoLeaks()
})

describe('files', () => {
  test.each(['set', 'ordered_set', 'bag'] as const)('%s: a table comes back from its file with everything', async (type) => {
    const table = await Table.new('rows', { type, access: 'public', maxSize: 5000 })
    for (let i = 0; i < 1500; i++) Table.insert(table, i % 2 === 0 ? i : [`${i}`, BigInt(i)], { i, text: 'x'.repeat(i % 50) })
    Table.insert(table, 'error', new RangeError('too much'))
    for (const key of ['a long one', 'another one']) Table.insert(table, key, key.repeat(1_000_000))
    Table.insert(table, 'more', 1)
    Table.insert(table, 'more', 'two')
    const rows = (of: string): unknown[] => Table.select(of).map((row) => JSON.stringify(row, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part))).toSorted()
    const before = rows(table)
    const { id: _, ...known } = Table.info(table)!
    expect(await Table.toFile(table, path)).toBe(before.length)
    expect(readdirSync(folder)).toEqual(['rows.table'])
    await Table.deleteTable(table)
    const again = await Table.fromFile(path)
    expect(Table.info('rows')).toMatchObject(known)
    expect(rows(again)).toEqual(before)
    expect([Table.lookup(again, 'more')].flat()).toEqual(type === 'bag' ? [1, 'two'] : ['two'])
    expect([Table.lookup(again, 'error')].flat()[0]).toMatchObject({ name: 'RangeError', message: 'too much' })
  })

  test('a file is replaced as a whole; a table from it may have another name, and less room', async () => {
    const table = await Table.new('rows', { access: 'public' })
    await Table.toFile('rows', path)
    Table.insert(table, 'a', 1)
    Table.insert(table, 'b', 2)
    await Table.toFile('rows', path)
    await expect(Table.fromFile(path)).rejects.toMatchObject({ code: 'ERR_NAME_TAKEN' })
    const copy = await Table.fromFile(path, { name: 'copy', access: 'protected' })
    expect(Table.info('copy')).toMatchObject({ id: copy, size: 2, access: 'protected' })
    expect(Table.info(await Table.fromFile(path, { name: null }))).toMatchObject({ size: 2, access: 'public', name: undefined })
    const tables = Table.all().length
    await expect(Table.fromFile(path, { name: 'small', maxSize: 1 })).rejects.toMatchObject({ code: 'ERR_TABLE_FULL' })
    expect(Table.all()).toHaveLength(tables)
  })

  test('a damaged file is refused, and nothing is made of it', async () => {
    const table = await Table.new('rows', { access: 'public' })
    for (let i = 0; i < 100; i++) Table.insert(table, i, `row ${i}`)
    await Table.toFile(table, path)
    await Table.deleteTable(table)
    const whole = readFileSync(path)
    const tables = Table.all().length
    const refused = async (bytes: Uint8Array): Promise<void> => {
      writeFileSync(path, bytes)
      await expect(Table.fromFile(path)).rejects.toMatchObject({ code: 'ERR_FILE_DAMAGED', message: expect.stringContaining(path) })
      expect(Table.all()).toHaveLength(tables)
    }
    for (const at of [0, 30, whole.length >> 1, whole.length - 40, whole.length - 1]) {
      const damaged = Buffer.from(whole)
      damaged[at]! ^= 1
      await refused(damaged)
    }
    await refused(Buffer.from('another file, which is long enough to have a checksum, but has none that is right'))
    await refused(Buffer.alloc(0))
    writeFileSync(path, whole)
    truncateSync(path, whole.length - 100)
    await refused(readFileSync(path))
  })

  test('what was left beside it by those who were killed while they wrote is removed, and by nobody else', async () => {
    const table = await Table.new({ access: 'public' })
    const { pid } = (await GenServer.start(Clerk, undefined, { name: null })) as Started
    const end = down(pid)
    Process.exit(pid, 'kill')
    await end
    const ofMine = (writer: Pid): string => `rows.table.${process.pid}.${parsePid(writer)!}.ref.new`
    const others = ['other.rows.table.1.1.old.new', 'rows.table.1.1.fresh.new', 'rows.table.mine.new', ofMine(Process.self())]
    for (const name of [...others, ofMine(pid), 'rows.table.1.1.old.new']) {
      writeFileSync(join(folder, name), '')
      if (!name.includes('fresh')) utimesSync(join(folder, name), Date.now() / 1000, Date.now() / 1000 - 2 * 3600)
    }
    Table.clear(table)
    await Promise.all([Table.toFile(table, path), Table.toFile(table, path)]) // neither removes what the other writes
    expect(readdirSync(folder).toSorted()).toEqual(['rows.table', ...others].toSorted())
    for (const name of readdirSync(folder)) rmSync(join(folder, name))
  })

  test('what the disk refuses is told, and the file of before stays', async () => {
    const table = await Table.new({ access: 'public' })
    Table.insert(table, 'a', 1)
    await expect(Table.toFile(table, join(folder, 'nowhere', 'rows.table'))).rejects.toMatchObject({ code: 'ERR_STORE_FAILED', cause: { code: 'ENOENT' } })
    await expect(Table.fromFile(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
    await expect(Table.toFile('nothing', path)).rejects.toMatchObject({ code: 'ERR_NO_TABLE' })
    await expect(Table.toFile(table, 7 as never)).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
    await Table.toFile(table, path)
    const hidden = await Table.new({ access: 'public' })
    Table.insert(hidden, 'b', 2)
    const writing = Table.toFile(hidden, path)
    await Table.deleteTable(hidden)
    await writing.catch((error: unknown) => expect(error).toMatchObject({ code: 'ERR_NO_TABLE' }))
    expect(readdirSync(folder)).toEqual(['rows.table'])
    await Table.fromFile(path)
  })
})

describe('a child of a supervisor', () => {
  test('a table outlives the restarts of its siblings, and ends with the supervisor', async () => {
    const supervisor = await Supervisor.startLink([Table.spec('counts', { type: 'ordered_set' }), [Counter, 0]], { strategy: 'one_for_one' })
    Table.insert('counts', 'a', 1)
    expect(Table.info('counts')).toMatchObject({ type: 'ordered_set', access: 'public' })
    const before = Process.whereis('SpecCounter')!
    Process.exit(before, 'kill')
    await restarted(supervisor, 'SpecCounter', before)
    expect(Table.lookup('counts', 'a')).toBe(1)
    const end = down(supervisor.pid)
    await supervisor[Symbol.asyncDispose]()
    await end
    expect(Table.whereis('counts')).toBeUndefined()
  })

  test('misuse is told, and a name that is taken fails the start', async () => {
    expect(() => Table.spec('#Table<1.1>')).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
    expect(() => Table.spec('counts', { access: 'private' } as never)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
    await Table.new('counts')
    await expect(Supervisor.startLink([Table.spec('counts')], { strategy: 'one_for_one' })).rejects.toMatchObject({ code: 'ERR_START' })
  })
})
