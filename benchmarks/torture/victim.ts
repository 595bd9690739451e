// Who dies: a server that answers, until it is told how to die; and who stands by, and must not notice.

import { GenServer, noreply, ok, reply } from 'starfish'
import { die, type Way } from './ways.js'

export default GenServer.define(__filename, {
  name: 'Victim',
  init: (how: 'ready' | 'never ready') => (how === 'ready' ? ok(0) : new Promise<never>(() => undefined)),
  handleCall: {
    alive: (count) => reply('alive', count),
    die: async (count, way: Way) => reply(await die(way), count),
    wait: (count) => noreply(count),
  },
})

export const Bystander = GenServer.define(`${__filename}#Bystander`, {
  name: 'Bystander',
  init: () => ok(0),
  handleCall: { bump: (count) => reply(count + 1, count + 1) },
})
