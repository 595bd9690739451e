// Aliases between processes of any two hosts (erlang:alias/1, erlang:monitor/3; otp-semantics R74, R88).
import { afterAll, afterEach, describe, expect, test } from '@jest/globals'
import { GenServer, Process, type Down, type Pid, type Ref } from 'starfish'
import { assertNoLeaks, down, expectNoMessage, sync } from '@starfish/testing'
import { startPuppet, type Strings } from '../fixtures/puppet.js'

const puppets: Strings[] = []
afterEach(async () => {
  for (const puppet of puppets.splice(0)) await puppet[Symbol.asyncDispose]()
})
afterAll(() => assertNoLeaks())

const hosts = ['thread', 'main'] as const

/** What a puppet has got, up to the word 'last', which whoever sent it the rest has sent it too. */
async function upToLast(puppet: Strings): Promise<unknown[]> {
  const messages: unknown[] = []
  for (;;) {
    const message = await puppet.got()
    if (message === 'last') return messages
    messages.push(message)
  }
}

describe.each(hosts.flatMap((a) => hosts.map((b) => [a, b] as const)))('an owner on %s, a sender on %s', (hostA, hostB) => {
  const start = async () => {
    const [owner, sender] = await Promise.all([startPuppet({ host: hostA }), startPuppet({ host: hostB })])
    puppets.push(owner, sender)
    return [owner, sender] as const
  }

  test('what is sent to an alias arrives until its owner, and only its owner, ends it', async () => {
    const [owner, sender] = await start()
    const alias = await owner.act('alias')
    for (const what of ['one', 'two']) await sender.act('send', alias, ['by alias', what])
    await sender.act('send', owner.pid, 'last')
    expect(await upToLast(owner)).toEqual([['by alias', 'one'], ['by alias', 'two']])
    expect(await sender.act('unalias', alias)).toBe(false)
    await sender.act('send', alias, 'still')
    expect(await owner.got()).toBe('still')
    expect([await owner.act('unalias', alias), await owner.act('unalias', alias)]).toEqual([true, false])
    await sender.act('send', alias, 'too late')
    await sender.act('send', owner.pid, 'last')
    expect(await upToLast(owner)).toEqual([])
  })

  test("one that is 'reply' takes one message", async () => {
    const [owner, sender] = await start()
    const alias = await owner.act('alias', 'reply')
    await sender.act('send', alias, 'first')
    await sender.act('send', alias, 'second')
    await sender.act('send', owner.pid, 'last')
    expect(await upToLast(owner)).toEqual(['first'])
    expect(await owner.act('unalias', alias)).toBe(false)
  })

  test("the monitor's ref as an alias: it ends with the monitor, with the first answer, or with unalias", async () => {
    const [owner, sender] = await start()
    const watched = await startPuppet({ host: hostB })
    const [kept, ended, answered] = [
      await owner.act('monitor', watched.pid, { alias: 'explicit_unalias' }),
      await owner.act('monitor', watched.pid, { alias: 'demonitor' }),
      await owner.act('monitor', watched.pid, { alias: 'reply_demonitor' }),
    ]
    for (const alias of [kept, ended, answered]) await sender.act('send', alias, ['answer', alias])
    await sender.act('send', owner.pid, 'last')
    expect(await upToLast(owner)).toEqual([['answer', kept], ['answer', ended], ['answer', answered]])
    await watched[Symbol.asyncDispose]()
    const downs = [await owner.got(), await owner.got()]
    expect(downs).toEqual(expect.arrayContaining([['DOWN', kept, watched.pid, 'killed'], ['DOWN', ended, watched.pid, 'killed']]))
    for (const alias of [kept, ended, answered]) await sender.act('send', alias, ['late', alias])
    await sender.act('send', owner.pid, 'last')
    expect(await upToLast(owner)).toEqual([['late', kept]])
  })

  test('demonitor ends the aliases that are to end with it', async () => {
    const [owner, sender] = await start()
    const refs: Ref[] = []
    for (const alias of ['explicit_unalias', 'demonitor', 'reply_demonitor'] as const) refs.push(await owner.act('monitor', sender.pid, { alias }))
    for (const ref of refs) expect(await owner.act('demonitor', ref)).toBe(true)
    for (const ref of refs) await sender.act('send', ref, ['late', ref])
    await sender.act('send', owner.pid, 'last')
    expect(await upToLast(owner)).toEqual([['late', refs[0]]])
  })
})

