// Gives a suspended server another definition to go on with, and its state the form that goes with it (gen_server.erl,
// system_code_change/4). Whatever fails, the server has the code and the state it had.

import type { DefinitionRef } from '../term/definition.js'
import { StarfishError, UsageError } from '../term/errors.js'
import { formatReason, formatTerm } from '../term/format.js'
import { DEFINITION, findDefinition, type Definition } from '../process/definition.js'
import { checkSamePlace } from './persist.js'
import { kindOf } from './returns.js'
import type { Callbacks, Server } from './server.js'

export async function changeCode(server: Server, to: DefinitionRef | null, oldVsn: unknown, extra: unknown): Promise<void> {
  const { process } = server
  if (!process.suspended) throw new UsageError('ERR_NOT_SUSPENDED', `expected a suspended server, got ${process.name}, which runs; write await Sys.suspend(server) before`)
  const callbacks = to === null ? server.callbacks : callbacksOf(await findDefinition(to))
  checkSamePlace(server.callbacks.persist, callbacks.persist, process.name)
  const result = await migrate(callbacks, process.name, oldVsn, server.state, extra)
  if (!process.ended) server.become(callbacks, result)
}

function callbacksOf(definition: Definition): Callbacks {
  if (typeof (definition as Partial<Callbacks>).init === 'function') return definition as unknown as Callbacks
  const { name } = definition[DEFINITION]
  throw new UsageError('ERR_BAD_DEFINITION', `expected the definition of a GenServer or an Agent, got ${name}; write null for the code that the server has`)
}

// Without a codeChange the state stays as it is, as with `use GenServer`.
async function migrate({ codeChange }: Callbacks, name: string, oldVsn: unknown, state: unknown, extra: unknown): Promise<unknown> {
  if (codeChange === undefined) return state
  const refused = (what: string, options?: ErrorOptions): StarfishError =>
    new StarfishError('ERR_CALLBACK_FAILED', `codeChange for ${name} ${what}; it has the code and the state it had`, options)
  let result: unknown
  try {
    result = await codeChange(oldVsn, state, extra)
  } catch (error) {
    throw refused(`threw ${formatReason(error)}`, { cause: error })
  }
  if (kindOf(result) !== 'ok') throw refused(`gave ${formatTerm(result)}, not ok(state)`, { cause: result })
  return (result as { state: unknown }).state
}
