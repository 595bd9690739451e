// The tree of the service: a pool, and the web server in front of it. Stopped in the opposite order.

import { Application, Supervisor } from 'starfish'
import Renderer from './renderer.js'
import Web from './web.js'

export default Application.define({
  name: 'markdown_service',
  env: { port: 3000, deadline: 2000 },
  start: () => {
    const setting = (name: string): number => Application.getEnv<number>('markdown_service', name)!
    return Supervisor.startLink([Renderer, [Web, { port: setting('port'), deadline: setting('deadline') }]], { strategy: 'one_for_one', maxRestarts: 10, name: 'Service' })
  },
})
