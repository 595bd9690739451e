import { GenServer } from 'starfish'
import Loaded from './loaded.js'

const server = await GenServer.startLink(Loaded, undefined)
console.log(await GenServer.call(server, 'how'))
await server[Symbol.asyncDispose]()
