// The scripted supervisors of the family `sup`: they say that they begin, and fail to if their token says so.

import { DynamicSupervisor, exit, Supervisor, type ChildSpec, type SupervisorOptions } from 'starfish'
import type { ChildScript } from '../families/sup.js'
import { cut, parse } from '../terms.js'
import { record } from './record.js'

export interface TreeArgument {
  readonly spec: ChildScript
  readonly inst: string
  readonly token: string
  readonly parent: string
  /** The children of a static supervisor. */
  readonly children: readonly ChildSpec[]
}

function begin<S>(kind: string, { spec, inst, token, parent }: TreeArgument, supervision: () => S): S | 'ignore' {
  record('enroll', inst, spec.id, kind, parent)
  record('event', 'init', inst, token)
  const [word, reason] = cut(token)
  switch (word) {
    case 'ok':
      return supervision()
    case 'ignore':
      return 'ignore'
    case 'bad':
      return 'bad_ret' as never
    case 'raise':
      throw new Error(reason)
    default:
      return exit(parse(reason))
  }
}

const intensity = ({ max_restarts, max_seconds }: ChildScript) => ({
  ...(max_restarts === undefined ? {} : { maxRestarts: max_restarts }),
  ...(max_seconds === undefined ? {} : { maxSeconds: max_seconds }),
})

export const Tree = Supervisor.define(`${__filename}#Tree`, {
  init: (argument: TreeArgument) =>
    begin('sup', argument, () => {
      const { strategy = 'one_for_one', auto_shutdown } = argument.spec
      const options: SupervisorOptions = { strategy, ...intensity(argument.spec), ...(auto_shutdown === undefined ? {} : { autoShutdown: auto_shutdown }) }
      return Supervisor.init(argument.children as never, options)
    }),
})

export const Dynamic = DynamicSupervisor.define(`${__filename}#Dynamic`, {
  init: (argument: TreeArgument) =>
    begin('dynsup', argument, () => {
      const { max_children } = argument.spec
      return { ...intensity(argument.spec), ...(max_children === undefined ? {} : { maxChildren: max_children }) }
    }),
})
