// The program: starts the application. SIGINT (Ctrl-C) and SIGTERM stop it, the last process first.
import { Application, Logger } from 'starfish'
import application from './application.js'

await Application.run(application)
Logger.info(`${application.name} runs, Ctrl-C ends it`)
