// Links and exit signals between processes of any two hosts (otp-semantics R78, R80-R84).
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { GenServer, type Host, Process, type Reason } from 'starfish'
import { assertNoLeaks, type CapturedLog, captureLog, down, gate } from '@starfish/testing'
import { startPuppet, type Strings } from '../fixtures/puppet.js'

let log: CapturedLog
beforeAll(() => {
  log = captureLog()
})
afterAll(() => log[Symbol.dispose]())

const puppets: Strings[] = []
afterEach(async () => {
  for (const puppet of puppets.splice(0)) await puppet[Symbol.asyncDispose]()
})
afterAll(() => assertNoLeaks())

const hosts = ['thread', 'main'] as const

async function start(hostA: Host, hostB: Host, traps: 'a traps' | 'b traps' | 'nobody traps' = 'nobody traps') {
  const [a, b] = await Promise.all([startPuppet({ host: hostA }), startPuppet({ host: hostB })])
  puppets.push(a, b)
  if (traps === 'a traps') await a.act('flag', 'trapExit', true)
  if (traps === 'b traps') await b.act('flag', 'trapExit', true)
  return [a, b] as const
}

describe.each(hosts.flatMap((a) => hosts.map((b) => [a, b] as const)))('from %s to %s', (hostA, hostB) => {
  test('an exit signal ends one that does not trap exits, unless it is normal', async () => {
    const [a, b] = await start(hostA, hostB)
    const end = down(b.pid)
    await a.act('exit', b.pid, 'normal')
    await a.act('send', b.pid, 'still here')
    expect(await b.got()).toBe('still here')
    await a.act('exit', b.pid, ['my', { own: 'reason' }])
    expect(await end).toEqual(['my', { own: 'reason' }])
  })

  test('any exit signal but kill is a message to one that traps exits', async () => {
    const [a, b] = await start(hostA, hostB, 'b traps')
    for (const reason of ['normal', 'shutdown', 'killed', ['my', 'reason']] satisfies Reason[]) {
      await a.act('exit', b.pid, reason)
      expect(await b.got()).toEqual(['EXIT', a.pid, reason])
    }
    const end = down(b.pid)
    await a.act('exit', b.pid, 'kill')
    expect(await end).toBe('killed')
  })

  test('a link takes the other along, whoever made it', async () => {
    const [a, b] = await start(hostA, hostB)
    await a.act('link', b.pid)
    const end = down(a.pid)
    Process.exit(b.pid, ['my', 'reason'])
    expect(await end).toEqual(['my', 'reason'])
  })

  test('to one that traps exits it is a message, with any reason, once a link', async () => {
    const [a, b] = await start(hostA, hostB, 'a traps')
    await a.act('link', b.pid)
    await a.act('link', b.pid)
    await b.act('link', a.pid)
    await GenServer.stop(b.pid)
    expect(await a.gotten()).toEqual([['EXIT', b.pid, 'normal']])
  })
})

describe.each([['thread', 'thread'], ['main', 'main']] as const)('links from %s to %s', (hostA, hostB) => {
  test('kill sent by hand is seen as killed; kill as the reason of an end is only that', async () => {
    const [a, b] = await start(hostA, hostB, 'a traps')
    const [c] = await start(hostA, hostB)
    await a.act('link', b.pid)
    await a.act('link', c.pid)
    Process.exit(b.pid, 'kill')
    expect(await a.got()).toEqual(['EXIT', b.pid, 'killed'])
    await GenServer.stop(c.pid, 'kill')
    expect(await a.got()).toEqual(['EXIT', c.pid, 'kill'])
  })

  test('a linked process that ends normally takes nobody along', async () => {
    const [a, b] = await start(hostA, hostB)
    await a.act('link', b.pid)
    await GenServer.stop(b.pid)
    Process.send(a.pid, 'after')
    expect(await a.got()).toBe('after')
  })

  test('unlinked by either side, there is no EXIT', async () => {
    const [a, b] = await start(hostA, hostB, 'a traps')
    const [c] = await start(hostA, hostB)
    for (const other of [b, c]) await a.act('link', other.pid)
    await b.act('unlink', a.pid)
    await a.act('unlink', c.pid)
    for (const other of [b, c]) {
      Process.exit(other.pid, 'shutdown')
      await down(other.pid)
    }
    expect(await a.gotten()).toEqual([])
  })

  test('linked and unlinked in one breath, and linked again, is linked', async () => {
    const [a, b] = await start(hostA, hostB)
    GenServer.cast(a.pid, ['act', ['link', b.pid]])
    GenServer.cast(a.pid, ['act', ['unlink', b.pid]])
    await a.act('self')
    await a.act('link', b.pid)
    const end = down(a.pid)
    Process.exit(b.pid, 'gone')
    expect(await end).toBe('gone')
  })

  test('no EXIT comes after an unlink, whatever is on its way', async () => {
    const [a, b] = await start(hostA, hostB, 'a traps')
    // In one message: between two of them it may come, as on the BEAM.
    GenServer.cast(a.pid, ['acts', [['link', b.pid], ['unlink', b.pid]]])
    Process.exit(b.pid, 'gone')
    await down(b.pid)
    expect(await a.gotten()).toEqual([])
  })

  test('to a dead process: noproc raised, or as a message to one that traps exits; all else is dropped', async () => {
    const [a, b] = await start(hostA, hostB)
    await GenServer.stop(b.pid)
    expect(await a.attempt('link', b.pid)).toMatchObject({ code: 'ERR_CALL_NOPROC', reason: 'noproc' })
    await a.act('flag', 'trapExit', true)
    await a.act('link', b.pid)
    expect(await a.got()).toEqual(['EXIT', b.pid, 'noproc'])
    await a.act('exit', b.pid, 'kill')
    await a.act('send', b.pid, 'anything')
    await a.act('unlink', b.pid)
    expect(await a.gotten()).toEqual([])
  })
})

