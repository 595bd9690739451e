// What anybody can see of a process without asking it: while it works, while it spins, and when it is dead.
import { afterAll, describe, expect, test } from '@jest/globals'
import { GenServer, type Pid, Process } from 'starfish'
import { assertNoLeaks, down, gate } from '@starfish/testing'
import InitAs from '../fixtures/init.js'
import { startPuppet } from '../fixtures/puppet.js'

afterAll(() => assertNoLeaks())

/** Settles when the process has nothing to do: it answers before it has counted what it did. */
async function rest(pid: Pid): Promise<void> {
  for (let info = Process.info(pid); info!.mailboxLength > 0 || info!.busyMs > 0; info = Process.info(pid)) await new Promise((resolve) => setImmediate(resolve))
}

describe.each(['main', 'a worker'] as const)('seen from %s', (from) => {
  const looker = async () => {
    const eyes = await startPuppet()
    const far = from === 'a worker'
    return {
      whereis: async (name: string) => (far ? eyes.act('whereis', name) : Process.whereis(name)),
      isAlive: async (pid: Pid) => (far ? eyes.act('isAlive', pid) : Process.isAlive(pid)),
      info: async (process: Pid | string) => (far ? eyes.act('info', process) : Process.info(process)),
      [Symbol.asyncDispose]: () => eyes[Symbol.asyncDispose](),
    }
  }

  test('a process that waits', async () => {
    await using see = await looker()
    await using puppet = await startPuppet({ name: 'waiting' })
    await puppet.act('flag', 'trapExit', true)
    await rest(puppet.pid)
    expect(await see.info('waiting')).toEqual({
      pid: puppet.pid, status: 'running', trapExit: true, mailboxLength: 0, messagesHandled: 1, messagesRefused: 0, busyMs: 0, busyWith: 'call act', thread: expect.any(Number), parent: Process.self(),
    })
    expect(await see.info(puppet.pid)).toEqual(await see.info('waiting'))
  })

  test('a process that spins, with a mailbox that fills', async () => {
    await using see = await looker()
    await using puppet = await startPuppet({ name: 'spinning' })
    const spot = gate()
    GenServer.cast(puppet.pid, ['spin', spot])
    await gate.arrival(spot)
    expect([await see.whereis('spinning'), await see.isAlive(puppet.pid)]).toEqual([puppet.pid, true])
    const before = (await see.info('spinning'))!
    expect(before).toMatchObject({ status: 'running', mailboxLength: 1 }) // the one in hand is not yet accounted for
    for (let i = 0; i < 300; i++) Process.send(puppet.pid, 'more')
    await new Promise((resolve) => process.nextTick(resolve))
    expect((await see.info('spinning'))!.mailboxLength).toBe(301)
    while ((await see.info('spinning'))!.busyMs <= before.busyMs) await new Promise((resolve) => setImmediate(resolve))
    gate.open(spot)
    await rest(puppet.pid)
    expect(await see.info('spinning')).toMatchObject({ mailboxLength: 0, busyMs: 0, messagesHandled: 301 })
    expect((await puppet.gotten()).length).toBe(300)
  })

  test('a process that is being killed, and a dead one', async () => {
    await using see = await looker()
    const puppet = await startPuppet({ name: 'dying' })
    const end = down(puppet.pid)
    Process.exit(puppet.pid, 'kill')
    expect([await see.whereis('dying'), await see.isAlive(puppet.pid)]).toEqual([undefined, false])
    await end
    expect([await see.whereis('dying'), await see.isAlive(puppet.pid), await see.info(puppet.pid), await see.info('dying')]).toEqual([undefined, false, undefined, undefined])
  })
})

test('a process on the main thread has thread 0, and so has the main program, which handled what it received', async () => {
  await using puppet = await startPuppet({ host: 'main' })
  expect(Process.info(puppet.pid)).toMatchObject({ thread: 0, parent: Process.self(), mailboxLength: 0 })
  expect(Process.info(Process.self())).toMatchObject({ thread: 0, status: 'running', trapExit: true, mailboxLength: 0 })
  Process.send(Process.self(), 'unread')
  expect(Process.info(Process.self())!.mailboxLength).toBe(1)
  await Process.receive((message) => message === 'unread')
  expect(Process.info(Process.self())!.mailboxLength).toBe(0)
})

test('a process that is starting can be found, sent to, and is told apart', async () => {
  const spot = gate()
  const start = GenServer.start(InitAs, { passes: spot }, { name: 'starting' })
  await gate.arrival(spot)
  expect(Process.info('starting')).toMatchObject({ status: 'starting', mailboxLength: 0 })
  const early = GenServer.call('starting', 'get')
  expect(Process.info('starting')).toMatchObject({ status: 'starting', mailboxLength: 1 })
  gate.open(spot)
  await start
  expect(await early).toBe('here')
  expect(Process.info('starting')!.status).toBe('running')
  await GenServer.stop('starting')
})

test('whereis, isAlive and info refuse what is no process', () => {
  for (const nothing of [undefined, null, 3, {}]) {
    for (const look of [Process.whereis, Process.isAlive, Process.info]) {
      expect(() => look(nothing as never)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
    }
  }
})
