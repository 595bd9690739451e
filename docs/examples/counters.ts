// The counter four ways, each killed after three increments: with what does the next one begin?
//
//   DATABASE_URL=postgres://… node docs/examples/dist/counters.js data/counts.db
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GenServer, Process, Supervisor, Table } from 'starfish'
import { Durable } from '@starfish/store'
import Counter from './counter.js'
import InTable from './counter-table.js'
import InFile from './counter-durable.js'
import InPostgres from './counter-postgres.js'

const file = process.argv[2] ?? join(mkdtempSync(join(tmpdir(), 'starfish-counters-')), 'counts.db')
const hasPostgres = process.env['DATABASE_URL'] !== undefined

await using _supervisor = await Supervisor.startLink([
  Table.spec('counts'),
  Durable.spec({ name: 'durable counts', file }),
  [Counter, 0], [InTable, 0], [InFile, 0], ...(hasPostgres ? [[InPostgres, 0] as const] : []),
], { strategy: 'one_for_one', maxRestarts: 10 })

async function killed(counter: typeof Counter | typeof InPostgres): Promise<string> {
  for (let i = 0; i < 3; i++) GenServer.cast(counter as typeof Counter, 'inc')
  const before = await GenServer.call(counter as typeof Counter, 'get')
  Process.exit(Process.whereis(counter), 'kill')
  const after = await GenServer.call(counter as typeof Counter, 'get')
  return `${before} before the kill, ${after} after it`
}

const { driver } = await Durable.info('durable counts')
console.log(`from 0:           ${await killed(Counter)}`)
console.log(`from a Table:     ${await killed(InTable)}`)
console.log(`from ${driver === 'sqlite' ? 'SQLite: ' : 'LevelDB:'}     ${await killed(InFile)}`)
console.log(`from PostgreSQL:  ${hasPostgres ? await killed(InPostgres) : 'not tried, as DATABASE_URL is not set'}`)
