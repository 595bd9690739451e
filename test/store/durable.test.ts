// Durable tables as programs use them: from several threads, through deaths of the writer, and refused.
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { GenServer, Process, Supervisor, Sys, type Key, type Pid } from 'starfish'
import { Durable, type Opened } from '@starfish/store'
import { assertNoLeaks, captureLog, down, restarted, startSupervised, type CapturedLog } from '@starfish/testing'
import { rmSync, writeFileSync } from 'node:fs'
import { available, freshFile } from './folder.js'
import Worker from './fixtures/worker.js'

let log: CapturedLog
beforeEach(() => void (log = captureLog()))
afterEach(() => log[Symbol.dispose]())
afterAll(() => assertNoLeaks())

const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

describe.each(available)('%s', (driver) => {
  test('rows: put, looked up, taken, counted, deleted, cleared, and there when it is opened again', async () => {
    const file = freshFile(driver)
    {
      await using rows = await Durable.open<Key, unknown>('rows', { file, driver })
      await Durable.insert(rows, 'a', { list: [1, new Map([['x', 2n]])], at: new Date(5), bytes: Uint8Array.of(1, 2) })
      expect(await Durable.lookup('rows', 'a')).toEqual({ list: [1, new Map([['x', 2n]])], at: new Date(5), bytes: Uint8Array.of(1, 2) })
      expect(await Durable.insertNew(rows, 'a', 1)).toBe(false)
      expect(await Durable.insertNew(rows, ['b', 1], undefined)).toBe(true)
      expect([await Durable.member(rows, ['b', 1]), await Durable.member(rows, 'none'), await Durable.size(rows)]).toEqual([true, false, 2])
      expect([await Durable.take(rows, ['b', 1]), await Durable.take(rows, ['b', 1]), await Durable.delete(rows, 'a'), await Durable.delete(rows, 'a')]).toEqual([undefined, undefined, true, false])
      expect([await Durable.updateCounter(rows as Opened<Key, number>, 'n', 2, 5), await Durable.updateCounter(rows as Opened<Key, number>, 'n', -3)]).toEqual([7, 4])
      expect(await Durable.info(rows)).toEqual({ name: 'rows', file, driver, size: 1 })
      await Durable.sync(rows)
    }
    await using rows = await Durable.open('rows', { file })
    expect([await Durable.lookup(rows, 'n'), await Durable.size(rows)]).toEqual([4, 1])
    await Durable.clear(rows)
    expect([await Durable.lookup(rows, 'n'), await Durable.size(rows)]).toEqual([undefined, 0])
  })

  test('entries are in the order of keys, in bounds, either way, over more rows than are read at a time', async () => {
    await using rows = await Durable.open<Key, number>('rows', { file: freshFile(driver), driver })
    await Promise.all(Array.from({ length: 600 }, (_, i) => Durable.insert(rows, ['job', i], i)))
    await Durable.insert(rows, 'last', -1)
    expect((await all(Durable.entries(rows))).map(([, value]) => value)).toEqual([...Array(600).keys(), -1])
    expect((await all(Durable.keys(rows, { reverse: true }))).length).toBe(601)
    expect(await all(Durable.entries(rows, { prefix: ['job'], reverse: true, limit: 2 }))).toEqual([[['job', 599], 599], [['job', 598], 598]])
    expect(await all(Durable.keys(rows, { from: ['job', 598], to: 'z' }))).toEqual([['job', 598], ['job', 599], 'last'])
    expect(await all(Durable.keys(rows, { after: ['job', 597], before: 'last' }))).toEqual([['job', 598], ['job', 599]])
    expect(await all(Durable.keys(rows, { after: ['job', 0], to: ['job', 300], reverse: true }))).toHaveLength(300)
    expect([await Durable.first(rows), await Durable.last(rows), await Durable.next(rows, ['job', 599]), await Durable.prev(rows, 'last')]).toEqual([['job', 0], 'last', 'last', ['job', 599]])
    expect([await Durable.next(rows, 'zz'), await Durable.prev(rows, ['job', 0]), await Durable.next(rows, ['job', 0.5])]).toEqual([undefined, undefined, ['job', 1]])
    expect(await Durable.select(rows, (_, value) => value % 200 === 199, 2)).toEqual([[['job', 199], 199], [['job', 399], 399]])
  })

  test('several threads add and take: nothing is lost, and nothing is taken twice; each reads what was acknowledged', async () => {
    await using rows = await Durable.open<string, number>('rows', { file: freshFile(driver), driver })
    await using _tree = await startSupervised([{ id: 1, start: [Worker, undefined, { name: 'one' }] }, { id: 2, start: [Worker, undefined, { name: 'two' }] }])
    await Promise.all(['one', 'two'].map((name) => GenServer.call(name, ['add', ['rows', 500]], { timeout: 20_000 })))
    expect(await Durable.lookup(rows, 'count')).toBe(1000)
    await Durable.insert(rows, 'prize', 1)
    expect(await GenServer.call('one', ['lookup', ['rows', 'prize']])).toBe(1)
    const taken = await Promise.all(['one', 'two'].map((name) => GenServer.call(name, ['take', ['rows', 'prize']])))
    expect(taken.filter((one) => one !== undefined)).toEqual([1])
    expect(await GenServer.call('two', ['lookup', ['rows', 'prize']])).toBeUndefined()
  })

  test('a writer that is killed in the midst of writes is back, with all that it acknowledged', async () => {
    await using tree = await startSupervised([Durable.spec({ name: 'rows', file: freshFile(driver), driver })], { maxRestarts: 10 })
    let acknowledged = 0
    for (let round = 0; round < 3; round++) {
      const before = Process.whereis('rows')!
      const writes = Array.from({ length: 300 }, (_, i) => Durable.insert('rows', [round, i], 'x'.repeat(i)).then(() => acknowledged++))
      await Promise.race(writes)
      Process.exit(before, 'kill')
      const ends = await Promise.allSettled(writes)
      for (const end of ends) if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: 'ERR_CALL_EXIT', reason: 'killed' })
      await restarted(tree, 'rows', before)
      expect(await Durable.size('rows')).toBeGreaterThanOrEqual(acknowledged)
      expect((await all(Durable.keys('rows'))).length).toBe(await Durable.size('rows'))
      for (const [i, end] of ends.entries()) if (end.status === 'fulfilled') expect(await Durable.member('rows', [round, i])).toBe(true)
    }
  })

  test('what waits for its commit when the tree is stopped is written', async () => {
    const file = freshFile(driver)
    const tree = await startSupervised([Durable.spec({ name: 'rows', file, driver })])
    const writes = Promise.all(Array.from({ length: 50 }, (_, i) => Durable.insert('rows', i, i)))
    await Supervisor.stop(tree.pid)
    await writes
    await using rows = await Durable.open('rows', { file })
    expect(await Durable.size(rows)).toBe(50)
  })

  test('elements are changed one by one, and nothing beside them', async () => {
    await using jobs = await Durable.open<number, any>('jobs', { file: freshFile(driver), driver })
    await Durable.insert(jobs, 1, { state: 'waiting', tries: 0 })
    await Durable.insert(jobs, 2, ['a', 'b'])
    expect(await Promise.all([Durable.updateElement('jobs', 1, 'state', 'done'), Durable.updateElement(jobs, 1, 'tries', 1), Durable.updateElement(jobs, 2, 1, 'c'), Durable.updateElement(jobs, 3, 'state', 'done')])).toEqual([true, true, true, false])
    expect([await Durable.lookup(jobs, 1), await Durable.lookup(jobs, 2)]).toEqual([{ state: 'done', tries: 1 }, ['a', 'c']])
    for (const none of [7, '', '01', '1e0', 'length', 0.5]) {
      await expect(Durable.updateElement(jobs, 2, none, 'd')).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT', message: expect.stringContaining('an index of an array of 2') })
    }
    await Durable.insert(jobs, 3, new Map())
    await expect(Durable.updateElement(jobs, 3, 'size', 1)).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT', message: expect.stringContaining('a plain object or an array') })
  })

  test('what it does not know is logged, and neither ends it nor keeps a change from being committed', async () => {
    await using rows = await Durable.open<string, number>('rows', { file: freshFile(driver), driver })
    const written = Durable.insert(rows, 'a', 1)
    Process.send('rows', ['what', 'is this'])
    GenServer.cast('rows', 'inc')
    const answers = [GenServer.call('rows', 'get'), GenServer.call('rows', ['change', 'all'])]
    await written
    for (const answer of answers) expect(await answer).toMatchObject(['failed', { code: 'ERR_NO_HANDLER', message: expect.stringContaining('Durable.lookup') }])
    expect(log.events.map((event) => event.kind === 'text' && event.message)).toEqual([expect.stringContaining("'what'"), expect.stringContaining("cast that it does not handle: 'inc'"), expect.stringContaining("call that it does not handle: 'get'"), expect.stringContaining("'change'")])
    expect(Process.whereis('rows')).toBe(rows.pid)
  })

  test('a read whose writer ends meanwhile is answered by the next one', async () => {
    await using tree = await startSupervised([Durable.spec({ name: 'rows', file: freshFile(driver), driver })], { maxRestarts: 10 })
    for (let round = 0; round < 3; round++) {
      await Durable.insert('rows', round, round)
      const before = Process.whereis('rows')!
      // What is asked now is not answered any more.
      await Sys.suspend('rows')
      const reads = [Durable.info('rows'), Durable.lookup('rows', round), Durable.size('rows'), Durable.first('rows')]
      Process.exit(before, 'kill')
      expect(await Promise.all(reads)).toEqual([expect.objectContaining({ size: round + 1 }), round, round + 1, 0])
      await restarted(tree, 'rows', before)
    }
  })

  test('who reads while it is closed gets what is there, or is told that it is no more', async () => {
    const rows = await Durable.open<string, number>('rows', { file: freshFile(driver), driver })
    await Durable.insert(rows, 'a', 1)
    await Durable.lookup(rows, 'a')
    const reads = Promise.allSettled([Durable.lookup(rows, 'a'), Durable.size(rows), Durable.first(rows)])
    await Durable.close(rows)
    for (const read of await reads) if (read.status === 'rejected') expect(read.reason).toMatchObject({ code: 'ERR_NO_TABLE' })
  })

  test('a change that cannot be leaves those beside it in peace', async () => {
    await using rows = await Durable.open<string, any>('rows', { file: freshFile(driver), driver })
    await Durable.insert(rows, 'bigint', 1n)
    const [beside, bigint] = await Promise.allSettled([Durable.insert(rows, 'a', 1), Durable.updateCounter(rows, 'bigint')])
    expect([beside, bigint]).toMatchObject([{ status: 'fulfilled' }, { reason: { code: 'ERR_BAD_ARGUMENT', message: expect.stringContaining('1n') } }])
    await Durable.delete(rows, 'bigint')
    await Durable.insert(rows, 'text', 'no number')
    const [first, wrong, none, last] = await Promise.allSettled([Durable.insert(rows, 'a', 1), Durable.updateCounter(rows, 'text'), Durable.updateCounter(rows, 'none'), Durable.insert(rows, 'b', 2)])
    expect([first, last].map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
    expect(wrong).toMatchObject({ reason: { code: 'ERR_BAD_ARGUMENT', message: expect.stringContaining("'no number'") } })
    expect(none).toMatchObject({ reason: { code: 'ERR_BAD_ARGUMENT', message: expect.stringContaining('a key that has a row') } })
    expect(await Durable.size(rows)).toBe(3)
  })
})

