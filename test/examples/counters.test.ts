// The counters that read back what they had, killed with their thread, with the program, and with the database.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { GenServer, noreply, ok, Process, reply, Supervisor } from 'starfish'
import { assertNoLeaks, captureLog, down } from '@starfish/testing'
import { Postgres, postgresPrograms } from './postgres.js'
import { linesOf, stopAll } from './run.js'

const folder = mkdtempSync(join(tmpdir(), 'starfish-counters-'))
const programs = postgresPrograms()
let postgres: Postgres | undefined

beforeAll(async () => {
  if (programs !== undefined) postgres = await Postgres.create(programs)
}, 60_000)
afterAll(async () => {
  stopAll()
  await postgres?.remove()
  rmSync(folder, { recursive: true, force: true })
  await assertNoLeaks()
})

const counts = async (): Promise<string[]> => (await linesOf('counters', [join(folder, 'counts.db')], undefined, postgres && { DATABASE_URL: postgres.url })).filter((line) => line.startsWith('from '))

test('from 0 it begins at 0, from a Table with what its thread had, from a file and a database with what the program had', async () => {
  const inFile = expect.stringMatching(/^from (SQLite: |LevelDB:)     3 before the kill, 3 after it$/)
  const inPostgres = (count: number): string => `from PostgreSQL:  ${programs ? `${count} before the kill, ${count} after it` : 'not tried, as DATABASE_URL is not set'}`
  expect(await counts()).toEqual(['from 0:           3 before the kill, 0 after it', 'from a Table:     3 before the kill, 3 after it', inFile, inPostgres(3)])
  const again = expect.stringMatching(/^from (SQLite: |LevelDB:)     6 before the kill, 6 after it$/)
  expect(await counts()).toEqual(['from 0:           3 before the kill, 0 after it', 'from a Table:     3 before the kill, 3 after it', again, inPostgres(6)])
}, 60_000)

// The definition of the example as its thread finds it: jest itself cannot import an ES module.
const Counter = GenServer.define(pathToFileURL(resolve(__dirname, '../../../docs/examples/dist/counter-postgres.js')).href, {
  name: 'Counter in PostgreSQL',
  init: (initialValue: number) => ok(initialValue),
  handleCast: { inc: (count) => noreply(count) },
  handleCall: { get: (count) => reply(count, count) },
})

const withPostgres = programs === undefined ? test.skip : test
describe('with PostgreSQL; skipped where it is not installed (apt-get install postgresql)', () => {
  withPostgres('stopped and started in the middle: the counter dies of it, and is back with its count when the database is', async () => {
    using log = captureLog()
    await using _supervisor = await Supervisor.startLink([{ id: 'counter', start: [Counter, 0, { thread: { env: { DATABASE_URL: postgres!.url } } }] }], { strategy: 'one_for_one', maxRestarts: 1000, backoff: { min: 20, max: 100 } })
    GenServer.cast(Counter, 'inc')
    const count = await GenServer.call(Counter, 'get')
    expect(count).toBeGreaterThan(0)

    const death = down(Process.whereis(Counter)!)
    await postgres!.stop()
    expect(await death).toMatchObject(['uncaught_exception', expect.anything()])
    await postgres!.start()
    expect(await GenServer.call(Counter, 'get', { timeout: 20_000 })).toBe(count)
    GenServer.cast(Counter, 'inc')
    expect(await GenServer.call(Counter, 'get')).toBe(count + 1)
    expect(log.events.length).toBeGreaterThan(0)
  }, 60_000)
})
