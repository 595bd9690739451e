// What crosses from process to process: copied, moved, or refused where it is sent. Processes share nothing, also when
// they share the main thread.
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { GenServer, Process, Supervisor, Sys, type Pid } from 'starfish'
import { liveProcesses } from 'starfish/internal'
import { assertNoLeaks, captureLog, restarted, startSupervised, type CapturedLog } from '@starfish/testing'
import Shopping from '../fixtures/shopping.js'

let log: CapturedLog
beforeEach(() => void (log = captureLog()))
afterEach(() => log[Symbol.dispose]())
afterAll(() => assertNoLeaks())

const refusal = (path: string): unknown => expect.objectContaining({
  name: 'UsageError', code: 'ERR_NOT_CLONEABLE',
  message: `expected a value that can be copied to another thread, got one in which ${path}; write data instead, such as the name of what to call`,
})
const uncloneable = (): object => ({ items: [1, 2, 3, { onClick: () => undefined }] })

describe.each(['thread', 'main'] as const)('to a server on %s', (host) => {
  const start = (items: unknown[] = []) => GenServer.startLink(Shopping, { items }, { host })

  test('messages, answers and the argument of the start are copies', async () => {
    const items: unknown[] = ['given']
    await using server = await start(items)
    const item = { name: 'a' }
    const answer = (await GenServer.call(server, ['add', item])) as unknown[]
    expect(answer).toEqual(['given', { name: 'a' }])
    expect(items).toEqual(['given'])
    item.name = 'b'
    answer.push('mine')
    expect(await GenServer.call(server, 'items')).toEqual(['given', { name: 'a' }])
  })

  test('a restart begins with the argument as it was given', async () => {
    await using tree = await startSupervised([{ id: 'shop', start: [Shopping, { items: ['given'] }, { host }] }])
    const before = (await Supervisor.whichChildren(tree.pid))[0]!.pid as Pid
    expect(await GenServer.call(before, ['add', 'more'])).toEqual(['given', 'more'])
    Process.exit(before, 'kill')
    const after = await restarted(tree.pid, 'shop', before)
    expect(await GenServer.call(after, 'items')).toEqual(['given'])
  })

  describe('what cannot be copied is refused at the sender, with its place', () => {
    test('in a call', async () => {
      await using server = await start()
      await expect(GenServer.call(server, ['add', uncloneable()])).rejects.toThrow(refusal('message[1].items[3].onClick is a function'))
      await expect(GenServer.call(server, ['add', new Map([['key', Symbol('x')]])])).rejects.toThrow(refusal('message[1].get("key") is a symbol'))
      await expect(GenServer.call(server, ['add', { 'a b': Promise.resolve() }])).rejects.toThrow(refusal('message[1]["a b"] is a Promise'))
      expect(await GenServer.call(server, 'items')).toEqual([])
    })

    test('in a cast and a send, in the middle of others', async () => {
      await using server = await start()
      GenServer.cast(server, ['add', 1])
      expect(() => GenServer.cast(server, ['add', uncloneable()])).toThrow(refusal('message[1].items[3].onClick is a function'))
      GenServer.cast(server, ['add', 2])
      expect(() => Process.send(server.pid, ['add', uncloneable()])).toThrow(refusal('message[1].items[3].onClick is a function'))
      Process.send(server.pid, ['add', 3])
      expect(await GenServer.call(server, 'items')).toEqual([1, 2, 3])
    })

    test('in the argument of a start', async () => {
      const before = liveProcesses()
      await expect(start([uncloneable()])).rejects.toThrow(refusal('start.argument.items[0].items[3].onClick is a function'))
      expect(liveProcesses()).toEqual(before)
    })

    test('in an answer: the server is the sender, and crashes', async () => {
      const server = await GenServer.start(Shopping, { items: [] }, { host })
      const reason = ['error', refusal('reply.total.price is a function')]
      await expect(GenServer.call(server, 'function')).rejects.toMatchObject({ code: 'ERR_CALL_EXIT', reason })
    })

    test('in the answer of a stop, too', async () => {
      const server = await GenServer.start(Shopping, { items: [] }, { host })
      const reason = ['error', refusal('reply.total.price is a function')]
      await expect(GenServer.call(server, 'stopWithFunction')).rejects.toMatchObject({ code: 'ERR_CALL_EXIT', reason })
      expect(log.events.map(({ kind }) => kind)).toEqual(['terminate'])
    })

    test('in a deferred answer: whoever answers is told', async () => {
      await using server = await start()
      expect(() => GenServer.reply({ pid: Process.self(), tag: -1 }, uncloneable())).toThrow(refusal('reply.items[3].onClick is a function'))
      expect(await GenServer.call(server, 'items')).toEqual([])
    })

    test('in a state that is looked at', async () => {
      await using server = await start()
      await Sys.replaceState(server, { items: [] })
      expect(await Sys.getState(server)).toEqual({ items: [] })
      await expect(Sys.replaceState(server, uncloneable())).rejects.toThrow(refusal('message[1].items[3].onClick is a function'))
    })
  })

  describe('a buffer is moved', () => {
    const buffer = (): ArrayBuffer => new Uint8Array([1, 2, 3, 4]).buffer

    test('in a call and in its answer', async () => {
      await using server = await start()
      const sent = buffer()
      const back = await GenServer.call(server, ['move', sent], { transfer: [sent] })
      expect(sent.byteLength).toBe(0)
      expect([...new Uint8Array(back)]).toEqual([1, 2, 3, 4])
      expect(await GenServer.call(server, 'byteLengths')).toEqual([0])
    })

    test('in a cast, a send and a start', async () => {
      const [given, cast, sent] = [buffer(), buffer(), buffer()]
      await using server = await GenServer.startLink(Shopping, { items: [given] }, { host, transfer: [given] })
      GenServer.cast(server, ['add', cast], { transfer: [cast] })
      Process.send(server.pid, ['add', sent], { transfer: [sent] })
      expect([given, cast, sent].map(({ byteLength }) => byteLength)).toEqual([0, 0, 0])
      expect(await GenServer.call(server, 'byteLengths')).toEqual([4, 4, 4])
    })

    test('and copied when nothing is said', async () => {
      await using server = await start()
      const sent = buffer()
      await GenServer.call(server, ['add', sent])
      expect(sent.byteLength).toBe(4)
    })
  })
})
