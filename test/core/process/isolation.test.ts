// Processes in child processes: the same as others in all that can be seen, and whatever ends them, the program stays.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type CallError, GenServer, type Pid, Process, type Reason, Registry, Supervisor, Sys, Table } from 'starfish'
import { headOf } from '#core/process/frames'
import { assertNoLeaks, captureLog, type CapturedLog, down, gate, receive, virtualClock } from '@starfish/testing'
import Apart, { type Way } from '../fixtures/apart.js'
import Kept from '../fixtures/persistent.js'
import { startPuppet, type Strings } from '../fixtures/puppet.js'

let log: CapturedLog
/** One in a thread, two in child processes. */
let worker: Strings
let apart: Strings
let another: Strings
beforeAll(async () => {
  log = captureLog()
  ;[worker, apart, another] = await Promise.all([startPuppet(), startPuppet({ isolation: 'process' }), startPuppet({ isolation: 'process' })])
  await Promise.all([worker, apart, another].map((strings) => strings.act('flag', 'trapExit', true)))
})
afterAll(async () => {
  await Promise.all([worker, apart, another].map((strings) => strings[Symbol.asyncDispose]()))
  log[Symbol.dispose]()
  await assertNoLeaks()
})

const isolation = 'process'
const fate = (call: Promise<unknown>): Promise<CallError> => call.then((value) => { throw new Error(`answered ${String(value)}`) }, (error: CallError) => error)

describe('deaths', () => {
  const boom = expect.objectContaining({ name: 'BoomError', message: 'boom', code: 'E_BOOM', stack: expect.stringMatching(/apart/) as unknown })
  const table: readonly [way: Way, reason: unknown][] = [
    ['throw', ['error', boom]],
    ['throw in a timer', ['uncaught_exception', boom]],
    ['unhandled rejection', ['unhandled_rejection', boom]],
    ['exit(3)', ['process_exit', 3]],
    ['objects without end', ['out_of_memory', expect.objectContaining({ message: expect.stringMatching(/memory/) as unknown, code: 'ERR_OUT_OF_MEMORY' })]],
    ['a segmentation fault', ['signal', 'SIGSEGV']],
    ['an abort', ['signal', 'SIGABRT']],
    ['kill itself', 'killed'],
  ]

  test.each(table)('%s: everybody is told', async (way, reason) => {
    const { pid } = await GenServer.start(Apart, 'ready', { isolation, thread: { stderr: true, resourceLimits: { maxOldGenerationSizeMb: 32 } } })
    const end = down(pid, { timeout: 20_000 })
    const refs = await Promise.all([worker.act('monitor', pid), apart.act('monitor', pid)])
    const calls = [worker.ask(pid, 'get'), apart.ask(pid, 'get')]
    expect(await Promise.all(calls)).toEqual([0, 0])
    const inFlight = fate(GenServer.call(pid, ['die', way], { timeout: Infinity }))
    const queued = GenServer.call(pid, 'get', { timeout: Infinity }).catch((error: CallError) => error)
    expect(await end).toEqual(reason)
    expect(await inFlight).toMatchObject({ name: 'CallError', code: 'ERR_CALL_EXIT', reason })
    // What is thrown outside of a handler may come after the next message.
    expect([0, expect.objectContaining({ code: 'ERR_CALL_EXIT', reason })]).toContainEqual(await queued)
    // A puppet hands on plain objects in place of errors.
    expect((await worker.got() as unknown[]).slice(0, 3)).toEqual(['DOWN', refs[0], pid])
    expect((await apart.got() as unknown[]).slice(0, 3)).toEqual(['DOWN', refs[1], pid])
    expect(await worker.ask(pid, 'get')).toMatchObject({ code: 'ERR_CALL_NOPROC' })
    expect(await apart.ask(pid, 'get')).toMatchObject({ code: 'ERR_CALL_NOPROC' })
    expect(await apart.act('isAlive', pid)).toBe(false)
  }, 40_000)

  test('a kill and an exit signal reach it in the middle of a loop, while it starts too', async () => {
    const { pid } = await GenServer.start(Apart, 'ready', { isolation })
    const spinning = fate(GenServer.call(pid, ['spin', Process.self()], { timeout: Infinity }))
    const waiting = another.ask(pid, 'get')
    await receive('spinning')
    while (Process.info(pid)!.mailboxLength < 2) await nextTurn() // the other has asked
    await apart.act('exit', pid, ['my', 'signal'])
    expect(await spinning).toMatchObject({ reason: ['my', 'signal'] })
    expect(await waiting).toMatchObject({ reason: ['my', 'signal'] })
    using clock = virtualClock()
    const starting = fate(GenServer.start(Apart, ['spinning', Process.self()], { isolation, timeout: 1000 }))
    await receive('spinning')
    await clock.advance(1000)
    expect(await starting).toMatchObject({ code: 'ERR_START', reason: 'timeout' })
  })

  // In a loop it can be seen from outside only where the system tells.
  const onLinux = process.platform === 'linux' ? test : test.skip
  onLinux('the memory that the system counts for it is watched', async () => {
    const { pid } = await GenServer.start(Apart, 'ready', { isolation, thread: { heap: { hard: 200 } } })
    expect(await fate(GenServer.call(pid, ['die', 'Buffers without end'], { timeout: Infinity }))).toMatchObject({ reason: ['heap_limit', { message: 'call die', limit: 200 }] })
  })

  test('one that was started with options that Node refuses did not start', async () => {
    const refused = await fate(GenServer.start(Apart, 'ready', { isolation, thread: { execArgv: ['--no-such-option'], stderr: true } }))
    expect(refused).toMatchObject({ code: 'ERR_START', reason: ['process_exit', 9] })
  })
})

