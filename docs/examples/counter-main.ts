// The counter at work: first on its own, then supervised, killed, and back.
//
//   node docs/examples/dist/counter-main.js
import { GenServer, Process, Supervisor } from 'starfish'
import Counter, { getCount, increment, startLink } from './counter.js'

const counter = await startLink(0)
increment()
increment()
increment()
console.log(`unsupervised after 3 increments: ${await getCount()}`)
await GenServer.stop(counter)

await using _supervisor = await Supervisor.startLink([[Counter, 0]], { strategy: 'one_for_one' })
increment()
console.log(`supervised after 1 increment: ${await getCount()}`)
const old = Process.whereis(Counter)
console.log(`pid: ${old}`)

Process.exit(old, 'kill')
// Elixir's program has to sleep here. A call by name waits for the restart.
console.log(`after kill: ${await getCount()}`)
console.log(`new pid: ${Process.whereis(Counter)}`)
console.log(`pid changed: ${Process.whereis(Counter) !== old}`)
