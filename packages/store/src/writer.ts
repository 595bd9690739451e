// The one process that writes to the file of a durable table: all others send it their changes. What has gathered while it
// wrote is written together, and each is answered when its change is committed.

import { GenServer, Logger, noreply, ok, Process, reply, UsageError, type From } from 'starfish'
import { catchAll } from 'starfish/internal'
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

/** What the writer is asked for: by this package alone. */
export type Request = 'place' | 'size' | readonly ['change', Change] | readonly ['get', key: string] | readonly ['range', Range]

function isRequest(message: unknown): message is Request {
  if (!Array.isArray(message)) return message === 'place' || message === 'size'
  const [tag, payload] = message as unknown[]
  return tag === 'get' ? typeof payload === 'string' : tag === 'change' ? Array.isArray(payload) : tag === 'range' && typeof payload === 'object' && payload !== null
}

async function answerOf({ driver }: State, request: Exclude<Request, 'place' | readonly ['change', Change]>): Promise<Answer> {
  try {
    if (request === 'size') return ['ok', driver.size()]
    if (request[0] === 'range') return ['ok', (await driver.range(request[1])) satisfies Row[]]
    const found = driver.get(bytesOf(request[1]))
    return ['ok', found && textOf(found)]
  } catch (error) {
    return ['failed', error]
  }
}

// Who has the pid of a table by mistake must not close it (dets.erl: "unexpected message (ignored)").
function ignore(what: string, message: unknown): string {
  const text = `a durable table got a ${what} that it does not handle: ${show(message)}`
  Logger.warn(text)
  return text
}

const Writer = GenServer.define(__filename, {
  init: async (plan: Plan) => {
    Process.flag('trapExit', true) // so that what has gathered is written at the end
    return ok(await begin(plan))
  },
  handleInfo: async (state, message) => {
    if (message === 'timeout') return noreply(await commit(state))
    ignore('message', message)
    return noreply(state, SOON)
  },
  terminate: async (_reason, state) => {
    await commit(state)
    await state.driver.close()
  },
  formatStatus: ({ state: { place, waiting }, message }) => ({ state: { ...place, waiting: waiting.length }, message }),
})

// After each message those whose changes are to be committed wait no longer than before.
catchAll(Writer, {
  handleCall: async (state: State, message, { from }) => {
    if (!isRequest(message)) return reply(['failed', new UsageError('ERR_NO_HANDLER', `${ignore('call', message)}; write Durable.lookup(table, key), or another function of Durable`)], state, SOON)
    if (message === 'place') return reply(state.place, state, SOON)
    if (message === 'size' || message[0] !== 'change') return reply(await answerOf(state, message), state, SOON)
    change(state, message[1], from)
    return state.waiting.length < LARGEST ? noreply(state, SOON) : noreply(await commit(state))
  },
  handleCast: (state: State, message) => {
    ignore('cast', message)
    return noreply(state, SOON)
  },
})

export default Writer