describe('what processes are to each other', () => {
  const pairs = (): [string, Strings, Strings][] => [['thread, child', worker, apart], ['child, thread', apart, worker], ['child, child', apart, another]]

  test('messages, calls, aliases and timers go both ways, in order', async () => {
    for (const [, from, to] of pairs()) {
      const alias = await to.act('alias')
      await from.act('send', to.pid, ['first', 1])
      await from.act('send', alias, ['second', new Map([[1, new Uint8Array(3)]])])
      await from.act('sendAfter', to.pid, 'third', 0)
      expect([await to.got(), await to.got(), await to.got()]).toEqual([['first', 1], ['second', new Map([[1, new Uint8Array(3)]])], 'third'])
      expect(await from.ask(to.pid, ['act', ['self']])).toBe(to.pid)
    }
  })

  test('exit signals are in order with messages', async () => {
    for (const [, from, to] of pairs()) {
      for (let i = 0; i < 5; i++) {
        GenServer.cast(from.pid, ['act', ['send', to.pid, 'before']])
        GenServer.cast(from.pid, ['act', ['exit', to.pid, 'why']])
        GenServer.cast(from.pid, ['act', ['send', to.pid, 'after']])
      }
      for (let i = 0; i < 5; i++) expect([await to.got(), await to.got(), await to.got()]).toEqual(['before', ['EXIT', from.pid, 'why'], 'after'])
    }
  })

  test('links end the other, or tell it', async () => {
    for (const strings of [worker, apart]) {
      const one = await startPuppet({ isolation })
      await strings.act('link', one.pid)
      const ended = down(one.pid)
      Process.exit(one.pid, 'gone')
      expect(await ended).toBe('gone')
      expect(await strings.got()).toEqual(['EXIT', one.pid, 'gone'])
    }
    const [first, second] = await Promise.all([startPuppet({ isolation }), startPuppet()])
    await second.act('link', first.pid)
    const both = [down(first.pid), down(second.pid)]
    Process.exit(first.pid, 'both')
    expect(await Promise.all(both)).toEqual(['both', 'both'])
  })

  test('names and states are the same everywhere, in time', async () => {
    const { pid } = await GenServer.start(Apart, 'ready', { isolation, name: 'Far' })
    expect(Process.info(pid)).toMatchObject({ status: 'running', trapExit: false })
    for (const strings of [worker, apart, another]) {
      expect(await strings.act('whereis', 'Far')).toBe(pid)
      expect(await strings.act('isAlive', pid)).toBe(true)
    }
    expect(await apart.act('info', pid)).toMatchObject({ pid, status: 'running', parent: Process.self() })
    expect(await apart.attempt('register', worker.pid, 'Far')).toMatchObject({ code: 'ERR_NAME_TAKEN' })
    await apart.act('register', worker.pid, 'Near')
    expect([await apart.act('whereis', 'Near'), await another.act('whereis', 'Near'), Process.whereis('Near')]).toEqual([worker.pid, worker.pid, worker.pid])
    await apart.act('unregister', 'Near')
    expect(await another.act('whereis', 'Near')).toBeUndefined()
    await GenServer.stop('Far')
    for (const strings of [apart, another]) {
      expect(await strings.act('whereis', 'Far')).toBeUndefined()
      expect(await strings.act('isAlive', pid)).toBe(false)
    }
  })

  test('one starts others', async () => {
    const pid = (await apart.start('apart', 'ready')) as Pid
    expect(await apart.ask(pid, 'get')).toBe(0)
    await GenServer.stop(pid)
  })

  test('what the process table says of it is kept in step', async () => {
    const { pid } = await GenServer.start(Apart, 'trapping', { isolation })
    expect(Process.info(pid)).toMatchObject({ trapExit: true })
    for (let i = 0; i < 100; i++) GenServer.cast(pid, 'inc')
    expect(await GenServer.call(pid, 'get')).toBe(100)
    await Sys.sync(pid)
    const spinning = fate(GenServer.call(pid, ['spin', Process.self()], { timeout: Infinity }))
    await receive('spinning')
    expect(Process.info(pid)).toMatchObject({ messagesHandled: 102, mailboxLength: 1, busyWith: 'call spin' })
    expect(Process.info(pid)!.busyMs).toBeGreaterThan(0)
    Process.exit(pid, 'kill')
    expect(await spinning).toMatchObject({ reason: 'killed' })
  })
})

