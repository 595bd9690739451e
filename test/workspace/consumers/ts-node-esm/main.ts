import { GenServer, Supervisor } from 'starfish'
import Counter from './counter.js'

await using _supervisor = await Supervisor.startLink([[Counter, 0]], { strategy: 'one_for_one' })
GenServer.cast(Counter, 'inc')
console.log(await GenServer.call(Counter, 'get'))