test('a LevelDB writer that is killed while it opens its folder is not in the way of the next', async () => {
  await using _tree = await startSupervised([Durable.spec({ name: 'rows', file: freshFile('level'), driver: 'level' })], { maxRestarts: 10 })
  for (let kill = 0, before: Pid | undefined; kill < 3; kill++) {
    let writer = Process.whereis('rows')
    for (; writer === undefined || writer === before; writer = Process.whereis('rows')) await new Promise((resolve) => setImmediate(resolve))
    Process.exit(writer, 'kill')
    before = writer
  }
  expect(await Durable.size('rows')).toBe(0)
  expect(JSON.stringify(log.events)).not.toContain('ERR_FILE_IN_USE')
})

test.each(available)('%s: a process in a child process of the operating system uses it as others do', async (driver) => {
  await using rows = await Durable.open<string, unknown>('rows', { file: freshFile(driver), driver })
  await using apart = await GenServer.startLink(Worker, undefined, { isolation: 'process' })
  await GenServer.call(apart, ['add', ['rows', 3]])
  expect(await GenServer.call(apart, ['lookup', ['rows', 'count']])).toBe(3)
  expect(await Durable.lookup(rows, 'count')).toBe(3)
})

test('a table that is not there, or not any more, is ERR_NO_TABLE', async () => {
  await expect(Durable.lookup('nobody', 1)).rejects.toMatchObject({ code: 'ERR_NO_TABLE', message: expect.stringContaining('nobody') })
  const rows = await Durable.open<number, number>('rows', { file: freshFile() })
  await Durable.lookup(rows, 1)
  await Durable.close(rows)
  expect(await down(rows.pid)).toBe('noproc')
  await expect(Durable.lookup(rows, 1)).rejects.toMatchObject({ code: 'ERR_NO_TABLE' })
  await expect(Durable.insert('rows', 1, 1)).rejects.toMatchObject({ code: 'ERR_NO_TABLE' })
  await expect(Durable.close('rows')).rejects.toMatchObject({ code: 'ERR_NO_TABLE' })
})

