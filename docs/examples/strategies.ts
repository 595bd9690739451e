// Three counters under a supervisor, to see what a strategy restarts when one of them fails.
//
//   node docs/examples/dist/strategies.js one_for_all --tick 50 --seconds 5 --max-restarts 1000
import { parseArgs } from 'node:util'
import { Process, Supervisor, type Strategy } from 'starfish'
import * as One from './one.js'
import * as Two from './two.js'
import * as Three from './three.js'
import { inspect } from './inspect.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tick: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: 'Infinity' },
    'max-restarts': { type: 'string', default: '3' },
    'max-seconds': { type: 'string', default: '5' },
  },
})
process.env['TICK'] = values.tick // every thread starts with a copy of it

const children = [One, Two, Three]
const strategy = (positionals[0] ?? 'one_for_one') as Strategy // the supervisor refuses what is none
await using supervisor = await Supervisor.startLink(children, {
  strategy, name: 'Counter.Supervisor', maxRestarts: Number(values['max-restarts']), maxSeconds: Number(values['max-seconds']),
})

try {
  const [, , reason] = await Process.receive((message) => message[0] === 'EXIT' && message[1] === supervisor.pid, { timeout: Number(values.seconds) * 1000 })
  inspect(`exited with ${String(reason)}`, 'Counter.Supervisor')
} catch (error) {
  if ((error as { code?: unknown }).code !== 'ERR_RECEIVE_TIMEOUT') throw error
}
