// The scripted worker of the family `sup`: starts as its token says, ends as it is told, terminates as its spec says.

import { setTimeout as sleep } from 'node:timers/promises'
import { exit, GenServer, ignore, noreply, ok, Process, reply, stop, type Pid, type Reason } from 'starfish'
import type { ChildScript } from '../families/sup.js'
import { cut, format, parse } from '../terms.js'
import { record } from './record.js'

export interface WorkerArgument {
  readonly spec: ChildScript
  readonly inst: string
  readonly token: string
  readonly parent: string
}

interface State {
  readonly spec: ChildScript
  readonly inst: string
  n: number
  /** It ends of itself: then terminate only says so. */
  crashing: boolean
}

type Order = readonly ['do', what: string, reason: string]

function init({ spec, inst, token, parent }: WorkerArgument) {
  record('enroll', inst, spec.id, 'worker', parent)
  if (spec.trap) Process.flag('trapExit', true)
  record('event', 'init', inst, token)
  const [word, reason] = cut(token)
  switch (word) {
    case 'ok':
      return ok<State>({ spec, inst, n: 0, crashing: false })
    case 'ignore':
      return ignore()
    case 'stop':
      return stop(parse(reason))
    case 'bad':
      return 'bad_ret' as never
    default:
      return fail(word, reason)
  }
}

function handleInfo(state: State, message: Order | readonly ['EXIT', Pid, Reason]) {
  if (message[0] === 'EXIT') {
    record('event', 'info_exit', state.inst, message[1], format(message[2]))
    return noreply(state)
  }
  const [, what, reason] = message
  if (what === 'inc') {
    state.n++
    return noreply(state)
  }
  state.crashing = true
  return what === 'crash' ? stop(parse(reason), state) : fail(what, reason)
}

async function terminate(reason: Reason, { spec, inst, crashing }: State): Promise<void> {
  record('event', 'terminate', inst, format(reason))
  if (crashing) return
  const [word, detail] = cut(spec.term ?? 'ok')
  if (word === 'ok') return
  if (word === 'sleep') {
    await sleep(Number(detail))
    record('event', 'terminated', inst)
  } else if (word === 'hang') {
    record('hanging')
    await new Promise(() => undefined)
  } else {
    fail(word, detail)
  }
}

export default GenServer.define(__filename, { init, handleCall: { get: (state) => reply(state.n, state) }, handleInfo, terminate })

function fail(how: string, reason: string): never {
  if (how === 'raise') throw new Error(reason)
  if (how === 'throw') throw parse(reason) as never
  exit(parse(reason))
}
