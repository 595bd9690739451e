// What the compiler must refuse, and what it must know: compiled with the tests, never run. Each @ts-expect-error is a
// mistake that has to stay one; tsc fails when it is not.

import { GenServer, ignore, noreply, ok, reply, stop, Table, type InitContext, type Pid, type Started } from 'starfish'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_: Same<A, B>): void => undefined

export const Counter = GenServer.define(`${__filename}#Counter`, {
  name: 'Counter',
  init: (count: number) => ok(count),
  handleCall: {
    get: (count) => reply(count, count),
    bump: (count, by: number) => reply(count + by, count + by),
    maybe: (count, by?: number) => reply(`${by ?? 0}`, count),
    either: (count, which: 'a' | 'b') => (which === 'a' ? reply(true, count) : stop('normal', 'no' as const, count)),
    later: async (count, _: undefined, { from }) => {
      GenServer.reply(from, 1)
      return noreply(count)
    },
    anything: (count, value: unknown) => reply(value === undefined, count),
    slow: async (count, text: string) => reply([text], count),
  },
  handleCast: {
    inc: (count) => noreply(count + 1),
    set: (_count, to: number) => noreply(to),
    note: (count, _value: unknown) => noreply(count),
  },
  handleInfo: { tick: (count) => noreply(count + 1) },
})

export const Sometimes = GenServer.define(`${__filename}#Sometimes`, {
  init: ({ up }: { up: boolean }) => (up ? ok('state') : ignore()),
})

export const Always = GenServer.define(`${__filename}#Always`, { init: async (_: undefined) => ok(new Map<string, number>()) })

export async function calls(counter: Started<typeof Counter>, pid: Pid): Promise<void> {
  const got = await GenServer.call(Counter, 'get')
  same<typeof got, number>(true)
  const bumped = await GenServer.call(counter, ['bump', 3], { timeout: Infinity })
  same<typeof bumped, number>(true)
  const either = await GenServer.call(Counter, ['either', 'a'])
  same<typeof either, boolean | 'no'>(true)
  const slow = await GenServer.call(Counter, ['slow', 'text'])
  same<typeof slow, string[]>(true)
  const later = await GenServer.call(Counter, 'later')
  same<typeof later, unknown>(true)
  const byPid = await GenServer.call(pid, ['whatever', 1, 2])
  same<typeof byPid, unknown>(true)
  const told = await GenServer.call<number>(pid, 'get')
  same<typeof told, number>(true)
  await GenServer.call(Counter, 'maybe')
  await GenServer.call(Counter, ['maybe', 1])
  await GenServer.call(Counter, ['anything', { a: 1 }])
  await GenServer.call(Counter, 'anything')

  // @ts-expect-error a tag that no handler has
  await GenServer.call(Counter, 'gett')
  // @ts-expect-error a payload of another type
  await GenServer.call(Counter, ['bump', '3'])
  // @ts-expect-error no payload where one is needed
  await GenServer.call(Counter, 'bump')
  // @ts-expect-error no payload in the pair
  await GenServer.call(Counter, ['bump'])
  // @ts-expect-error a payload where none is taken
  await GenServer.call(Counter, ['get', 1])
  // @ts-expect-error another word than the union allows
  await GenServer.call(Counter, ['either', 'c'])
  // @ts-expect-error a cast used as a call
  await GenServer.call(Counter, 'inc')
  // @ts-expect-error an info used as a call
  await GenServer.call(counter, 'tick')
  // @ts-expect-error the handle knows its definition too
  await GenServer.call(counter, 'gett')
  // @ts-expect-error an option that does not exist
  await GenServer.call(Counter, 'get', { timeot: 1 })
  // @ts-expect-error a message is a word or a tagged list
  await GenServer.call(pid, 42)
}

export function casts(counter: Started<typeof Counter>): void {
  GenServer.cast(Counter, 'inc')
  GenServer.cast(counter, ['set', 3])
  GenServer.cast(counter, ['note', new Map()])
  // @ts-expect-error a call used as a cast
  GenServer.cast(Counter, 'get')
  // @ts-expect-error a payload of another type
  GenServer.cast(Counter, ['set', '3'])
  // @ts-expect-error no payload where one is needed
  GenServer.cast(Counter, 'set')
}

export async function starts(): Promise<void> {
  const counter = await GenServer.startLink(Counter, 0)
  same<typeof counter, Started<typeof Counter>>(true)
  same<typeof counter.pid, Pid>(true)
  const sometimes = await GenServer.start(Sometimes, { up: false }, { name: null, timeout: 100 })
  same<typeof sometimes, Started<typeof Sometimes> | 'ignore'>(true)
  const always = await GenServer.startLink(Always, undefined)
  same<typeof always, Started<typeof Always>>(true)
  // @ts-expect-error 'ignore' has no pid
  void sometimes.pid
  // @ts-expect-error an argument of another type
  await GenServer.startLink(Counter, '0')
  // @ts-expect-error no argument where init takes one
  await GenServer.startLink(Counter)
  // @ts-expect-error an option that does not exist
  await GenServer.startLink(Counter, 0, { nam: 'x' })
  // @ts-expect-error a host that does not exist
  await GenServer.startLink(Counter, 0, { host: 'cluster' })
  await using _stopped = await GenServer.startLink(Counter, 0)
}