test.each(hosts)('a process on %s can end itself with any reason, normal too', async (host) => {
  for (const [reason, seen] of [['normal', 'normal'], ['shutdown', 'shutdown'], ['kill', 'killed']] as const) {
    const a = await startPuppet({ host })
    const end = down(a.pid)
    GenServer.cast(a.pid, ['act', ['exit', a.pid, reason]])
    expect(await end).toBe(seen)
  }
})

test('an exit signal strikes in the middle of a computation', async () => {
  const puppet = await startPuppet()
  const spot = gate()
  GenServer.cast(puppet.pid, ['spin', spot])
  await gate.arrival(spot)
  const end = down(puppet.pid)
  Process.exit(puppet.pid, ['stop', 'it'])
  expect(await end).toEqual(['stop', 'it'])
})

test('kill strikes in the middle of a computation of one that traps exits; anything else waits for it', async () => {
  const puppet = await startPuppet()
  await puppet.act('flag', 'trapExit', true)
  const spot = gate()
  GenServer.cast(puppet.pid, ['spin', spot])
  await gate.arrival(spot)
  Process.exit(puppet.pid, 'shutdown')
  gate.open(spot)
  expect(await puppet.got()).toEqual(['EXIT', Process.self(), 'shutdown'])
  const again = gate()
  GenServer.cast(puppet.pid, ['spin', again])
  await gate.arrival(again)
  const end = down(puppet.pid)
  Process.exit(puppet.pid, 'kill')
  expect(await end).toBe('killed')
})

test('flag gives the old value, and the main program always traps exits', async () => {
  await using puppet = await startPuppet()
  expect([await puppet.act('flag', 'trapExit', true), await puppet.act('flag', 'trapExit', true), await puppet.act('flag', 'trapExit', false), await puppet.act('flag', 'trapExit', false)]).toEqual([false, true, true, false])
  expect(Process.flag('trapExit', true)).toBe(true)
  expect(() => Process.flag('trapExit', false)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
})

test('the main program gets exit signals as messages, those of its links too; nothing ends it', async () => {
  await using puppet = await startPuppet()
  Process.link(puppet.pid)
  for (const reason of ['normal', 'shutdown', 'kill'] as const) {
    await puppet.act('exit', Process.self(), reason)
    expect(await Process.receive((message) => message[0] === 'EXIT')).toEqual(['EXIT', puppet.pid, reason])
  }
  Process.exit(puppet.pid, 'gone')
  expect(await Process.receive((message) => message[0] === 'EXIT')).toEqual(['EXIT', puppet.pid, 'gone'])
  Process.link(puppet.pid)
  expect(await Process.receive((message) => message[0] === 'EXIT')).toEqual(['EXIT', puppet.pid, 'noproc'])
})

test.each([undefined, 'Counter', 3, null])('exit, link and unlink refuse %j, which is no pid', (pid) => {
  for (const act of [Process.link, Process.unlink, (it: never) => Process.exit(it, 'x')]) {
    expect(() => act(pid as never)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
  }
})

test.each([undefined, 3, {}, [], new Error('x')])('exit refuses %j, which is no reason', (reason) => {
  expect(() => Process.exit(Process.self(), reason as never)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
})
