// The counter with its count in PostgreSQL: it outlives the machine. A connection that breaks is an error nobody handles, and
// so the end of this process; its supervisor connects again by starting it again.
import pg from 'pg'
import { GenServer, noreply, ok, reply } from 'starfish'

interface State {
  readonly database: pg.Client
  readonly count: number
}

const Counter = GenServer.define(import.meta.url, {
  name: 'Counter in PostgreSQL',
  init: async (initialValue: number) => {
    const database = new pg.Client({ connectionString: process.env['DATABASE_URL'] })
    await database.connect()
    await database.query('CREATE TABLE IF NOT EXISTS counters (name text PRIMARY KEY, count integer NOT NULL)')
    await database.query('INSERT INTO counters VALUES ($1, $2) ON CONFLICT DO NOTHING', ['visits', initialValue])
    const { rows } = await database.query<{ count: number }>('SELECT count FROM counters WHERE name = $1', ['visits'])
    return ok<State>({ database, count: rows[0]!.count })
  },
  handleCast: {
    inc: async ({ database }) => {
      const { rows } = await database.query<{ count: number }>('UPDATE counters SET count = count + 1 WHERE name = $1 RETURNING count', ['visits'])
      return noreply({ database, count: rows[0]!.count })
    },
  },
  handleCall: { get: (state) => reply(state.count, state) },
  formatStatus: ({ state: { count }, message }) => ({ state: { count }, message }),
})
export default Counter
