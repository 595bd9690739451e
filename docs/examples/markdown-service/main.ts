// node main.js: serves until SIGTERM or SIGINT, then finishes what it has begun. PORT and DEADLINE (ms) from the environment.

import { Application, GenServer } from 'starfish'
import Service from './service.js'
import Web from './web.js'

const { PORT = '3000', DEADLINE = '2000' } = process.env
Application.putEnv('markdown_service', 'port', Number(PORT))
Application.putEnv('markdown_service', 'deadline', Number(DEADLINE))
await Application.run(Service)
console.log(`listening on http://127.0.0.1:${await GenServer.call(Web, 'port')}`)
