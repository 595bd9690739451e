// Every form in which a callback may answer, from every callback, in a thread and on the main thread, at once and with
// a promise (otp-semantics R56-R66).
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { GenServer, Process, Sys, type CallError } from 'starfish'
import { assertNoLeaks, captureLog, receive, type CapturedLog } from '@starfish/testing'
import Scripted, { doing, type Act, type Argument } from '../fixtures/scripted.js'

let log: CapturedLog
beforeEach(() => void (log = captureLog()))
afterEach(() => log[Symbol.dispose]())
afterAll(() => assertNoLeaks())

const modes = [
  { host: 'thread', async: false },
  { host: 'thread', async: true },
  { host: 'main', async: false },
  { host: 'main', async: true },
] as const

const failed = (promise: Promise<unknown>): Promise<CallError> => promise.then((value) => Promise.reject(new Error(`got ${String(value)}`)), (error: CallError) => error)
const kinds = (): string[] => log.events.map((event) => event.kind)
const typeError = (message: string): unknown => ['error', expect.objectContaining({ name: 'TypeError', message })]

describe.each(modes)('on $host, async $async', ({ host, async }) => {
  const start = (argument: Partial<Argument> = {}) => GenServer.startLink(Scripted, { witness: Process.self(), async, ...argument }, { host })

  /** What the server did until now. */
  const done = async (server: Parameters<typeof Sys.getState>[0]): Promise<readonly string[]> => (await Sys.getState<{ done: string[] }>(server)).done

  /** Reason and state that terminate of this server got. */
  const terminated = async ({ pid }: { pid: string }): Promise<{ reason: unknown; state: unknown }> => {
    const [, , reason, state] = await receive((message) => message[0] === 'terminated' && message[1] === pid)
    return { reason, state }
  }

  describe('handleCall', () => {
    test('reply answers and goes on', async () => {
      await using server = await start()
      expect(await GenServer.call(server, doing('a', ['reply', 1]))).toBe(1)
      expect(await GenServer.call(server, doing('b', ['reply', undefined, { hibernate: true }]))).toBe(undefined)
      expect(await done(server)).toEqual(['init', 'call a', 'call b'])
    })

    test('noreply goes on and does not answer', async () => {
      await using server = await start()
      const call = failed(GenServer.call(server, doing('a', ['noreply']), { timeout: Infinity }))
      expect(await GenServer.call(server, doing('b', ['reply', 2]))).toBe(2)
      await GenServer.stop(server)
      expect((await call).reason).toBe('normal')
    })

    test('a thrown return is the return', async () => {
      await using server = await start()
      expect(await GenServer.call(server, doing('a', ['throw_return', ['reply', 1]]))).toBe(1)
      expect(await done(server)).toEqual(['init', 'call a'])
    })

    test('stop answers after terminate', async () => {
      const server = await start()
      expect(await GenServer.call(server, doing('a', ['stop_reply', 'shutdown', 'bye']))).toBe('bye')
      // What terminate said is there already when the answer is.
      const [, , reason, state] = await receive((message) => message[1] === server.pid, { timeout: 0 }) as unknown as unknown[]
      expect([reason, state]).toEqual(['shutdown', ['init', 'call a']])
    })

    test('stop answers though terminate crashes', async () => {
      const server = await start({ last: ['raise', 'in terminate'] })
      expect(await GenServer.call(server, doing('a', ['stop_reply', 'normal', 'bye']))).toBe('bye')
      expect((await terminated(server)).reason).toBe('normal')
    })
  })

  // How a callback ends its server: what terminate is told, with which state, and what others see.
  const endings: [Act, unknown, 'after' | 'before', unknown?][] = [
    [['stop', 'normal'], 'normal', 'after'],
    [['stop', 'shutdown'], 'shutdown', 'after'],
    [['stop', ['shutdown', 'why']], ['shutdown', 'why'], 'after'],
    [['stop', 'boom'], 'boom', 'after'],
    [['throw_return', ['stop', 'boom']], 'boom', 'after'],
    [['exit', 'normal'], 'normal', 'before'],
    [['exit', ['boom', 1]], ['boom', 1], 'before'],
    [['raise', 'oops'], typeError('oops'), 'before'],
    [['return', 'nonsense'], ['bad_return_value', 'nonsense'], 'before'],
    [['throw', 'nonsense'], ['bad_return_value', 'nonsense'], 'before'],
    [['ok'], ['bad_return_value', expect.anything()], 'before'],
    [['ignore'], ['bad_return_value', expect.anything()], 'before'],
  ]
  const clean = (reason: unknown): boolean => ['normal', 'shutdown'].includes(reason as string) || (reason as string[])[0] === 'shutdown'

  // A thread is dear: there one callback is tried at once, another with promises, and not in every way.
  const callbacks = host === 'main' ? (['call', 'cast', 'info', 'continue'] as const) : async ? (['call'] as const) : (['cast'] as const)

  describe.each(callbacks)('%s', (callback) => {
    const also: typeof endings = callback === 'call' ? [] : [[['reply', 1], ['bad_return_value', expect.anything()], 'before']]

    const rows = host === 'main' ? [...endings, ...also] : endings.filter((_row, i) => i % 3 === 0)
    test.each(rows)('%j ends it with %j, state from %s', async (act, reason, state) => {
      const server = await start()
      const ref = Process.monitor(server.pid)
      let caller: Promise<CallError> | undefined
      if (callback === 'call') caller = failed(GenServer.call(server, doing('x', act)))
      else if (callback === 'cast') GenServer.cast(server, doing('x', act))
      else if (callback === 'info') Process.send(server, doing('x', act))
      else GenServer.cast(server, doing('first', ['noreply', { continue: doing('x', act) }]))
      const told = await terminated(server)
      const before = callback === 'continue' ? ['init', 'cast first'] : ['init']
      expect(told.reason).toEqual(reason)
      expect(told.state).toEqual(state === 'after' ? [...before, `${callback} x`] : before)
      const [, , , end] = await receive((message) => message[1] === ref)
      expect(end).toEqual(reason)
      if (caller) expect((await caller).reason).toEqual(reason)
      expect(kinds()).toEqual(clean(reason) ? [] : ['terminate'])
    })
  })

  test('a continue runs before messages that lie there, and may chain', async () => {
    await using server = await start()
    const chain = doing('one', ['noreply', { continue: doing('two', ['noreply', { continue: doing('three', ['noreply']) }]) }])
    GenServer.cast(server, doing('a', ['send_self', 'note', ['noreply', { continue: chain }]]))
    expect(await GenServer.call(server, doing('b', ['send_self', 'note', ['reply', 1, { continue: doing('four', ['noreply']) }]]))).toBe(1)
    Process.send(server, doing('c', ['send_self', 'note', ['noreply', { continue: doing('five', ['noreply']) }]]))
    await Sys.sync(server)
    await Sys.sync(server)
    const seen = await done(server)
    expect(seen.slice(0, 5)).toEqual(['init', 'cast a', 'continue one', 'continue two', 'continue three'])
    expect(seen[seen.indexOf('call b') + 1]).toBe('continue four')
    expect(seen[seen.indexOf('info c') + 1]).toBe('continue five')
    expect(seen.filter((entry) => entry === 'note')).toHaveLength(3)
  })

  test('init can continue, before a message it sent itself; start does not wait for it', async () => {
    await using server = await start({ act: ['send_self', 'note', ['ok', { continue: doing('first', ['noreply']) }]] })
    await Sys.sync(server)
    await Sys.sync(server)
    expect(await done(server)).toEqual(['init', 'continue first', 'note'])
  })

  test('one message at a time, in the order they came', async () => {
    await using server = await start()
    for (let i = 0; i < 20; i++) {
      GenServer.cast(server, doing(`${i}`, ['noreply']))
      Process.send(server, doing(`${i}`, ['noreply']))
    }
    const last = GenServer.call(server, doing('last', ['reply', 'done']))
    expect(await last).toBe('done')
    const expected = Array.from({ length: 20 }, (_, i) => [`cast ${i}`, `info ${i}`]).flat()
    expect(await done(server)).toEqual(['init', ...expected, 'call last'])
  })

  test('hibernate is accepted from every callback', async () => {
    await using server = await start({ act: ['ok', { hibernate: true }] })
    GenServer.cast(server, doing('a', ['noreply', { hibernate: true, continue: doing('b', ['noreply', { hibernate: true }]) }]))
    Process.send(server, doing('c', ['noreply', { hibernate: true }]))
    expect(await GenServer.call(server, doing('d', ['reply', 4, { hibernate: true }]))).toBe(4)
    expect(await done(server)).toEqual(['init', 'cast a', 'continue b', 'info c', 'call d'])
  })

  test('terminate that raises gives the reason, and is reported however clean the stop was', async () => {
    const server = await start({ last: ['raise', 'in terminate'] })
    await expect(GenServer.stop(server)).rejects.toMatchObject({ code: 'ERR_CALL_EXIT', reason: typeError('in terminate') })
    expect((await terminated(server)).reason).toBe('normal')
    expect(kinds()).toEqual(['terminate'])
  })

  test('terminate that exits cleanly is reported all the same', async () => {
    const server = await start({ last: ['exit', 'shutdown'] })
    await expect(GenServer.stop(server)).rejects.toMatchObject({ reason: 'shutdown' })
    expect((await terminated(server)).reason).toBe('normal')
    expect(kinds()).toEqual(['terminate'])
  })

  test('what terminate returns or throws as a value does not count', async () => {
    const one = await start({ last: ['throw', 'something'] })
    await GenServer.stop(one, 'shutdown')
    const two = await start({ last: ['return', 'something'] })
    await GenServer.stop(two, 'shutdown')
    expect(await terminated(one)).toEqual({ reason: 'shutdown', state: ['init'] })
    expect(await terminated(two)).toEqual({ reason: 'shutdown', state: ['init'] })
    expect(kinds()).toEqual([])
  })
})
