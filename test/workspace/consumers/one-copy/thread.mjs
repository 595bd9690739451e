// Asks a process in a thread which copy of the runtime its module was given.
import { GenServer } from 'starfish'

const { default: Asker } = await import(`./${process.argv[2]}`)
const asker = await GenServer.startLink(Asker, null)
console.log(await GenServer.call(asker, 'compare'))
await asker[Symbol.asyncDispose]()