test('another file under the same name is what is read from then on', async () => {
  const [first, second] = [freshFile(), freshFile()]
  for (const file of [first, second]) {
    await using rows = await Durable.open<string, string>('rows', { file })
    await Durable.insert(rows, 'file', file)
    expect(await Durable.lookup(rows, 'file')).toBe(file)
  }
})

test('open tells why: a damaged file, a name that is taken', async () => {
  const file = freshFile()
  writeFileSync(file, 'x'.repeat(5000))
  await expect(Durable.open('rows', { file })).rejects.toMatchObject({ code: available.includes('sqlite') ? 'ERR_FILE_DAMAGED' : 'ERR_NO_STORE' })
  rmSync(file)
  await using rows = await Durable.open('rows', { file: freshFile() })
  await expect(Durable.open('rows', { file })).rejects.toMatchObject({ code: 'ERR_START', reason: ['already_started', rows.pid] })
})

test('misuse is told before anything is sent', async () => {
  const wrong: [unknown, string][] = [
    [Durable.open('', { file: 'x' }), 'the name of the table'],
    [Durable.open('rows', {} as never), 'the path of a file'],
    [Durable.open('rows', { file: 'x', driver: 'lmdb' as never }), 'a driver'],
    [Durable.open('rows', { file: 'x', sync: true } as never), "'sync'"],
    [Durable.insert('rows', {} as never, 1), 'key to be'],
    [Durable.lookup(undefined as never, 1), 'a durable table'],
    [Durable.updateCounter('rows', 'a', 1.5), 'an integer to add'],
    [Durable.updateCounter('rows', 'a', 1, NaN), 'an integer to begin at'],
    [Durable.select('rows', 5 as never), 'a function of key and value'],
    [Durable.entries('rows', { limit: 0 }).next(), 'a number of rows'],
    [Durable.entries('rows', { until: 3 } as never).next(), "'until'"],
    [Durable.entries('rows', { from: 1, after: 1 }).next(), 'from or after'],
    [Durable.entries('rows', { to: 1, before: 1 }).next(), 'to or before'],
    [Durable.entries('rows', { prefix: [1], to: 1 }).next(), 'a prefix alone'],
    [Durable.updateElement('rows', 'a', {} as never, 1 as never), 'the name of a field'],
  ]
  for (const [promise, words] of wrong) await expect(promise).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT', message: expect.stringContaining(words) })
})

test.each([
  [() => 1, 'value, which is a function'],
  [{ a: [1, { b: () => 1 }] }, 'value.a[1].b, which is a function'],
  [new Map([['k', Symbol('s')]]), 'value.get("k"), which is a symbol'],
  [{ 'odd key': new Set([new WeakMap()]) }, 'value["odd key"] member, which is a WeakMap'],
  [{ memory: new SharedArrayBuffer(8) }, 'value.memory, which is a SharedArrayBuffer'],
])('a value that cannot be stored is refused with its path: case %#', async (value, words) => {
  await expect(Durable.insert('rows', 'a', value)).rejects.toMatchObject({ code: 'ERR_NOT_CLONEABLE', message: expect.stringContaining(words) })
})
