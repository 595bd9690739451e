// How the library's own servers come to life: on the main thread, with callbacks that trust each other.

import { StartError } from '../term/errors.js'
import { DEFINITION, refOf, type Definition } from '../process/definition.js'
import type { LocalProcess } from '../process/local-process.js'
import { startProcess } from '../process/start.js'
import { checkSignal } from '../process/start-options.js'
import { started } from './started.js'
import { Server, type Callbacks } from './server.js'
import type { Started } from './types.js'

/** A definition whose processes run `callbacks` on the main thread. */
export function hostedServer(where: string, name: string | undefined, callbacks: object, as: { readonly supervisor?: boolean; readonly registered?: boolean } = {}): Definition {
  const ref = refOf(as.supervisor ? 'supervisor' : 'gen_server', where, name, 'main')
  return {
    [DEFINITION]: { ...ref, registered: as.registered ?? false },
    begin: (process: LocalProcess, argument: unknown) => void new Server(process, callbacks as Callbacks).init(argument),
  }
}

/** Starts one, linked to the caller; shuts it down when `signal` fires. */
export async function launch(definition: Definition, argument: unknown, name: string | null | undefined, signal?: AbortSignal): Promise<Started | 'ignore'> {
  const ref = definition[DEFINITION]
  if (signal !== undefined) checkSignal(signal)
  if (signal?.aborted) throw new StartError('aborted', ref.name, { cause: signal.reason })
  const outcome = await startProcess(ref, argument, name === undefined ? {} : { name }, { link: true })
  const handle = started(outcome, name ?? ref.name)
  if (signal && handle !== 'ignore') {
    const down = (): void => void Promise.resolve(handle[Symbol.asyncDispose]()).catch(() => undefined) // it may be down already
    if (signal.aborted) down()
    else signal.addEventListener('abort', down, { once: true })
  }
  return handle
}
