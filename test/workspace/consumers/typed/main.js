// As under vitest: the main program has the definition from elsewhere, a thread has to load counter.ts.
import { GenServer, Logger, noreply, ok, reply } from 'starfish'

process.env.VITEST = 'true'
Logger.configure({ level: 'silent' })
const Counter = GenServer.define(new URL('./counter.ts', import.meta.url).href, {
  name: 'Counter',
  init: (count) => ok(count),
  handleCall: { get: (count) => reply(count, count) },
  handleCast: { inc: (count) => noreply(count + 1) },
})
try {
  await GenServer.startLink(Counter, 0)
  GenServer.cast(Counter, 'inc')
  console.log(await GenServer.call(Counter, 'get'))
  await GenServer.stop(Counter)
} catch (error) {
  console.log(error.cause.code, error.cause.message)
}
