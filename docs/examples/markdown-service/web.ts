// The web server as a process of the tree: it comes up with it, and goes down before what it needs. Says with a status
// what became of a request; each gets an answer.

import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import { type CallError, GenServer, noreply, ok, Process, reply, stop, Supervisor } from 'starfish'
import * as Pool from '@starfish/pool'
import Renderer, { type Document } from './renderer.js'

export interface WebOptions {
  readonly port: number
  /** Ms that a request may take, waiting included. */
  readonly deadline: number
}

export default GenServer.define(import.meta.url, {
  name: 'Web',
  host: 'main',
  init: async (options: WebOptions, { signal }) => {
    Process.flag('trapExit', true) // so that `terminate` is called when the tree is stopped
    const app = build(options, signal)
    signal.addEventListener('abort', () => void app.close()) // also when this process is killed
    await app.listen({ host: '127.0.0.1', port: options.port })
    return ok(app)
  },
  handleCall: {
    port: (app) => reply((app.server.address() as AddressInfo).port, app),
  },
  handleInfo: {
    EXIT: (app, reason) => (reason === 'normal' ? noreply(app) : stop('shutdown', app)),
  },
  terminate: (_reason, app) => app.close(), // waits for the requests in hand
})

function build({ deadline }: WebOptions, stopping: AbortSignal): FastifyInstance {
  const app = Fastify({ bodyLimit: 2 ** 22 })
  app.addContentTypeParser('text/markdown', { parseAs: 'string' }, (_request, body, done) => done(null, body))

  // Else a connection with a request in hand would be kept alive behind its answer, and hold up the end.
  app.addHook('onSend', async (_request, answer) => {
    if (stopping.aborted) answer.header('connection', 'close')
  })

  app.post<{ Body: string; Querystring: { mark?: string } }>('/render', async (request, answer) => {
    const { mark } = request.query
    const signal = AbortSignal.any([AbortSignal.timeout(deadline), goneOf(answer)])
    try {
      const html = await render({ markdown: request.body, ...(mark === undefined ? {} : { mark }) }, signal)
      return await answer.type('text/html; charset=utf-8').send(html)
    } catch (error) {
      return refuse(answer, error as CallError)
    }
  })

  app.get('/healthz', async (_request, answer) => {
    const health = await Promise.race([lookAtTree(), patience(1000)])
    return answer.code(health.ok ? 200 : 503).send(health)
  })
  return app
}

/** A document can be rendered twice without harm: whose thread or pool died gets a second chance, and not a third. */
async function render(document: Document, signal: AbortSignal): Promise<string> {
  try {
    return await Pool.run(Renderer, ['render', document], { signal })
  } catch (error) {
    if ((error as CallError).code !== 'ERR_CALL_EXIT' || signal.aborted) throw error
    return Pool.run(Renderer, ['render', document], { signal })
  }
}

function refuse(answer: FastifyReply, error: CallError | SyntaxError): FastifyReply {
  if (error.name === 'SyntaxError') return answer.code(400).send({ error: error.message })
  switch ((error as CallError).code) {
    case 'ERR_CALL_TIMEOUT': // rendering took too long
    case 'ERR_CALL_ABORTED': // rendering and waiting for it did
      return answer.code(504).send({ error: 'the document takes too long' })
    case 'ERR_CALL_OVERLOAD':
    case 'ERR_CALL_NOPROC':
    case 'ERR_CALL_EXIT': // a second time
      return answer.code(503).header('retry-after', '1').send({ error: 'too busy at the moment' })
    default:
      return answer.code(500).send({ error: error.message })
  }
}

/** Aborts when the client has gone: nobody needs the page then. */
function goneOf(answer: FastifyReply): AbortSignal {
  const gone = new AbortController()
  answer.raw.once('close', () => {
    if (!answer.raw.writableFinished) gone.abort(new Error('the client has gone'))
  })
  return gone.signal
}

interface Health {
  readonly ok: boolean
  readonly [detail: string]: unknown
}

/** What the supervisor says of its children, and the pool of its threads. */
async function lookAtTree(): Promise<Health> {
  const children = Object.fromEntries((await Supervisor.whichChildren('Service')).map(({ id, pid }) => [id, pid ?? 'down']))
  const { threads, idle, queued, deaths, runTime } = await Pool.info(Renderer)
  return { ok: Process.whereis(Renderer) !== undefined, children, threads, idle, queued, deaths, p99: runTime.p99 }
}

// A tree that is going down does not answer, and a health check that waits is none.
const patience = (ms: number): Promise<Health> => new Promise((resolve) => setTimeout(() => resolve({ ok: false, error: 'no answer' }), ms).unref())