test('a full mailbox refuses what comes from a child process', async () => {
  const full = await startPuppet({ maxMailbox: 2 })
  const dying = await GenServer.start(Apart, 'ready', { isolation })
  expect(await fate(GenServer.call(dying, ['send and die', full.pid]))).toMatchObject({ reason: ['signal', 'SIGKILL'] })
  expect(await full.got()).toBe('the last')
  const spot = gate()
  GenServer.cast(full.pid, ['stand', spot])
  await gate.arrival(spot)
  for (let i = 0; i < 4; i++) await apart.act('send', full.pid, ['message', i])
  expect(await apart.ask(full.pid, 'get')).toMatchObject({ code: 'ERR_CALL_OVERLOAD', reason: 'overload' })
  gate.open(spot)
  expect([await full.got(), await full.got()]).toEqual([['message', 0], ['message', 1]])
  await Sys.sync(full.pid)
  await apart.act('self') // its last note is here
  expect(Process.info(full.pid)).toMatchObject({ mailboxLength: 0, messagesRefused: 3 })
  await full[Symbol.asyncDispose]()
})

describe('what cannot cross', () => {
  test('shared memory and ports are refused with their path, by the sender; buffers are copied', async () => {
    const { pid } = await GenServer.start(Apart, 'ready', { isolation })
    const { port1, port2 } = new MessageChannel()
    for (const [value, where] of [
      [{ rows: [new SharedArrayBuffer(8)] }, /message\[1\]\.rows\[0\] is a SharedArrayBuffer/],
      [{ rows: new Int32Array(new SharedArrayBuffer(8)) }, /message\[1\]\.rows\.buffer is a SharedArrayBuffer/],
      [{ port: port1 }, /message\[1\]\.port is a MessagePort/],
      [{ call: () => 1 }, /message\[1\]\.call is a function/],
    ] as const) {
      expect(await fate(GenServer.call(pid, ['echo', value] as never))).toMatchObject({ code: 'ERR_NOT_CLONEABLE', message: expect.stringMatching(where) as unknown })
    }
    port1.close()
    port2.close()
    const buffer = new ArrayBuffer(16)
    expect(await GenServer.call(pid, ['echo', buffer], { transfer: [buffer] })).toEqual(new ArrayBuffer(16))
    expect(buffer.byteLength).toBe(0)
    expect(await fate(GenServer.call(pid, 'share'))).toMatchObject({ reason: ['error', { code: 'ERR_NOT_CLONEABLE', message: expect.stringMatching(/reply is a SharedArrayBuffer/) as unknown }] })
    await expect(GenServer.start(Apart, new SharedArrayBuffer(8) as never, { isolation })).rejects.toMatchObject({ code: 'ERR_NOT_CLONEABLE' })
  })

  const refusal = (where: string): unknown => ({ code: 'ERR_NOT_CLONEABLE', message: expect.stringContaining(`to a process with memory of its own, got one in which ${where};`) as unknown })

  test.each(['thread', 'main'] as const)('an answer of a server on %s that others could get is refused to that caller, and the server stays', async (host) => {
    const { pid } = await GenServer.start(Apart, 'ready', { host })
    expect(await apart.ask(pid, 'share')).toMatchObject(refusal('reply is a SharedArrayBuffer') as object)
    expect(await apart.ask(pid, 'shareLater')).toMatchObject(refusal('reply.rows[0].buffer is a SharedArrayBuffer') as object)
    expect(await apart.ask(pid, 'sharePort')).toMatchObject(refusal('reply is a MessagePort') as object)
    expect(await GenServer.call(pid, 'share')).toEqual(new SharedArrayBuffer(8))
    // What nobody can be given is the fault of the server, whoever asks.
    expect(await apart.ask(pid, 'giveFunction')).toMatchObject({ code: 'ERR_CALL_EXIT', reason: ['error', refusal('reply.call is a function')] })
  })

  test('a registry outlives those who ask for, and listen to, what they cannot be given', async () => {
    await apart.act('register', apart.pid, 'Listener')
    await using registry = await Registry.startLink({ name: 'Memories', keys: 'unique', listeners: ['Listener'] })
    await Registry.register('Memories', 'shared', { rows: new SharedArrayBuffer(8) })
    expect(await apart.got()).toEqual(['register', 'Memories', 'shared', Process.self(), { rows: '[object SharedArrayBuffer]' }])
    expect(await apart.ask(registry.pid, ['lookup', 'shared'])).toMatchObject(refusal('reply[0][1].rows is a SharedArrayBuffer') as object)
    expect(await Registry.lookup('Memories', 'shared')).toEqual([[Process.self(), { rows: new SharedArrayBuffer(8) }]])
    await apart.act('unregister', 'Listener')
  })

  test('tables are for those who share memory', async () => {
    const { pid } = await GenServer.start(Apart, 'ready', { isolation })
    const table = await Table.new()
    await expect(Table.giveAway(table, pid)).rejects.toMatchObject({ code: 'ERR_ISOLATED' })
    await expect(Table.new({ heir: pid })).rejects.toMatchObject({ code: 'ERR_ISOLATED' })
    await Table.deleteTable(table)
    const said = await GenServer.call<Record<string, string>>(pid, ['tables', join(tmpdir(), 'no such.table')])
    expect(Object.keys(said).sort()).toEqual(Object.keys(Table).filter((name) => name !== 'spec').sort())
    for (const [name, error] of Object.entries(said)) expect(`${name}: ${error}`).toMatch(/: ERR_ISOLATED .*isolation: 'thread'/)
    await GenServer.stop(pid)
  })

  test('a timer whose message cannot go there says so in the log, and ends nothing', async () => {
    Process.sendAfter(apart.pid, ['memory', new SharedArrayBuffer(8)], 0)
    Process.sendAfter(apart.pid, 'later', 1)
    expect(await apart.got()).toBe('later')
    const said = log.events.find((event) => event.kind === 'text' && event.message.startsWith('a message of a timer'))
    expect(said).toMatchObject({ level: 'error', message: expect.stringMatching(/message\[1\] is a SharedArrayBuffer/) as unknown })
  })

  test('a server that keeps its state in a table does not start there, and is told what to write', async () => {
    await expect(GenServer.start(Kept, 0, { isolation })).rejects.toMatchObject({
      code: 'ERR_START', reason: ['error', { code: 'ERR_ISOLATED', message: expect.stringMatching(/store: Durable, of @starfish\/store/) as unknown }],
    })
  })

  test('a reason that cannot cross is told as far as it can', async () => {
    const { pid } = await GenServer.start(Apart, 'ready')
    const ref = await apart.act('monitor', pid)
    Process.exit(pid, ['odd', new SharedArrayBuffer(8)])
    expect(await apart.got()).toEqual(['DOWN', ref, pid, ['odd', '[object SharedArrayBuffer]']])
  })

  test('who writes nonsense to the program is ended', async () => {
    const { pid } = await GenServer.start(Apart, 'ready', { isolation })
    expect(await fate(GenServer.call(pid, ['garble', new Uint8Array(40).fill(1)]))).toMatchObject({ reason: ['garbled', { message: 'expected a frame' }] })
  })

  test('a batch that nobody can read is not heard', async () => {
    const { pid } = await GenServer.start(Apart, 'ready', { isolation })
    expect(await worker.ask(pid, 'get')).toBe(0)
    // Nobody, the main thread, a thread.
    for (const peer of [77, 0, Process.info(worker.pid)!.thread]) {
      const nonsense = Uint8Array.of(1, 2, 3)
      expect(await GenServer.call(pid, ['garble', Buffer.concat([headOf(peer, nonsense), nonsense])])).toBe(0)
    }
    expect(await worker.ask(pid, 'get')).toBe(0)
    Process.exit(pid, 'kill')
    await down(pid)
  })

  test.each<[object, RegExp]>([
    [{ isolation: 'container' }, /'thread' or 'process'/],
    [{ isolation, host: 'main' }, /isolation/],
    [{ isolation, thread: { resourceLimits: { codeRangeSizeMb: 4 } } }, /codeRangeSizeMb/],
    [{ isolation, thread: { heap: { hard: 32 } } }, /at least 96 MB/],
  ])('%j is refused', async (options, message) => {
    await expect(GenServer.start(Apart, 'ready', options)).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT', message: expect.stringMatching(message) as unknown })
  })
})