test('the main program has aliases, and nobody hears of a message to one whose process is dead', async () => {
  await using puppet = await startPuppet()
  const alias = Process.alias()
  await puppet.act('send', alias, 'hello')
  expect(await Process.receive((message) => message === 'hello')).toBe('hello')
  expect(Process.unalias(alias)).toBe(true)
  await puppet.act('send', alias, 'hello')
  await expectNoMessage('hello')

  const orphan = await puppet.act('alias')
  Process.exit(puppet.pid, 'kill')
  await down(puppet.pid)
  Process.send(orphan, 'hello')
})

test('an answer that comes after the asker stopped waiting is dropped', async () => {
  await using server = await startPuppet()
  const ask = async (): Promise<Ref> => {
    const ref = Process.monitor(server.pid, { alias: 'reply_demonitor' })
    await server.act('send', ref, ['answer', ref])
    return ref
  }
  const ref = await ask()
  expect(await Process.receive((message) => message[1] === ref)).toEqual(['answer', ref])
  expect(Process.demonitor(ref)).toBe(false)
  const late = Process.monitor(server.pid, { alias: 'reply_demonitor' })
  Process.demonitor(late, { flush: true })
  await server.act('send', late, ['answer', late])
  await expectNoMessage('answer')
})

test('what is sent to an alias is copied or moved, and what cannot be copied is refused', async () => {
  await using owner = await startPuppet()
  for (const alias of [await owner.act('alias'), Process.alias()]) {
    const buffer = new ArrayBuffer(8)
    Process.send(alias, ['buffer', buffer], { transfer: [buffer] })
    expect(buffer.byteLength).toBe(0)
    expect(() => Process.send(alias, ['a function', () => 1])).toThrow(expect.objectContaining({ code: 'ERR_NOT_CLONEABLE' }))
  }
  expect(await owner.got()).toEqual(['buffer', new ArrayBuffer(8)])
  expect(await Process.receive((message) => message[0] === 'buffer')).toEqual(['buffer', new ArrayBuffer(8)])
})

test('a ref that is no alias takes no messages; an alias is no process and no name', async () => {
  await using puppet = await startPuppet()
  const ref = Process.monitor(puppet.pid)
  Process.send(ref, 'hello')
  await sync(puppet.pid)
  await expectNoMessage('hello')
  Process.demonitor(ref)

  const alias = Process.alias()
  const bad = expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' })
  for (const use of [() => Process.monitor(alias), () => GenServer.cast(alias, 'x'), () => Process.sendAfter(alias, 'x', 1), () => Process.exit(alias as never, 'x')]) expect(use).toThrow(bad)
  await expect(GenServer.call(alias, 'x')).rejects.toEqual(bad)
  await expect(Process.register(puppet.pid, alias)).rejects.toEqual(bad)
  expect(() => Process.alias('never' as never)).toThrow(bad)
  expect(() => Process.monitor(puppet.pid, { alias: 'reply' as never })).toThrow(bad)
  expect(() => Process.monitor(puppet.pid, { alais: 'demonitor' } as never)).toThrow(bad)
  Process.unalias(alias)
})

test('the messages of the runtime have types', async () => {
  const { pid } = await startPuppet()
  const ref = Process.monitor(pid)
  Process.exit(pid, 'kill')
  const [, , object, reason] = await Process.receive<Down>((message) => message[1] === ref)
  const died: Pid | undefined = Process.isPid(object) ? object : undefined
  expect([died, reason]).toEqual([pid, 'killed'])
  expect([Process.isPid(ref), Process.isPid('Counter'), Process.isPid(undefined)]).toEqual([false, false, false])
})
