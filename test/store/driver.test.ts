// What every driver must do, tried on each that this Node has.
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { assertNoLeaks } from '@starfish/testing'
import { Batch } from '#store/batch'
import { chooseDriver, type Driver, type Row } from '#store/driver'
import { drivers, openDriver } from '#store/drivers'
import { appendFileSync, copyFileSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { available, freshFile } from './folder.js'

afterAll(() => assertNoLeaks())

const bytes = (text: string): Buffer => Buffer.from(`\u0010${text}`)
const text = (value: Uint8Array | undefined): string | undefined => value && Buffer.from(value).toString().replace('\u0010', '')
const texts = (rows: Row[]): string[] => rows.map(([key, value]) => `${text(key)}=${text(value)}`)

describe.each(available)('%s', (name) => {
  let file: string
  let driver: Driver
  beforeEach(async () => {
    file = freshFile(name)
    driver = await openDriver(file, name)
  })
  afterEach(() => driver.close())
  const reopen = async (): Promise<void> => {
    await driver.close()
    driver = await openDriver(file)
  }

  test('what is put is peeked at once, read after the commit, and there after a reopening', async () => {
    driver.put(bytes('a'), bytes('1'))
    expect(text(driver.peek(bytes('a')))).toBe('1')
    await driver.commit(1, false)
    expect([text(driver.get(bytes('a'))), driver.size()]).toEqual(['1', 1])
    await reopen()
    expect([driver.name, text(driver.get(bytes('a'))), driver.size()]).toEqual([name, '1', 1])
    expect(driver.get(bytes('b'))).toBeUndefined()
  })

  test('a rollback forgets what was put, deleted and cleared since the commit', async () => {
    driver.put(bytes('a'), bytes('1'))
    await driver.commit(1, true)
    driver.clear()
    expect(driver.peek(bytes('a'))).toBeUndefined()
    driver.put(bytes('b'), bytes('2'))
    driver.delete(bytes('a'))
    driver.rollback()
    expect([text(driver.peek(bytes('a'))), driver.peek(bytes('b')), driver.size()]).toEqual(['1', undefined, 1])
    await driver.commit(1, true)
    expect(texts(await driver.range({ limit: 10 }))).toEqual(['a=1'])
  })

  test('what was not committed is not there after a reopening', async () => {
    driver.put(bytes('a'), bytes('1'))
    await reopen()
    expect([driver.get(bytes('a')), driver.size()]).toEqual([undefined, 0])
  })

  test('clear removes all rows but those put after it', async () => {
    for (const key of 'abc') driver.put(bytes(key), bytes('1'))
    await driver.commit(3, false)
    driver.put(bytes('d'), bytes('1'))
    driver.clear()
    driver.put(bytes('b'), bytes('2'))
    await driver.commit(1, false)
    expect(texts(await driver.range({ limit: 10 }))).toEqual(['b=2'])
  })

  test('ranges are in the order of the bytes, either way, within their bounds', async () => {
    for (const key of ['b', 'a', 'd', 'c', 'ab']) driver.put(bytes(key), bytes('1'))
    await driver.commit(5, false)
    const keys = async (range: object): Promise<string> => (await driver.range({ limit: 10, ...range })).map(([key]) => text(key)).join(' ')
    expect(await keys({})).toBe('a ab b c d')
    expect(await keys({ reverse: true, limit: 2 })).toBe('d c')
    expect(await keys({ from: bytes('ab'), to: bytes('c') })).toBe('ab b c')
    expect(await keys({ after: bytes('ab'), before: bytes('c') })).toBe('b')
    expect(await keys({ after: bytes('a'), reverse: true, limit: 3 })).toBe('d c b')
  })

  test('bytes of any kind and of some size come back as they were', async () => {
    const long = Buffer.alloc(200_000, 7)
    for (const [key, value] of [[Buffer.of(0x10, 0, 0xff), Buffer.of()], [bytes('long'), long]] as const) {
      driver.put(key, value)
      await driver.commit(1, true)
      expect(Buffer.compare(Buffer.from(driver.get(key)!), value)).toBe(0)
    }
  })

  test('the size is that of the rows also when the wait for the disk fails after the commit', async () => {
    const batch = new Batch(driver)
    const commit = driver.commit.bind(driver)
    driver.commit = async (size) => {
      await commit(size, false)
      throw new Error('the disk is gone')
    }
    batch.apply(['insert', bytes('a').toString(), '1'])
    await expect(batch.commit(true)).rejects.toThrow('the disk is gone')
    driver.commit = commit
    batch.apply(['insert', bytes('b').toString(), '1'])
    await batch.commit(true)
    expect([driver.size(), texts(await driver.range({ limit: 10 })).length]).toEqual([2, 2])
  })

  test('a file that is open is refused, and free when it is closed', async () => {
    await expect(openDriver(file, name, 0)).rejects.toMatchObject({ code: 'ERR_FILE_IN_USE', message: expect.stringContaining(file) })
    await reopen()
  })

  test('it has one writer also by way of a link', async () => {
    const link = freshFile(name)
    symlinkSync(file, link)
    await expect(openDriver(link, name, 0)).rejects.toMatchObject({ code: 'ERR_FILE_IN_USE' })
  })

  test('a folder that cannot be made is told', async () => {
    const blocked = freshFile()
    writeFileSync(blocked, '')
    await expect(openDriver(join(blocked, 'inside', 'x.db'), name)).rejects.toMatchObject({ code: 'ERR_STORE_FAILED', message: expect.stringContaining('x.db') })
  })
})

test.each(available)('%s: a damaged file is told', async (name) => {
  const file = freshFile(name)
  const driver = await openDriver(file, name)
  driver.put(bytes('a'), bytes('1'))
  await driver.commit(1, true)
  await driver.close()
  if (name === 'sqlite') writeFileSync(file, 'no database at all'.repeat(100))
  else for (const part of readdirSync(file).filter((one) => one.startsWith('MANIFEST'))) writeFileSync(join(file, part), 'nothing that LevelDB wrote')
  await expect(openDriver(file)).rejects.toMatchObject({ code: 'ERR_FILE_DAMAGED', message: expect.stringContaining(file) })
})

;(available.includes('sqlite') ? test : test.skip)('sqlite: a database of another program is left alone', async () => {
  const file = freshFile()
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite' as 'node:fs') as unknown as { DatabaseSync: new (file: string) => { exec(sql: string): void; close(): void } }
  const other = new DatabaseSync(file)
  other.exec('CREATE TABLE people (name TEXT)')
  other.close()
  await expect(openDriver(file)).rejects.toMatchObject({ code: 'ERR_FILE_DAMAGED', message: expect.stringContaining('another program') })
})

test('the level store takes half a record at the end of its log for what it is: not written', async () => {
  const file = freshFile('level')
  let driver = await openDriver(file, 'level')
  driver.put(bytes('a'), bytes('1'))
  await driver.commit(1, true)
  await driver.close()
  for (const log of readdirSync(file).filter((one) => one.endsWith('.log'))) appendFileSync(join(file, log), 'half a rec')
  driver = await openDriver(file)
  expect(text(driver.get(bytes('a')))).toBe('1')
  await driver.close()
})

;(process.platform === 'linux' ? test.each(available) : test.skip.each(available))('%s: a folder that cannot be made is told at once', async (driver) => {
  await expect(openDriver('/proc/none/rows', driver)).rejects.toMatchObject({ code: 'ERR_STORE_FAILED', cause: { code: 'ENOENT' } })
})

test.each([['with the next commit', true], ['at the latest when it is closed', false]])('level: a commit that was reported as failed does not come back out of the log: it is undone %s', async (_, goesOn) => {
  const file = freshFile('level')
  let driver = await openDriver(file, 'level')
  driver.put(bytes('kept'), bytes('1'))
  driver.put(bytes('gone'), bytes('2'))
  await driver.commit(2, true)
  // LevelDB writes a batch to its log, and fails before it takes it up: whoever opens it next finds the batch there.
  const { level } = driver as unknown as { level: { batch: (batch: unknown) => Promise<void>; open: () => Promise<void> } }
  const [batch, open] = [level.batch.bind(level), level.open.bind(level)]
  let inLog: unknown
  level.batch = (changes) => {
    inLog = changes
    return Promise.reject(new Error('no space left'))
  }
  driver.put(bytes('kept'), bytes('other'))
  driver.delete(bytes('gone'))
  driver.put(bytes('new'), bytes('3'))
  await expect(driver.commit(2, true)).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
  driver.rollback()
  Object.assign(level, { batch, open: async () => {
    await open()
    if (inLog !== undefined) await batch(inLog)
    inLog = undefined
  } })
  if (goesOn) {
    driver.put(bytes('next'), bytes('4'))
    await driver.commit(3, false)
  }
  await driver.close()
  driver = await openDriver(file, 'level')
  expect(['kept', 'gone', 'new', 'next'].map((key) => driver.get(bytes(key))).map((found) => found && text(found))).toEqual(['1', '2', undefined, goesOn ? '4' : undefined])
  expect(driver.size()).toBe(goesOn ? 3 : 2)
  await driver.close()
})

if (drivers.sqlite.available()) {
  test('sqlite: what is closed is in the file itself, also while another thread has it open to read', async () => {
    const file = freshFile('sqlite')
    const driver = await openDriver(file, 'sqlite')
    driver.put(bytes('a'), bytes('1'))
    await driver.commit(1, false)
    const reader = drivers.sqlite.openReader!(file)
    expect(reader.size()).toBe(1)
    await driver.close()
    const copied = freshFile('sqlite')
    copyFileSync(file, copied)
    const copy = await openDriver(copied)
    expect([text(copy.get(bytes('a'))), text(reader.get(bytes('a')))]).toEqual(['1', '1'])
    await copy.close()
    await reader.close()
  })
}

describe('the choice of a driver', () => {
  const has = (sqlite: boolean, level: boolean) => ({ sqlite: { available: () => sqlite }, level: { available: () => level } })
  const folder = (): string => {
    const made = freshFile()
    mkdirSync(made)
    return made
  }
  const file = (): string => {
    const made = freshFile()
    writeFileSync(made, '')
    return made
  }

  test.each([
    [freshFile, undefined, has(true, true), 'sqlite'],
    [freshFile, undefined, has(false, true), 'level'],
    [freshFile, 'level', has(true, true), 'level'],
    [folder, undefined, has(true, true), 'level'],
    [file, undefined, has(true, false), 'sqlite'],
  ] as const)('case %#', (where, wanted, modules, chosen) => {
    expect(chooseDriver(where(), wanted, modules)).toBe(chosen)
  })

  test.each([
    [freshFile, undefined, has(false, false), 'Node 22.13 or later'],
    [freshFile, undefined, has(false, false), 'npm install classic-level'],
    [freshFile, 'sqlite', has(false, true), 'Node 22.13 or later'],
    [folder, undefined, has(true, false), 'npm install classic-level'],
    [file, undefined, has(false, true), 'which it wrote'],
    [file, 'level', has(true, true), "driver: 'sqlite'"],
  ] as const)('refusal %#', (where, wanted, modules, words) => {
    expect(() => chooseDriver(where(), wanted, modules)).toThrow(expect.objectContaining({ code: 'ERR_NO_STORE', message: expect.stringContaining(words) }))
  })
})

test('this Node has a driver', () => {
  expect(available).toContain('level')
  expect(drivers.sqlite.available()).toBe(Number(process.versions.node.split('.')[0]) >= 22)
})