test('nothing of it runs when it has ended, and all that it said before is heard', async () => {
  const leaving = await GenServer.start(Apart, 'ready', { isolation })
  expect(await fate(GenServer.call(leaving, 'leave'))).toMatchObject({ reason: 'gone' })
  const leaver = await GenServer.start(Apart, 'ready', { isolation })
  const end = down(leaver.pid)
  const call = fate(GenServer.call(leaver, ['speak and exit', Process.self()]))
  for (let i = 0; i < 2000; i++) expect((await receive((message) => message[0] === 'said'))[1]).toBe(i)
  expect(await call).toMatchObject({ reason: ['process_exit', 4] })
  expect(await end).toEqual(['process_exit', 4])
})

test('a handler that has always been quick and does not return is noticed', async () => {
  const { pid } = await GenServer.start(Apart, 'ready', { isolation, maxHandlerTime: 200 })
  for (let i = 0; i < 20; i++) {
    for (let j = 0; j < 100; j++) GenServer.cast(pid, 'inc')
    await GenServer.call(pid, 'get')
  }
  const end = down(pid)
  for (const forEver of [false, false, false, true]) GenServer.cast(pid, ['inc', forEver])
  expect(await end).toMatchObject(['hung', { message: 'cast inc' }])
})

test('it is supervised: it comes back under its name, hangs are ended, and it stops with its tree', async () => {
  await using supervisor = await Supervisor.startLink(
    [{ id: 'far', start: [Apart, 'ready', { name: 'Far' }], isolation, standby: true, maxHandlerTime: 200, thread: { stderr: true } }],
    { strategy: 'one_for_one', maxRestarts: 10 },
  )
  for (const [message, reason] of [[['die', 'an abort'], ['signal', 'SIGABRT']], ['spin', ['hung', { message: 'call spin', ms: expect.any(Number), limit: 200 }]]] as const) {
    const before = Process.whereis('Far')
    expect(await fate(GenServer.call('Far', message, { timeout: Infinity }))).toMatchObject({ reason })
    expect(await apart.ask('Far' as never, 'get')).toBe(0)
    expect(Process.whereis('Far')).not.toBe(before)
  }
  const end = down(Process.whereis('Far')!)
  await Supervisor.stop(supervisor)
  expect(await end).toBe('shutdown' satisfies Reason)
})
