// Messages every server understands, whatever its callbacks: look at it, hold it, stop it (sys.erl).

import { Kind } from '../wire/envelope.js'
import { UsageError } from '../term/errors.js'
import { formatTerm } from '../term/format.js'
import type { Reason } from '../term/reason.js'
import type { Letter } from '../process/mailbox.js'
import { postAnswer } from '../process/post.js'
import type { Server } from './server.js'

export type SystemRequest =
  | readonly ['sync']
  | readonly ['get_state']
  | readonly ['replace_state', unknown]
  | readonly ['suspend']
  | readonly ['resume']
  | readonly ['get_status']
  | readonly ['terminate', Reason]

/** Does one request. The reply is posted before the server goes on. */
export function answerSystem(server: Server, letter: Letter): void | Promise<void> {
  const request = letter.body as SystemRequest
  const reply = (value: unknown): void => {
    try {
      postAnswer(Kind.reply, letter.from, letter.tag as number, value)
    } catch (error) {
      postAnswer(Kind.failure, letter.from, letter.tag as number, error)
    }
  }
  switch (request[0]) {
    case 'sync':
      return reply('ok')
    case 'get_state':
      return reply(server.state)
    case 'replace_state':
      server.state = request[1]
      return reply(server.state)
    case 'suspend':
      server.process.suspended = true
      return reply('ok')
    case 'resume':
      server.process.suspended = false
      return reply('ok')
    case 'get_status':
      return reply({
        pid: server.process.pid,
        name: server.process.name,
        status: server.process.suspended ? 'suspended' : 'running',
        mailbox: server.process.mailbox.length,
        state: formatTerm(server.status(undefined).state, 10_000),
      })
    case 'terminate':
      return server.finish(request[1], request)
    default:
      postAnswer(Kind.failure, letter.from, letter.tag as number, new UsageError('ERR_BAD_ARGUMENT', `expected a system request, got ${formatTerm(request)}; write the functions of Sys`))
  }
}