export async function clients(counter: Started<typeof Counter>): Promise<void> {
  const client = GenServer.client(Counter, counter)
  const got = await client.get()
  same<typeof got, number>(true)
  const bumped = await client.bump(3)
  same<typeof bumped, number>(true)
  const set = client.set
  same<ReturnType<typeof set>, boolean>(true)
  await client.maybe()
  await client.maybe(1)
  await client.anything([])
  client.inc()
  // @ts-expect-error a method that no handler stands for
  void client.gett
  // @ts-expect-error a payload of another type
  await client.bump('3')
  // @ts-expect-error no payload where one is needed
  await client.bump()
  // @ts-expect-error a payload where none is taken
  await client.get(1)
  // @ts-expect-error an info is no method
  void client.tick
}

export const handlers = (): void => {
  const answer = Counter.handleCall.bump(0, 3)
  same<typeof answer.reply, number>(true)
  same<ReturnType<typeof Counter.init>['state'], number>(true)
  // @ts-expect-error a state of another type
  Counter.handleCall.bump('0', 3)
}

export const definitions = (): void => {
  const init = (count: number) => ok(count)
  // @ts-expect-error a state of another type is returned
  GenServer.define(__filename, { init, handleCall: { get: (count) => reply(count, 'text') } })
  // @ts-expect-error the same from a cast
  GenServer.define(__filename, { init, handleCast: { set: (_count, to: string) => noreply(to) } })
  // @ts-expect-error a cast does not reply
  GenServer.define(__filename, { init, handleCast: { set: (count) => reply(count, count) } })
  // @ts-expect-error a handler returns one of the forms, not the state
  GenServer.define(__filename, { init, handleInfo: { tick: (count) => count + 1 } })
  // @ts-expect-error init returns one of the forms, not the state
  GenServer.define(__filename, { init: (count: number) => count })
  // @ts-expect-error a server has an init
  GenServer.define(__filename, { handleCall: {} })
  // @ts-expect-error a callback that does not exist
  GenServer.define(__filename, { init, handleCalls: {} })
}

// ---- what is kept of the state

interface Shop { count: number; names: string[]; now: () => number }
const shop = (count = 0): Shop => ({ count, names: [], now: () => 0 })

// A function says what init gets back; so does the type of the context, which the rest is held against.
export const KeepsPart = GenServer.define(`${__filename}#KeepsPart`, {
  persist: { store: Table, table: 'kept', part: (state: Shop) => state.count },
  init: (_: undefined, { recovered }) => {
    same<typeof recovered, number | undefined>(true)
    return ok(shop(recovered))
  },
})
export const KeepsAll = GenServer.define(`${__filename}#KeepsAll`, {
  persist: { store: Table, table: 'kept', when: { every: 1000 } },
  init: (initial: number, { recovered }: InitContext<number>) => ok(recovered ?? initial),
  handleCall: { get: (count) => reply(count, count) },
})
export const KeepsFields = GenServer.define(`${__filename}#KeepsFields`, {
  persist: { store: Table, table: 'kept', part: ['count', 'names'] },
  init: (_: undefined, { recovered }: InitContext<Pick<Shop, 'count' | 'names'>>) => ok<Shop>({ ...shop(), ...recovered }),
})

GenServer.define(`${__filename}#KeepsTooMuch`, {
  // @ts-expect-error the state is a number, and init expects text back
  persist: { store: Table, table: 'kept' },
  init: (initial: number, { recovered }: InitContext<string>) => ok(initial + (recovered?.length ?? 0)),
})
GenServer.define(`${__filename}#KeepsOther`, {
  // @ts-expect-error no such field
  persist: { store: Table, table: 'kept', part: ['sum'] },
  init: (_: undefined, { recovered }: InitContext<Pick<Shop, 'count'>>) => ok<Shop>({ ...shop(), ...recovered }),
})
GenServer.define(`${__filename}#KeepsWrongPart`, {
  persist: { store: Table, table: 'kept', part: (state: Shop) => state.count },
  // @ts-expect-error it is not the state that is kept
  init: (initial: number) => ok(initial),
})
GenServer.define(`${__filename}#KeepsNowhere`, {
  // @ts-expect-error a store has insert and delete as well
  persist: { store: { lookup: () => 1 }, table: 'kept' },
  init: () => ok(1),
})
