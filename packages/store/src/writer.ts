// The one process that writes to the file of a durable table: all others send it their changes. What has gathered while it
// wrote is written together, and each is answered when its change is committed.

import { GenServer, Logger, noreply, ok, Process, reply, UsageError, type From } from 'starfish'
import { Batch, type Change } from './batch.js'
import { bytesOf, textOf } from './bytes.js'
import type { Driver, DriverName, Range, Row } from './driver.js'
import { openDriver } from './drivers.js'
import { show } from './show.js'

export interface Plan {
  /** An absolute path. */
  readonly file: string
  readonly driver: DriverName
}

/** What a thread has to know to read the file itself. */
export interface Place {
  readonly file: string
  readonly driver: DriverName
  readonly hasReaders: boolean
}

/** An answer that is late cannot reject: what failed travels as a value. */
export type Answer = readonly ['ok', value: unknown] | readonly ['failed', error: unknown]

/** So many changes are committed together at most: also those who were first get their answers some time. */
const LARGEST = 1000

interface State {
  readonly place: Place
  readonly driver: Driver
  readonly batch: Batch
  readonly waiting: { readonly from: From; readonly answer: Answer }[]
  sync: boolean
}

async function begin({ file, driver: wanted }: Plan): Promise<State> {
  const driver = await openDriver(file, wanted)
  return { place: { file, driver: driver.name, hasReaders: driver.hasReaders }, driver, batch: new Batch(driver), waiting: [], sync: false }
}

function change(state: State, what: Change, from: From): void {
  if (what[0] === 'sync') state.sync = true
  const answer = attempt(() => state.batch.apply(what))
  state.waiting.push({ from, answer })
  // What the store refuses in the midst of a batch is the end of all of it; what somebody asked wrongly has changed nothing.
  if (answer[0] === 'failed' && !(answer[1] instanceof UsageError)) {
    state.batch.rollback()
    answerAll(state, answer)
  }
}

function attempt(make: () => unknown): Answer {
  try {
    return ['ok', make()]
  } catch (error) {
    return ['failed', error]
  }
}

async function commit(state: State): Promise<State> {
  if (state.waiting.length === 0) return state
  try {
    await state.batch.commit(state.sync)
    answerAll(state)
  } catch (error) {
    answerAll(state, ['failed', error])
  }
  return state
}

function answerAll(state: State, failure?: Answer): void {
  for (const { from, answer } of state.waiting.splice(0)) GenServer.reply(from, failure ?? answer)
  state.sync = false
}

/** As soon as nobody has anything to say, what is there is committed. */
const SOON = { timeout: 0 }

const Writer = GenServer.define(__filename, {
  init: async (plan: Plan) => {
    Process.flag('trapExit', true) // so that what has gathered is written at the end
    return ok(await begin(plan))
  },
  handleCall: {
    change: (state, what: Change, { from }) => {
      change(state, what, from)
      return state.waiting.length < LARGEST ? noreply(state, SOON) : commit(state).then((after) => noreply(after))
    },
    place: (state) => reply(state.place, state, SOON),
    get: (state, key: string) => {
      const answer = attempt(() => {
        const found = state.driver.get(bytesOf(key))
        return found && textOf(found)
      })
      return reply(answer, state, SOON)
    },
    size: (state) => reply(attempt(() => state.driver.size()), state, SOON),
    range: async (state, range: Range) => {
      const rows = await Promise.resolve(state.driver.range(range)).then((found): Answer => ['ok', found satisfies Row[]], (error: unknown): Answer => ['failed', error])
      return reply(rows, state, SOON)
    },
  },
  // Whatever else it is told must not keep those waiting whose changes are to be committed.
  handleInfo: async (state, message) => {
    if (message === 'timeout') return noreply(await commit(state))
    Logger.warn(`a durable table got a message that it does not handle: ${show(message)}`)
    return noreply(state, SOON)
  },
  terminate: async (_reason, state) => {
    await commit(state)
    await state.driver.close()
  },
  formatStatus: ({ state: { place, waiting }, message }) => ({ state: { ...place, waiting: waiting.length }, message }),
})
export default Writer
