// How supervisors of all kinds come to life: as servers on the main thread.

import { StartError } from '../term/errors.js'
import { DEFINITION, refOf, type Definition } from '../process/definition.js'
import type { LocalProcess } from '../process/local-process.js'
import { startProcess } from '../process/start.js'
import { started } from '../behaviour/gen-server.js'
import { Server, type Callbacks } from '../behaviour/server.js'
import type { Started } from '../behaviour/types.js'

/** A definition whose processes run `callbacks` on the main thread and count as supervisors. */
export function hostedServer(where: string, name: string | undefined, registered: boolean, callbacks: object): Definition {
  const ref = refOf('supervisor', where, name, 'main')
  return {
    [DEFINITION]: { ...ref, registered },
    begin: (process: LocalProcess, argument: unknown) => void new Server(process, callbacks as Callbacks).init(argument),
  }
}

/** Starts one, linked to the caller; shuts it down when `signal` fires. */
export async function launch(definition: Definition, argument: unknown, name: string | null | undefined, signal?: AbortSignal): Promise<Started | 'ignore'> {
  const ref = definition[DEFINITION]
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
